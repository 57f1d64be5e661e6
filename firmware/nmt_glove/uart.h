// The serial line, 500 000 baud 8N1. Sends what frame_ring holds; keeps received bytes until main takes them.
#ifndef UART_H
#define UART_H

#include <stdbool.h>
#include <stdint.h>

void uart_init(void);
void uart_send(void); // frame_ring has something new: (re)start sending

bool uart_waiting(void);        // whether there is a received byte
bool uart_take(uint8_t *byte); // the next received byte; false when there is none

#endif
