#include "uart.h"

#include <avr/interrupt.h>
#include <avr/io.h>
#include <util/atomic.h>

#include "board.h"
#include "frame.h"
#include "protocol.h"

#define BAUD_DIVISOR (F_CPU / 8 / BAUD_RATE) // double speed
#if BAUD_DIVISOR * 8 * BAUD_RATE != F_CPU
#error "the baud rate is not exact"
#endif

#define RECEIVE_SIZE 128 // a power of two; no command's frame is longer than 24 bytes
#define LINE_ERRORS (_BV(FE0) | _BV(DOR0) | _BV(UPE0))

static uint8_t received[RECEIVE_SIZE];
static volatile uint8_t received_head;
static volatile uint8_t received_tail;

// Both interrupts put off only themselves while they work, so that a scan start waits for no more than their first
// or last few instructions.
static inline void hold_off(uint8_t interrupt) {
    UCSR0B &= (uint8_t)~interrupt;
    sei();
}

static inline void resume(uint8_t interrupt) {
    cli();
    UCSR0B |= interrupt;
}

ISR(USART_RX_vect) {
    uint8_t status = UCSR0A; // before the byte: reading the byte moves on to the next status
    uint8_t byte = UDR0;
    hold_off(_BV(RXCIE0));
    uint8_t head = received_head;
    uint8_t next = (head + 1) & (RECEIVE_SIZE - 1);
    // A damaged byte, or one too many, is left out; its frame's CRC will tell.
    if (!(status & LINE_ERRORS) && next != received_tail) {
        received[head] = byte;
        received_head = next;
    }
    resume(_BV(RXCIE0));
}

ISR(USART_UDRE_vect) {
    hold_off(_BV(UDRIE0));
    uint8_t tail = frame_ring.tail;
    UDR0 = frame_ring.bytes[tail++];
    frame_ring.tail = tail;
    if (tail != frame_ring.head) {
        resume(_BV(UDRIE0));
    }
}

void uart_init(void) {
    UCSR0A = _BV(U2X0);
    UBRR0 = BAUD_DIVISOR - 1;
    UCSR0C = _BV(UCSZ01) | _BV(UCSZ00);
    UCSR0B = _BV(RXCIE0) | _BV(RXEN0) | _BV(TXEN0);
}

void uart_send(void) {
    ATOMIC_BLOCK(ATOMIC_RESTORESTATE) {
        if (frame_ring.head != frame_ring.tail) {
            UCSR0B |= _BV(UDRIE0);
        }
    }
}

bool uart_waiting(void) { return received_tail != received_head; }

bool uart_take(uint8_t *byte) {
    if (!uart_waiting()) {
        return false;
    }
    uint8_t tail = received_tail;
    *byte = received[tail];
    received_tail = (tail + 1) & (RECEIVE_SIZE - 1);
    return true;
}
