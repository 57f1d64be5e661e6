#include "buttons.h"

#include "protocol.h"

bool button_look(button_t *button, bool level, moment_t now, uint16_t now_ms) {
    if (level != button->level) {
        if (!button->unsettled) {
            button->unsettled = true;
            button->first_seen = now;
        }
        button->level = level;
        button->quiet_since = now_ms;
        return false;
    }
    // One more than DEBOUNCE_MS: both ends of the interval are rounded down to whole milliseconds.
    if (!button->unsettled || (uint16_t)(now_ms - button->quiet_since) <= DEBOUNCE_MS) {
        return false;
    }
    button->unsettled = false;
    if (level == button->down) {
        return false; // it bounced back: a disturbance, not a press
    }
    button->down = level;
    return true;
}

void button_restart(button_t *button, moment_t now) { button->first_seen = now; }
