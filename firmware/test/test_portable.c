// Host tests of the firmware's portable parts. Reads the example frames out of ../PROTOCOL.md.
#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "buttons.h"
#include "config.h"
#include "crc.h"
#include "cues.h"
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
        assert(plan.scans_per_frame == (rate < 125 ? 1 : rate * 8 / 1000));
    }
}

// ---- Buttons

static const uint8_t quiet_ms = DEBOUNCE_MS + 1;

static void a_press_keeps_the_time_of_its_first_touch(void) {
    button_t button = {0};
    const char *bounce = "0101101111111111111";
    int decided_at = -1;
    for (int ms = 0; bounce[ms]; ms++) {
        moment_t now = {(uint32_t)(1000 + ms), 7};
        if (button_look(&button, bounce[ms] == '1', now, (uint16_t)(65530 + ms))) {
            assert(decided_at < 0);
            decided_at = ms;
        }
    }
    assert(button.down && button.first_seen.scan == 1001 && button.first_seen.ticks == 7);
    assert(decided_at == 6 + quiet_ms);
}

static void a_short_disturbance_is_not_a_press(void) {
    button_t button = {0};
    for (int ms = 0; ms < 100; ms++) {
        moment_t now = {(uint32_t)ms, 0};
        assert(!button_look(&button, ms >= 10 && ms < 14, now, (uint16_t)ms));
    }
    assert(!button.down);
    // and the next real press is dated by itself
    for (int ms = 100; ms < 120; ms++) {
        button_look(&button, true, (moment_t){(uint32_t)ms, 0}, (uint16_t)ms);
    }
    assert(button.down && button.first_seen.scan == 100);
}

// ---- Settings

static uint8_t eeprom[1024];
static uint8_t read_eeprom(uint16_t address) { return eeprom[address]; }

static void settings_survive_the_eeprom(void) {
    config_t config, back;
    uint8_t generation = 0;
    memset(&back, 0x77, sizeof back);
    config_defaults(&config);
    config.serial_number = 0x89ABCDEF;
    strcpy(config.name, "sixteen letters!");
    strcpy(config.sensors[7].name, "twelve chars");
    config.sensors[7].divider_ohm = 1000000;
    config_encode(&config, 200, eeprom + 100);
    assert(config_decode(&back, &generation, read_eeprom, 100) == CONFIG_STORED);
    assert(generation == 200 && back.serial_number == config.serial_number);
    assert(strcmp(back.name, config.name) == 0);
    for (int c = 0; c < CHANNELS; c++) {
        assert(strcmp(back.sensors[c].name, config.sensors[c].name) == 0);
        assert(back.sensors[c].divider_ohm == config.sensors[c].divider_ohm);
    }
}

static void any_damaged_byte_of_the_settings_is_noticed(void) {
    config_t config;
    uint8_t generation;
    config_defaults(&config);
    for (int at = 0; at < CONFIG_BYTES; at++) {
        for (int bit = 0; bit < 8; bit++) {
            config_encode(&config, 1, eeprom);
            eeprom[at] ^= (uint8_t)(1 << bit);
            assert(config_decode(&config, &generation, read_eeprom, 0) == CONFIG_BROKEN);
            config_defaults(&config);
        }
    }
}

static void an_unwritten_eeprom_is_blank_and_a_zeroed_one_broken(void) {
    config_t config;
    uint8_t generation;
    memset(eeprom, 0xFF, sizeof eeprom);
    assert(config_decode(&config, &generation, read_eeprom, 0) == CONFIG_BLANK);
    memset(eeprom, 0, sizeof eeprom);
    assert(config_decode(&config, &generation, read_eeprom, 0) == CONFIG_BROKEN);
}

static void settings_out_of_range_are_not_used_even_with_a_good_checksum(void) {
    config_t config;
    uint8_t generation;
    config_defaults(&config);
    config.sensors[3].divider_ohm = 0;
    config_encode(&config, 1, eeprom);
    assert(config_decode(&config, &generation, read_eeprom, 0) == CONFIG_BROKEN);
    config_defaults(&config);
    config.name[2] = '\n';
    config_encode(&config, 1, eeprom);
    assert(config_decode(&config, &generation, read_eeprom, 0) == CONFIG_BROKEN);
}

static void generations_wrap(void) {
    assert(config_newer(1, 0) && config_newer(0, 255) && config_newer(100, 90));
    assert(!config_newer(0, 1) && !config_newer(255, 0) && !config_newer(5, 5));
}

// ---- Cues

static int led_ms(enum cue_pattern pattern, int from_ms, int to_ms, int *tone_ms) {
    cues_t cues = {0};
    int on = 0;
    *tone_ms = 0;
    cues_show(&cues, pattern, 65000); // wraps on the way
    for (int ms = 0; ms < to_ms; ms++) {
        cue_output_t output = cues_now(&cues, (uint16_t)(65000 + ms));
        on += ms >= from_ms && output.led;
        *tone_ms += ms >= from_ms && output.tone;
    }
    return on;
}

static void silence_is_silent_and_every_other_pattern_is_seen_and_heard(void) {
    int tone_ms;
    assert(led_ms(CUE_OFF, 0, 3000, &tone_ms) == 0 && tone_ms == 0);
    for (int pattern = CUE_TOO_LITTLE; pattern < CUE_COUNT; pattern++) {
        assert(led_ms((enum cue_pattern)pattern, 0, 3000, &tone_ms) > 0 && tone_ms > 0);
    }
}

static void done_and_marker_end_by_themselves_and_warnings_go_on(void) {
    int tone_ms;
    assert(led_ms(CUE_DONE, 5000, 8000, &tone_ms) == 0 && tone_ms == 0);
    assert(led_ms(CUE_MARKER_SEEN, 1000, 4000, &tone_ms) == 0 && tone_ms == 0);
    assert(led_ms(CUE_TOO_LITTLE, 60000, 63000, &tone_ms) > 0 && tone_ms > 0);
    assert(led_ms(CUE_TOO_MUCH, 60000, 63000, &tone_ms) > 0 && tone_ms > 0);
    assert(led_ms(CUE_DATA_LOST, 60000, 63000, &tone_ms) > 0 && tone_ms > 0);
}

static void identify_covers_a_pattern_for_its_time_only(void) {
    cues_t cues = {0};
    int on = 0;
    cues_show(&cues, CUE_OFF, 0);
    cues_identify(&cues, 3, 0);
    for (int ms = 0; ms < 10000; ms++) {
        bool led = cues_now(&cues, (uint16_t)ms).led;
        on += led;
        assert(ms < 3000 || !led);
    }
    assert(on > 1000 && on < 2000);
    cues_identify(&cues, 3, 10000);
    assert(cues_now(&cues, 10000).led);
    cues_identify(&cues, 0, 10001);
    assert(!cues_now(&cues, 10001).led);
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
    RUN(a_press_keeps_the_time_of_its_first_touch);
    RUN(a_short_disturbance_is_not_a_press);
    RUN(settings_survive_the_eeprom);
    RUN(any_damaged_byte_of_the_settings_is_noticed);
    RUN(an_unwritten_eeprom_is_blank_and_a_zeroed_one_broken);
    RUN(settings_out_of_range_are_not_used_even_with_a_good_checksum);
    RUN(generations_wrap);
    RUN(silence_is_silent_and_every_other_pattern_is_seen_and_heard);
    RUN(done_and_marker_end_by_themselves_and_warnings_go_on);
    RUN(identify_covers_a_pattern_for_its_time_only);
    printf("all passed\n");
    return 0;
}
