#include "plan.h"

#include "protocol.h"

// Time allowed for one conversion: 112 us, and a margin for a start that an interrupt delayed.
#define CONVERSION_TICKS 232U

scan_plan_t plan_for_rate(uint16_t rate_hz) {
    scan_plan_t plan;
    plan.period_ticks = (uint16_t)((TICK_HZ + rate_hz / 2) / rate_hz);
    uint8_t scans = (uint8_t)((uint32_t)rate_hz * FRAME_MS / 1000);
    plan.scans_per_frame = scans == 0 ? 1 : scans > MAX_SCANS_PER_FRAME ? MAX_SCANS_PER_FRAME : scans;
    plan.samples_per_value = 16;
    plan.shift = 2;
    while (plan.shift > 0 && CHANNELS * CONVERSION_TICKS * plan.samples_per_value > plan.period_ticks) {
        plan.samples_per_value >>= 2;
        plan.shift--;
    }
    return plan;
}
