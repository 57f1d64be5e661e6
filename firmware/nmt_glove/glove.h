// Everything the glove knows of itself: what HELLO and STATUS tell.
#ifndef GLOVE_H
#define GLOVE_H

#include <stdbool.h>
#include <stdint.h>

#include "config.h"
#include "plan.h"

typedef struct {
    config_t config;
    enum config_state config_state;
    uint16_t boot_count;
    uint8_t reset_cause; // enum reset_cause, combined
    bool streaming;
    scan_plan_t plan;
} glove_t;

typedef struct {
    uint32_t scan; // newest complete scan
    uint32_t frames_sent;
    uint32_t overruns;
    uint32_t dropped_scans;
    uint16_t command_errors;
    uint16_t stack_free;
} counters_t;

#endif
