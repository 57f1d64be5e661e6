#include "startup.h"

#include <avr/io.h>
#include <avr/wdt.h>

#define PAINT 0xA5

extern uint8_t _end; // first byte after the static data; the stack grows down towards it
extern uint8_t __stack;

static uint8_t reset_cause __attribute__((section(".noinit")));

// After a watchdog reset the watchdog still runs, at its shortest time: it must be stopped before anything else.
void startup_before_data(void) __attribute__((naked, used, section(".init3")));
void startup_before_data(void) {
    reset_cause = MCUSR & 0x0F;
    MCUSR = 0;
    wdt_disable();
    for (uint8_t *p = &_end; p <= &__stack; p++) {
        *p = PAINT;
    }
}

uint8_t startup_reset_cause(void) { return reset_cause; }

uint16_t startup_stack_free(void) {
    const uint8_t *p = &_end;
    while (p <= &__stack && *p == PAINT) {
        p++;
    }
    return (uint16_t)(p - &_end);
}
