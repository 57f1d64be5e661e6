// The messages from glove to host (PROTOCOL.md), written as frames into the ring of frame.h. Portable.
// The caller has looked whether there is room.
#ifndef MESSAGES_H
#define MESSAGES_H

#include "buttons.h"
#include "frame.h"
#include "glove.h"

// Longest messages, with their framing.
#define HELLO_ROOM (34 + NAME_MAX_LENGTH + CHANNELS * (5 + SENSOR_NAME_MAX_LENGTH) + FRAME_OVERHEAD)
#define DATA_ROOM(scans) (7 + 2 * CHANNELS * (scans) + FRAME_OVERHEAD)
#define BUTTON_ROOM (10 + FRAME_OVERHEAD)
#define STATUS_ROOM (21 + FRAME_OVERHEAD)
#define ACK_ROOM (4 + FRAME_OVERHEAD)
#define PONG_ROOM (12 + FRAME_OVERHEAD)

void message_hello(const glove_t *glove);
void message_data_begin(uint32_t first_scan, uint8_t buttons, uint8_t scans);
void message_data_scan(const uint16_t *sums, uint8_t shift); // once for each scan, then frame_end()
void message_button(uint8_t sequence, uint8_t number, const button_t *button);
void message_status(const counters_t *counters);
void message_ack(uint8_t sequence, uint8_t command, enum command_result result);
void message_pong(uint8_t sequence, const uint8_t *token, moment_t now);

#endif
