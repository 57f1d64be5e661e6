// What the host may ask of the glove.
#ifndef COMMANDS_H
#define COMMANDS_H

#include <stdint.h>

#include "cues.h"
#include "glove.h"

// The largest answer to one command: do not handle one while the line has less room.
#define COMMAND_ROOM (HELLO_ROOM + ACK_ROOM)

typedef struct {
    glove_t glove;
    cues_t cues;
    counters_t counters; // frames_sent and command_errors live here, the others where they are counted
} state_t;

extern state_t state;

void commands_handle(const uint8_t *message, uint8_t length);
void commands_send_status(void);
void commands_send_hello(void);

#endif
