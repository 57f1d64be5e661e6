#include "presses.h"

#include "board.h"
#include "buttons.h"
#include "frame.h"
#include "messages.h"
#include "scan.h"

static button_t buttons[BUTTON_COUNT];
static uint8_t button_sequence;

static void report_button(uint8_t number) {
    if (frame_room() >= BUTTON_ROOM) {
        message_button(button_sequence, number, &buttons[number]);
    }
    button_sequence++; // also when there was no room: the host notices the gap
}

static uint8_t look_at_buttons(void) {
    uint8_t down = board_buttons();
    uint8_t decided = 0;
    moment_t now = scan_moment();
    uint16_t now_ms = board_ms();
    for (uint8_t n = 0; n < BUTTON_COUNT; n++) {
        if (button_look(&buttons[n], down >> n & 1, now, now_ms)) {
            decided |= (uint8_t)(1 << n);
        }
    }
    return decided;
}

void presses_renumbered(void) {
    for (uint8_t n = 0; n < BUTTON_COUNT; n++) {
        button_restart(&buttons[n], scan_moment());
    }
}

uint8_t presses_down(void) {
    return (uint8_t)(buttons[BUTTON_CLIENT_STOP].down << BUTTON_CLIENT_STOP |
                     buttons[BUTTON_MARKER].down << BUTTON_MARKER);
}

void presses_serve(void) {
    uint8_t decided = look_at_buttons();
    for (uint8_t n = 0; n < BUTTON_COUNT; n++) {
        if (decided >> n & 1) {
            report_button(n);
        }
    }
}
