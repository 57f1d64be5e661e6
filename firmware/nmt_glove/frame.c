#include "frame.h"

#include "crc.h"
#include "protocol.h"

frame_ring_t frame_ring;

static struct {
    uint8_t at;      // where the next encoded byte goes
    uint8_t code_at; // where this block's COBS code goes once it is known
    uint8_t code;    // 1 + bytes in this block so far
    uint16_t crc;
} writer;

uint8_t frame_room(void) { return (uint8_t)(frame_ring.tail - frame_ring.head - 1); }

static void open_block(void) {
    writer.code_at = writer.at++;
    writer.code = 1;
}

static inline void encode(uint8_t byte) {
    if (byte != 0) {
        frame_ring.bytes[writer.at++] = byte;
        writer.code++;
    } else {
        frame_ring.bytes[writer.code_at] = writer.code;
        open_block();
    }
}

void frame_begin(uint8_t type) {
    writer.at = frame_ring.head;
    writer.crc = CRC_START;
    open_block();
    frame_u8(type);
}

void frame_u8(uint8_t value) {
    writer.crc = crc_add(writer.crc, value);
    encode(value);
}

void frame_u16(uint16_t value) {
    frame_u8((uint8_t)value);
    frame_u8((uint8_t)(value >> 8));
}

void frame_u32(uint32_t value) {
    frame_u16((uint16_t)value);
    frame_u16((uint16_t)(value >> 16));
}

void frame_text(const char *text) {
    uint8_t length = 0;
    while (text[length]) {
        length++;
    }
    frame_u8(length);
    while (*text) {
        frame_u8((uint8_t)*text++);
    }
}

void frame_end(void) {
    uint16_t crc = writer.crc;
    encode((uint8_t)crc);
    encode((uint8_t)(crc >> 8));
    frame_ring.bytes[writer.code_at] = writer.code;
    frame_ring.bytes[writer.at++] = 0;
    frame_ring.head = writer.at;
}

void frame_close_line(void) {
    frame_ring.bytes[frame_ring.head] = 0;
    frame_ring.head = frame_ring.head + 1;
}

void frame_reader_reset(frame_reader_t *reader) {
    reader->encoded = 0;
    reader->decoded = 0;
    reader->block_left = 0;
    reader->zero_due = false;
    reader->too_long = false;
    reader->crc = CRC_START;
}

// The CRC's two bytes are known only at the end, so every byte waits until two more have come.
static void take(frame_reader_t *reader, uint8_t byte) {
    if (reader->decoded >= 2) {
        uint8_t index = reader->decoded - 2;
        if (index < FRAME_KEEP) {
            reader->message[index] = reader->held[0];
        }
        reader->crc = crc_add(reader->crc, reader->held[0]);
    }
    reader->held[0] = reader->held[1];
    reader->held[1] = byte;
    reader->decoded++; // at most 254: encoded bytes are limited to 255 and the first is a code
}

static frame_event_t finish(frame_reader_t *reader) {
    bool empty = reader->encoded == 0;
    bool good = !reader->too_long && reader->block_left == 0 && reader->decoded >= 4 &&
                reader->crc == (uint16_t)(reader->held[0] | reader->held[1] << 8);
    reader->length = good ? reader->decoded - 2 : 0;
    frame_reader_reset(reader);
    if (empty) {
        return FRAME_NONE;
    }
    return good ? FRAME_GOOD : FRAME_BAD;
}

frame_event_t frame_feed(frame_reader_t *reader, uint8_t byte) {
    if (byte == 0) {
        return finish(reader);
    }
    if (reader->encoded == MAX_ENCODED) {
        reader->too_long = true;
        return FRAME_NONE;
    }
    reader->encoded++;
    if (reader->block_left != 0) {
        reader->block_left--;
        take(reader, byte);
        return FRAME_NONE;
    }
    if (reader->zero_due) {
        take(reader, 0);
    }
    reader->block_left = byte - 1;
    reader->zero_due = byte != 0xFF;
    return FRAME_NONE;
}
