// Debouncing: an edge counts when the contact has been quiet for DEBOUNCE_MS, and keeps the time of its first touch.
// Portable.
#ifndef BUTTONS_H
#define BUTTONS_H

#include <stdbool.h>
#include <stdint.h>

// A moment on the glove's clock.
typedef struct {
    uint32_t scan;
    uint16_t ticks; // since that scan started
} moment_t;

typedef struct {
    bool down;            // as last reported
    bool level;           // as last seen
    bool unsettled;       // an edge was seen and is not decided yet
    uint16_t quiet_since; // ms
    moment_t first_seen;
} button_t;

// Looks at the contact once. True when an edge was just decided: then `down` is the new state and `first_seen` its
// time. Call more often than once per millisecond for times as good as that.
bool button_look(button_t *button, bool level, moment_t now, uint16_t now_ms);

// An undecided edge is dated anew: its time belongs to a numbering of scans that has ended.
void button_restart(button_t *button, moment_t now);

#endif
