// Timing. The timer's clock is F_CPU / 8, the ADC's F_CPU / 128 = 125 kHz. A conversion begins at the ADC clock edge
// after ADSC is written and takes 13 ADC clocks (ATmega328P data sheet, "Prescaling and Conversion Timing"). Its
// interrupt has one ADC clock, 128 cycles, to start the next one, so neighbouring samples are 14 ADC clocks = 112 us
// apart: SKEW_TICKS.
//
// Neither a scan start nor the next conversion must wait, so no interrupt keeps these off for more than some 60
// cycles: after what is urgent they let themselves be interrupted. None can interrupt itself: the next conversion
// takes 1664 cycles, the next millisecond 16 000, and those of the serial line are switched off meanwhile (uart.c).
#include "scan.h"

#include <avr/interrupt.h>
#include <avr/io.h>
#include <util/atomic.h>

#define RING_SIZE 16 // a power of two, and twice the scans of the longest frame
#define REFERENCE _BV(REFS0) // AVcc, which also feeds the dividers
#define ADC_ON (_BV(ADEN) | _BV(ADIE) | _BV(ADPS2) | _BV(ADPS1) | _BV(ADPS0))
#define ADC_GO (ADC_ON | _BV(ADSC))
#define TIMER_CTC_BY_8 (_BV(WGM12) | _BV(CS11))

static scan_t ring[RING_SIZE];
static volatile uint8_t ring_head; // the scan being taken
static volatile uint8_t ring_tail; // the oldest complete one
static volatile uint32_t started;  // number of the newest scan that should have started
static volatile uint32_t overruns;
static volatile uint32_t dropped;
static volatile bool keeping;

// A flag in an I/O register, so that testing it costs the start of a scan no time.
#define TAKING_BIT 0
#define TAKING (GPIOR0 & _BV(TAKING_BIT))

static uint8_t rounds;     // samples_per_value
static uint8_t round_left; // rounds of channels left in this scan, this one included
static uint8_t channel;    // being converted
static uint16_t *next_sum; // where its sample belongs

ISR(TIMER1_COMPA_vect) {
    if (TAKING) {
        overruns++;
        started++;
        return;
    }
    ADCSRA = ADC_GO;
    GPIOR0 |= _BV(TAKING_BIT);
    ring[ring_head].number = ++started;
}

static inline void finish_scan(void) {
    round_left = rounds;
    uint8_t next = (ring_head + 1) & (RING_SIZE - 1);
    if (!keeping) {
        // the next scan takes this one's place
    } else if (next == ring_tail) {
        dropped++;
    } else {
        ring_head = next;
    }
    next_sum = ring[ring_head].sums;
    GPIOR0 &= (uint8_t)~_BV(TAKING_BIT);
}

ISR(ADC_vect) {
    uint16_t sample = ADC;
    uint8_t left = round_left;
    uint8_t next = channel + 1;
    if (next == CHANNELS) {
        next = 0;
        left--;
    }
    ADMUX = REFERENCE | next;
    if (left) {
        ADCSRA = ADC_GO;
    }
    sei(); // the next conversion runs: the rest has time, and others may go first
    uint16_t *sum = next_sum;
    *sum = round_left == rounds ? sample : *sum + sample;
    channel = next;
    round_left = left;
    next_sum = next == 0 ? sum - (CHANNELS - 1) : sum + 1;
    if (!left) {
        finish_scan();
    }
}

void scan_init(void) {
    ADMUX = REFERENCE;
    ADCSRA = (ADC_GO & (uint8_t)~_BV(ADIE)); // the first conversion after power-on is longer: spend it here
    while (ADCSRA & _BV(ADSC)) {
    }
    ADCSRA = ADC_ON | _BV(ADIF); // forget its interrupt
}

static void stop(void) {
    TIMSK1 = 0;
    TCCR1B = 0;
    while (TAKING) { // at most 15 ms; the ADC's interrupt ends it
    }
}

void scan_restart(const scan_plan_t *plan) {
    stop();
    ring_head = ring_tail = 0;
    next_sum = ring[0].sums;
    started = UINT32_MAX;
    rounds = round_left = plan->samples_per_value;
    TCCR1A = 0;
    OCR1A = plan->period_ticks - 1;
    TCNT1 = plan->period_ticks - 2; // scan 0 starts at once, and on the same grid as all others
    TIFR1 = _BV(OCF1A);
    TIMSK1 = _BV(OCIE1A);
    TCCR1B = TIMER_CTC_BY_8;
    while (!TAKING) {
    }
}

void scan_keep(bool keep) {
    keeping = keep;
    if (!keep) {
        scan_release(scan_waiting());
    }
}

uint8_t scan_waiting(void) { return (uint8_t)(ring_head - ring_tail) & (RING_SIZE - 1); }

const scan_t *scan_peek(uint8_t nth) { return &ring[(ring_tail + nth) & (RING_SIZE - 1)]; }

void scan_release(uint8_t count) { ring_tail = (ring_tail + count) & (RING_SIZE - 1); }

moment_t scan_moment(void) {
    moment_t now;
    uint8_t pending;
    ATOMIC_BLOCK(ATOMIC_RESTORESTATE) {
        now.ticks = TCNT1;
        pending = TIFR1;
        now.scan = started;
    }
    // The counter may have started anew while interrupts were off. When it did so between the first two readings,
    // `ticks` is still of the old scan.
    if ((pending & _BV(OCF1A)) && now.ticks < OCR1A / 2) {
        now.scan++;
    }
    return now;
}

static uint32_t read_counter(const volatile uint32_t *counter) {
    uint32_t value;
    ATOMIC_BLOCK(ATOMIC_RESTORESTATE) { value = *counter; }
    return value;
}

uint32_t scan_newest_complete(void) {
    uint32_t newest;
    bool taking;
    ATOMIC_BLOCK(ATOMIC_RESTORESTATE) {
        newest = started;
        taking = TAKING;
    }
    return taking ? newest - 1 : newest;
}

uint32_t scan_overruns(void) { return read_counter(&overruns); }
uint32_t scan_dropped(void) { return read_counter(&dropped); }
