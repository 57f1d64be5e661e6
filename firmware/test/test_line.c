// Host tests of what goes over the line: frames, messages, rates. Reads the example frames out of ../PROTOCOL.md.
#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "config.h"
#include "crc.h"
#include "frame.h"
#include "messages.h"
#include "plan.h"

#undef NDEBUG

// ---- The examples of PROTOCOL.md

typedef struct {
    char name[32];
    uint8_t message[300], frame[300];
    int message_length, frame_length;
} example_t;

static example_t examples[64];
static int example_count;

static int from_hex(const char *hex, uint8_t *bytes) {
    int n = 0;
    unsigned byte;
    while (sscanf(hex + 2 * n, "%2x", &byte) == 1) {
        bytes[n++] = (uint8_t)byte;
    }
    return n;
}

static void read_examples(const char *path) {
    static char line[2000], message[1000], frame[1000];
    FILE *file = fopen(path, "r");
    int inside = 0;
    assert(file);
    while (fgets(line, sizeof line, file)) {
        if (strncmp(line, "```", 3) == 0) {
            inside = strncmp(line, "```frames", 9) == 0;
            continue;
        }
        example_t *e = &examples[example_count];
        if (inside && sscanf(line, "%31s %999s %999s", e->name, message, frame) == 3) {
            e->message_length = from_hex(message, e->message);
            e->frame_length = from_hex(frame, e->frame);
            example_count++;
        }
    }
    fclose(file);
    assert(example_count >= 17);
}

static const example_t *example(const char *name) {
    for (int i = 0; i < example_count; i++) {
        if (strcmp(examples[i].name, name) == 0) {
            return &examples[i];
        }
    }
    fprintf(stderr, "no example %s\n", name);
    abort();
}

static void rewind_ring(uint8_t at) { frame_ring.head = frame_ring.tail = at; }

static void expect_frame(const char *name) {
    const example_t *e = example(name);
    assert((uint8_t)(frame_ring.head - frame_ring.tail) == e->frame_length);
    for (int i = 0; i < e->frame_length; i++) {
        assert(frame_ring.bytes[(uint8_t)(frame_ring.tail + i)] == e->frame[i]);
    }
}

// ---- Frames

static void every_example_is_written_byte_for_byte_wherever_the_ring_wraps(void) {
    for (int i = 0; i < example_count; i++) {
        for (int at = 0; at < 256; at++) {
            rewind_ring((uint8_t)at);
            frame_begin(examples[i].message[0]);
            for (int b = 1; b < examples[i].message_length; b++) {
                frame_u8(examples[i].message[b]);
            }
            frame_end();
            expect_frame(examples[i].name);
            assert(frame_room() == 255 - examples[i].frame_length);
        }
    }
}

static frame_event_t feed_all(frame_reader_t *reader, const uint8_t *bytes, int count) {
    frame_event_t last = FRAME_NONE;
    for (int i = 0; i < count; i++) {
        frame_event_t event = frame_feed(reader, bytes[i]);
        last = event == FRAME_NONE ? last : event;
    }
    return last;
}

static void every_example_is_read_back(void) {
    frame_reader_t reader;
    frame_reader_reset(&reader);
    for (int i = 0; i < example_count; i++) {
        const example_t *e = &examples[i];
        assert(feed_all(&reader, e->frame, e->frame_length) == FRAME_GOOD);
        assert(reader.length == e->message_length);
        assert(memcmp(reader.message, e->message, (size_t)(reader.length < FRAME_KEEP ? reader.length : FRAME_KEEP)) == 0);
    }
}

static void any_single_damaged_byte_is_noticed_and_the_next_frame_is_read(void) {
    const example_t *e = example("sensor");
    frame_reader_t reader;
    frame_reader_reset(&reader);
    for (int i = 0; i < e->frame_length - 1; i++) {
        for (int flip = 1; flip < 256; flip++) {
            uint8_t frame[300];
            memcpy(frame, e->frame, (size_t)e->frame_length);
            frame[i] ^= (uint8_t)flip;
            assert(feed_all(&reader, frame, e->frame_length) == FRAME_BAD);
            assert(feed_all(&reader, e->frame, e->frame_length) == FRAME_GOOD);
        }
    }
}

