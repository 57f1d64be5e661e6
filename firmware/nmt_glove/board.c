#include "board.h"

#include <avr/interrupt.h>
#include <avr/io.h>
#include <util/atomic.h>

#include "protocol.h"

#define LED_BIT PB5
#define BUZZER_BIT PB3
#define CLIENT_STOP_BIT PD2
#define MARKER_BIT PD3

static volatile uint16_t milliseconds;

// Interruptible from its first instruction: a scan start never waits for it, and the next millisecond is far.
ISR(TIMER0_COMPA_vect, ISR_NOBLOCK) { milliseconds++; }

void board_init(void) {
    PORTD |= _BV(CLIENT_STOP_BIT) | _BV(MARKER_BIT); // pull-ups
    DDRB |= _BV(LED_BIT) | _BV(BUZZER_BIT);
    DIDR0 = 0x3F; // A0..A5 are analog only (A6, A7 have no digital part)
    TCCR0A = _BV(WGM01);
    TCCR0B = _BV(CS01) | _BV(CS00); // F_CPU / 64
    OCR0A = (uint8_t)(F_CPU / 64 / 1000 - 1);
    TIMSK0 = _BV(OCIE0A);
    TCCR2B = _BV(CS22) | _BV(CS20); // F_CPU / 128 = BUZZER_CLOCK_HZ
}

uint16_t board_ms(void) {
    uint16_t now;
    ATOMIC_BLOCK(ATOMIC_RESTORESTATE) { now = milliseconds; }
    return now;
}

uint8_t board_buttons(void) {
    uint8_t low = (uint8_t)~PIND;
    uint8_t down = 0;
    if (low & _BV(CLIENT_STOP_BIT)) {
        down |= _BV(BUTTON_CLIENT_STOP);
    }
    if (low & _BV(MARKER_BIT)) {
        down |= _BV(BUTTON_MARKER);
    }
    return down;
}

static uint8_t sounding; // the buzzer's compare value, 0 = silent

void board_show(cue_output_t output) {
    if (output.led) {
        PORTB |= _BV(LED_BIT);
    } else {
        PORTB &= (uint8_t)~_BV(LED_BIT);
    }
    if (output.tone == sounding) {
        return; // a timer that is set again starts its period again
    }
    sounding = output.tone;
    if (output.tone) {
        TCNT2 = 0; // or it would count past a lower compare value first
        OCR2A = output.tone;
        TCCR2A = _BV(COM2A0) | _BV(WGM21); // toggle the pin at every match
    } else {
        TCCR2A = 0;
    }
}
