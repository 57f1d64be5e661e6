#include "cues.h"

#ifdef __AVR__
#include <avr/pgmspace.h>
#else
#define PROGMEM
#define memcpy_P memcpy
#include <string.h>
#endif

typedef struct {
    uint8_t tens_ms; // length of the step in 10 ms; 0 = stays for ever
    uint8_t led;
    uint8_t tone;
    uint8_t next; // index of the step after it
} step_t;

enum { LOW = TONE(440), MIDDLE = TONE(880), HIGH = TONE(1760) };

// Low slow pulses mean too little, high fast pulses too much, as in the program's sound; a rising chime means done.
static const step_t steps[] PROGMEM = {
    {0, 0, 0, 0},       // 0: off
    {15, 1, LOW, 2},    // 1: too little
    {65, 0, 0, 1},      //
    {8, 1, HIGH, 4},    // 3: too much
    {12, 0, 0, 3},      //
    {15, 1, MIDDLE, 6}, // 5: done
    {30, 1, HIGH, 7},   //
    {100, 1, 0, 0},     //
    {10, 1, LOW, 9},    // 8: data lost
    {10, 0, 0, 10},     //
    {10, 1, LOW, 11},   //
    {170, 0, 0, 8},     //
    {6, 1, MIDDLE, 0},  // 12: marker seen
    {12, 1, MIDDLE, 14}, // 13: identify
    {13, 0, 0, 13},     //
};
static const uint8_t first_step[CUE_COUNT] PROGMEM = {0, 1, 3, 5, 8, 12};
#define IDENTIFY_STEP 13

static step_t step_at(uint8_t index) {
    step_t step;
    memcpy_P(&step, &steps[index], sizeof step);
    return step;
}

static cue_output_t follow(cue_position_t *position, uint16_t now_ms) {
    step_t step = step_at(position->step);
    while (step.tens_ms && (uint16_t)(now_ms - position->since_ms) >= step.tens_ms * 10U) {
        position->since_ms += step.tens_ms * 10U;
        position->step = step.next;
        step = step_at(step.next);
    }
    return (cue_output_t){step.led, step.tone};
}

void cues_show(cues_t *cues, enum cue_pattern pattern, uint16_t now_ms) {
    memcpy_P(&cues->cue.step, &first_step[pattern], 1);
    cues->cue.since_ms = now_ms;
}

void cues_identify(cues_t *cues, uint8_t seconds, uint16_t now_ms) {
    cues->identify = (cue_position_t){IDENTIFY_STEP, now_ms};
    cues->identify_since_ms = now_ms;
    cues->identify_ms = seconds * 1000U;
}

cue_output_t cues_now(cues_t *cues, uint16_t now_ms) {
    cue_output_t cue = follow(&cues->cue, now_ms);
    if (cues->identify_ms == 0) {
        return cue;
    }
    if ((uint16_t)(now_ms - cues->identify_since_ms) >= cues->identify_ms) {
        cues->identify_ms = 0;
        return cue;
    }
    return follow(&cues->identify, now_ms);
}