static void empty_frames_are_ignored(void) {
    frame_reader_t reader;
    frame_reader_reset(&reader);
    assert(feed_all(&reader, (const uint8_t[]){0, 0, 0}, 3) == FRAME_NONE);
}

static void the_longest_message_passes_and_one_byte_more_does_not(void) {
    static uint8_t message[MAX_MESSAGE + 1], frame[300];
    for (int length = MAX_MESSAGE; length <= MAX_MESSAGE + 1; length++) {
        memset(message, 0x55, sizeof message);
        uint16_t crc = crc_of(message, (uint8_t)length);
        // No zero byte anywhere: COBS is one code and the bytes themselves.
        int n = 0;
        frame[n++] = length == MAX_MESSAGE ? 255 : 0xFF;
        memcpy(frame + n, message, (size_t)length);
        n += length;
        frame[n++] = (uint8_t)crc;
        frame[n++] = (uint8_t)(crc >> 8);
        frame[n++] = 0;
        assert((crc & 0xFF) && crc >> 8);
        frame_reader_t reader;
        frame_reader_reset(&reader);
        assert(feed_all(&reader, frame, n) == (length == MAX_MESSAGE ? FRAME_GOOD : FRAME_BAD));
    }
}

static void garbage_of_any_length_never_breaks_the_reader(void) {
    const example_t *e = example("ping");
    frame_reader_t reader;
    frame_reader_reset(&reader);
    srand(1);
    int passed = 0;
    for (int round = 0; round < 20000; round++) {
        int length = rand() % 600;
        for (int i = 0; i < length; i++) {
            passed += frame_feed(&reader, (uint8_t)(rand() >> 7)) == FRAME_GOOD;
        }
        frame_feed(&reader, 0);
        assert(feed_all(&reader, e->frame, e->frame_length) == FRAME_GOOD);
        assert(reader.length == e->message_length);
    }
    // About one bad frame in 65 536 carries the right CRC by chance; some 23 000 are long enough to try.
    assert(passed < 10);
}

// ---- Messages

static glove_t example_glove(void) {
    glove_t glove;
    memset(&glove, 0, sizeof glove);
    config_defaults(&glove.config);
    strcpy(glove.config.name, "Left hand");
    glove.config.serial_number = 1234567;
    glove.boot_count = 42;
    glove.reset_cause = RESET_POWER_ON;
    glove.plan = plan_for_rate(250);
    return glove;
}

// Fields whose values in the example are another firmware's or glove's are copied from it; the rest must agree.
static void hello_is_laid_out_as_in_the_protocol(void) {
    const example_t *e = example("hello");
    glove_t glove = example_glove();
    const uint8_t *m = e->message;
    glove.config.serial_number = (uint32_t)(m[6] | m[7] << 8 | m[8] << 16) | (uint32_t)m[9] << 24;
    glove.boot_count = (uint16_t)(m[10] | m[11] << 8);
    rewind_ring(77);
    message_hello(&glove);
    frame_reader_t reader;
    frame_reader_reset(&reader);
    frame_event_t event = FRAME_NONE;
    for (uint8_t i = frame_ring.tail; i != frame_ring.head; i++) {
        event = frame_feed(&reader, frame_ring.bytes[i]);
    }
    assert(event == FRAME_GOOD);
    assert(reader.length == e->message_length);
    uint8_t expected[FRAME_KEEP];
    memcpy(expected, m, FRAME_KEEP);
    expected[2] = FIRMWARE_MAJOR, expected[3] = FIRMWARE_MINOR, expected[4] = FIRMWARE_PATCH;
    assert(memcmp(reader.message, expected, FRAME_KEEP) == 0);
}

