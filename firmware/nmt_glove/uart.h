// The serial line, 500 000 baud 8N1. Sends what frame_ring holds; keeps received bytes until main takes them.
#ifndef UART_H
#define UART_H

#include <stdbool.h>
#include <stdint.h>

void uart_init(void);
void uart_send(void); // frame_ring has something new: (re)start sending

typedef enum { UART_NOTHING, UART_BYTE, UART_DAMAGED } uart_event_t;

// The next received byte, or news that one was damaged or lost on the line.
uart_event_t uart_take(uint8_t *byte);

#endif
