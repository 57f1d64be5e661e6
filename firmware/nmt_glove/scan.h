// Timer 1 starts each scan, the ADC's interrupt walks the channels, finished scans wait in a ring for main.
#ifndef SCAN_H
#define SCAN_H

#include <stdbool.h>
#include <stdint.h>

#include "buttons.h"
#include "plan.h"
#include "protocol.h"

typedef struct {
    uint32_t number;
    uint16_t sums[CHANNELS]; // sum of samples_per_value conversions
} scan_t;

void scan_init(void);
void scan_restart(const scan_plan_t *plan); // numbering begins at 0; counters go on

void scan_keep(bool keep);            // whether scans wait for main, or are let go as they come
uint8_t scan_waiting(void);           // how many wait
const scan_t *scan_peek(uint8_t nth); // nth < scan_waiting(), oldest first
void scan_release(uint8_t count);     // the oldest `count` are done with

moment_t scan_moment(void); // now
uint32_t scan_newest_complete(void);
uint32_t scan_overruns(void); // not started, because the one before had not ended
uint32_t scan_dropped(void);  // taken, but the ring was full of scans for which the line had no room

#endif