static void small_messages_equal_their_examples(void) {
    button_t button = {.down = true, .first_seen = {70000, 1234}};
    rewind_ring(250);
    const uint8_t *m = example("button-down")->message;
    button.first_seen.scan = (uint32_t)(m[4] | m[5] << 8 | m[6] << 16 | m[7] << 24);
    button.first_seen.ticks = (uint16_t)(m[8] | m[9] << 8);
    message_button(m[1], m[2], &button);
    expect_frame("button-down");

    m = example("ack")->message;
    rewind_ring(3);
    message_ack(m[1], m[2], (enum command_result)m[3]);
    expect_frame("ack");

    m = example("pong")->message;
    rewind_ring(3);
    moment_t now = {(uint32_t)(m[6] | m[7] << 8 | m[8] << 16 | m[9] << 24), (uint16_t)(m[10] | m[11] << 8)};
    message_pong(m[1], m + 2, now);
    expect_frame("pong");
}

static void data_equals_its_example(void) {
    const example_t *e = example("data-first-scan-zero");
    uint16_t sums[CHANNELS];
    for (int c = 0; c < CHANNELS; c++) {
        sums[c] = (uint16_t)((e->message[7 + 2 * c] | e->message[8 + 2 * c] << 8) << 1);
    }
    rewind_ring(200);
    message_data_begin(0, e->message[5], 1);
    message_data_scan(sums, 1);
    frame_end();
    expect_frame("data-first-scan-zero");
}

static void the_largest_messages_fit_the_room_they_ask_for(void) {
    glove_t glove = example_glove();
    strcpy(glove.config.name, "sixteen letters!");
    for (int c = 0; c < CHANNELS; c++) {
        strcpy(glove.config.sensors[c].name, "twelve chars");
    }
    rewind_ring(9);
    message_hello(&glove);
    assert(255 - frame_room() == HELLO_ROOM);
    assert(HELLO_ROOM + ACK_ROOM <= 255);
    uint16_t sums[CHANNELS] = {1, 2, 3, 4, 5, 6, 7, 8};
    rewind_ring(9);
    message_data_begin(1, 0, 8);
    for (int i = 0; i < 8; i++) {
        message_data_scan(sums, 0);
    }
    frame_end();
    assert(255 - frame_room() == DATA_ROOM(8));
}

// ---- Plans

static void every_rate_fits_its_period(void) {
    for (uint16_t rate = MIN_RATE_HZ; rate <= MAX_RATE_HZ; rate++) {
        scan_plan_t plan = plan_for_rate(rate);
        double busy = (double)SKEW_TICKS * CHANNELS * plan.samples_per_value;
        assert(busy < plan.period_ticks);
        assert(plan.samples_per_value == 1 << (2 * plan.shift));
        assert(plan.shift == 2 || CHANNELS * 4 * plan.samples_per_value * 232.0 > plan.period_ticks);
        assert(2 * plan.period_ticks * rate <= 2 * (int)TICK_HZ + rate && 2 * plan.period_ticks * rate >= 2 * (int)TICK_HZ - rate);
        assert(plan.scans_per_frame == (rate < 84 ? 1 : rate > 666 ? 8 : rate * 12 / 1000));
    }
}

#define RUN(test) (printf("%s\n", #test), test())

int main(int argc, char **argv) {
    assert(argc == 2);
    read_examples(argv[1]);
    RUN(every_example_is_written_byte_for_byte_wherever_the_ring_wraps);
    RUN(every_example_is_read_back);
    RUN(any_single_damaged_byte_is_noticed_and_the_next_frame_is_read);
    RUN(empty_frames_are_ignored);
    RUN(the_longest_message_passes_and_one_byte_more_does_not);
    RUN(garbage_of_any_length_never_breaks_the_reader);
    RUN(hello_is_laid_out_as_in_the_protocol);
    RUN(small_messages_equal_their_examples);
    RUN(data_equals_its_example);
    RUN(the_largest_messages_fit_the_room_they_ask_for);
    RUN(every_rate_fits_its_period);
    printf("all passed\n");
    return 0;
}
