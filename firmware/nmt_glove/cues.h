// What LED and buzzer do and when: patterns as tables of steps. Portable.
#ifndef CUES_H
#define CUES_H

#include <stdbool.h>
#include <stdint.h>

#include "protocol.h"

typedef struct {
    bool led;
    uint8_t tone; // compare value of the buzzer's timer, 0 = silent
} cue_output_t;

typedef struct {
    uint8_t step; // index into the table of steps
    uint16_t since_ms;
} cue_position_t;

typedef struct {
    cue_position_t cue;
    cue_position_t identify;
    uint16_t identify_since_ms;
    uint16_t identify_ms; // 0 = not identifying
} cues_t;

// The buzzer's timer counts F_CPU / 128 and toggles its pin at every match.
#define BUZZER_CLOCK_HZ 125000UL
#define TONE(hz) ((uint8_t)(BUZZER_CLOCK_HZ / 2 / (hz)-1))

void cues_show(cues_t *cues, enum cue_pattern pattern, uint16_t now_ms);
void cues_identify(cues_t *cues, uint8_t seconds, uint16_t now_ms); // 0 stops; covers any pattern meanwhile
cue_output_t cues_now(cues_t *cues, uint16_t now_ms);               // call at least once a minute

#endif
