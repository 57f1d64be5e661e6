// What happens before main: why the chip was reset, and a painted stack.
#ifndef STARTUP_H
#define STARTUP_H

#include <stdint.h>

uint8_t startup_reset_cause(void); // enum reset_cause, combined; 0 when a bootloader has cleared it
uint16_t startup_stack_free(void); // bytes of stack never touched so far

#endif
