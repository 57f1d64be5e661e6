// Messages to frames and back: COBS( message + CRC ) 0x00. Portable.
#ifndef FRAME_H
#define FRAME_H

#include <stdbool.h>
#include <stdint.h>

// ---- Writing. Frames are encoded straight into the ring that the UART empties; a frame becomes visible to it only
// when it is whole. Indices are 8 bits and wrap by themselves at 256.

typedef struct {
    uint8_t bytes[256];
    volatile uint8_t head; // where the next frame will begin; moved by frame_end
    volatile uint8_t tail; // next byte to send; moved by the sender
} frame_ring_t;

extern frame_ring_t frame_ring;

// Bytes a frame adds to its message: COBS code, CRC, closing zero.
#define FRAME_OVERHEAD 4

// Free bytes in the ring: a message of n bytes needs n + FRAME_OVERHEAD.
uint8_t frame_room(void);

// One frame at a time: begin, fields in order, end. The caller has looked at frame_room() before.
void frame_begin(uint8_t type);
void frame_u8(uint8_t value);
void frame_u16(uint16_t value);
void frame_u32(uint32_t value);
void frame_text(const char *text); // length in one byte, then the characters
void frame_end(void);

// A zero by itself: ends whatever a reset or a power cut left half sent, so that the next frame is not lost with it.
void frame_close_line(void);

// ---- Reading. Bytes are decoded as they come; of a message only the first FRAME_KEEP bytes are kept, which is more
// than any command has, but its whole length and CRC are checked.

#define FRAME_KEEP 24

typedef enum {
    FRAME_NONE, // not complete yet
    FRAME_GOOD, // message and length hold a message
    FRAME_BAD,  // a frame was dropped
} frame_event_t;

typedef struct {
    uint8_t message[FRAME_KEEP];
    uint8_t length; // of the whole message, also when longer than FRAME_KEEP
    // decoding state
    uint8_t encoded;    // bytes since the last zero, stops at MAX_ENCODED
    uint8_t decoded;    // bytes decoded from them
    uint8_t block_left; // bytes left in this COBS block
    bool zero_due;      // a zero stands between this block and the next
    bool too_long;
    uint8_t held[2]; // the newest two bytes: the CRC, if the frame ends here
    uint16_t crc;    // over everything before held
} frame_reader_t;

void frame_reader_reset(frame_reader_t *reader);
frame_event_t frame_feed(frame_reader_t *reader, uint8_t byte);

#endif
