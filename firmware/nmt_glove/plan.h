// What a rate means: period, oversampling and frame size. Portable.
#ifndef PLAN_H
#define PLAN_H

#include <stdint.h>

typedef struct {
    uint16_t period_ticks;
    uint8_t scans_per_frame;
    uint8_t samples_per_value; // conversions summed into one value: 1, 4 or 16
    uint8_t shift;             // right shift of that sum: one bit gained for every factor of 4 (Atmel AVR121)
} scan_plan_t;

// The plan for MIN_RATE_HZ <= rate_hz <= MAX_RATE_HZ.
scan_plan_t plan_for_rate(uint16_t rate_hz);

#endif
