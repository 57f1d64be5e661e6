// Host test of everything the glove does with bytes it receives: the reader and the commands, under the sanitizers, fed
// with random bytes, damaged commands and commands with a right CRC and absurd fields. What lies below (scans, EEPROM,
// clock) is the least that commands.c can be linked with.
#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "board.h"
#include "commands.h"
#include "config.h"
#include "crc.h"
#include "frame.h"
#include "messages.h"
#include "presses.h"
#include "scan.h"
#include "startup.h"
#include "store.h"

#undef NDEBUG
#define MEGABYTES 30

// ---- What commands.c stands on

static uint16_t ms;
uint16_t board_ms(void) { return ms; }
uint16_t startup_stack_free(void) { return 900; }
bool store_save(const config_t *config) { return config->serial_number % 3 != 1; }
void presses_renumbered(void) {}
void scan_keep(bool keep) { (void)keep; }
uint32_t scan_newest_complete(void) { return 12345; }
uint32_t scan_overruns(void) { return 1; }
uint32_t scan_dropped(void) { return 2; }
moment_t scan_moment(void) { return (moment_t){.scan = 12345, .ticks = 67}; }
void scan_restart(const scan_plan_t *plan) {
    assert(plan->scans_per_frame >= 1 && plan->scans_per_frame <= 8 && plan->period_ticks >= 2000);
}

// ---- Random numbers that are the same everywhere (xorshift32, Marsaglia 2003)

static uint32_t seed = 2463534242u;

static uint32_t random_u32(void) {
    seed ^= seed << 13;
    seed ^= seed >> 17;
    seed ^= seed << 5;
    return seed;
}

static uint32_t below(uint32_t n) { return random_u32() % n; }

// ---- COBS and CRC once more, the plain way: whole frames only

static int decode(const uint8_t *encoded, int n, uint8_t *message) {
    int at = 0, out = 0;
    while (at < n) {
        int code = encoded[at++];
        for (int i = 1; i < code; i++) {
            if (at == n) {
                return -1;
            }
            message[out++] = encoded[at++];
        }
        if (code != 0xFF && at < n) {
            message[out++] = 0;
        }
    }
    return out >= 4 && crc_of(message, (uint8_t)(out - 2)) == (message[out - 2] | message[out - 1] << 8) ? out - 2 : -1;
}

static int encode(const uint8_t *message, int n, uint8_t *encoded) {
    int code_at = 0, at = 1;
    for (int i = 0; i < n; i++) {
        if (message[i]) {
            encoded[at++] = message[i];
        } else {
            encoded[code_at] = (uint8_t)(at - code_at);
            code_at = at++;
        }
    }
    encoded[code_at] = (uint8_t)(at - code_at);
    encoded[at++] = 0;
    return at;
}

// ---- What must hold after every command

static int answers;

static void check_answers(const uint8_t *command) {
    uint8_t frame[256], message[256], last = 0, sequence = 0;
    int n = 0;
    while (frame_ring.tail != frame_ring.head) {
        uint8_t byte = frame_ring.bytes[frame_ring.tail++];
        if (byte) {
            frame[n++] = byte;
            continue;
        }
        assert(decode(frame, n, message) > 0);
        last = message[0];
        sequence = message[1];
        n = 0;
    }
    assert(n == 0 && last == MESSAGE_ACK && sequence == command[1]);
    answers++;
}

static void check_settings(void) {
    const config_t *config = &state.glove.config;
    assert(config_text_ok((const uint8_t *)config->name, (uint8_t)strlen(config->name), NAME_MAX_LENGTH));
    for (int c = 0; c < CHANNELS; c++) {
        const sensor_config_t *sensor = &config->sensors[c];
        assert(config_text_ok((const uint8_t *)sensor->name, (uint8_t)strlen(sensor->name), SENSOR_NAME_MAX_LENGTH));
        assert(sensor->divider_ohm >= DIVIDER_MIN_OHM && sensor->divider_ohm <= DIVIDER_MAX_OHM);
    }
}

// ---- Bytes to the reader, as main.c hands them on, and whether it takes the frames that it should

static frame_reader_t reader;
static uint8_t since_zero[300];
static int length_since_zero;
static long fed, good, bad;

static void receive(uint8_t byte) {
    uint8_t message[300];
    frame_event_t event = frame_feed(&reader, byte);
    fed++;
    if (byte) {
        assert(event == FRAME_NONE);
        if (length_since_zero < 300) {
            since_zero[length_since_zero++] = byte;
        }
        return;
    }
    int expected = length_since_zero > 255 ? -1 : decode(since_zero, length_since_zero, message);
    assert(event == (length_since_zero == 0 ? FRAME_NONE : expected < 0 ? FRAME_BAD : FRAME_GOOD));
    length_since_zero = 0;
    bad += event == FRAME_BAD;
    if (event == FRAME_GOOD) {
        good++;
        assert(reader.length == expected);
        assert(memcmp(reader.message, message, expected < FRAME_KEEP ? expected : FRAME_KEEP) == 0);
        commands_handle(reader.message, reader.length);
        if (message[0] >= 0x80) {
            check_answers(message);
        }
        check_settings();
        assert(frame_ring.tail == frame_ring.head);
    }
}

// ---- What is fed

static int a_command(uint8_t *frame) {
    static const uint8_t lengths[] = {0, 0, 0, 2, 4, 9, 1, 1, 12, 4};
    uint8_t message[300];
    int which = (int)below(10);
    int n = 2 + lengths[which];
    if (below(4) == 0) {
        n = 1 + (int)below(250);
    }
    message[0] = (uint8_t)(below(8) ? COMMAND_INFO + (uint32_t)which : random_u32());
    bool text = below(2);
    for (int i = 1; i < n; i++) {
        message[i] = (uint8_t)(text ? 0x20 + below(0x5F) : random_u32());
    }
    if (message[0] == COMMAND_NAME && n > 2) { // lengths of names as they are, however long
        message[2] = (uint8_t)(n - 3);
    } else if (message[0] == COMMAND_SENSOR && n > 7) {
        uint32_t ohm = below(2) ? below(2 * DIVIDER_MIN_OHM) : below(DIVIDER_MAX_OHM + DIVIDER_MIN_OHM);
        message[2] = (uint8_t)below(CHANNELS + 2);
        for (int i = 0; i < 4; i++) {
            message[3 + i] = (uint8_t)(ohm >> 8 * i);
        }
        message[7] = (uint8_t)(n - 8);
    }
    uint16_t crc = crc_of(message, (uint8_t)n);
    message[n++] = (uint8_t)crc;
    message[n++] = (uint8_t)(crc >> 8);
    return encode(message, n, frame);
}

static void feed_something(void) {
    uint8_t frame[300];
    uint32_t kind = below(8);
    int n = a_command(frame);
    if (kind == 0) { // noise
        for (n = 0; n < 300; n++) {
            frame[n] = (uint8_t)random_u32();
        }
        n = 1 + (int)below(299);
    } else if (kind == 1) { // without end, or without zeros for very long
        memset(frame, (int)below(256), sizeof frame);
        n = 1 + (int)below(299);
    } else if (kind < 4) { // damaged
        for (uint32_t i = 0; i <= below(4); i++) {
            frame[below((uint32_t)n)] ^= (uint8_t)(1 << below(8));
        }
    }
    ms += (uint16_t)below(1000);
    for (int i = 0; i < n; i++) {
        receive(frame[i]);
    }
}

int main(void) {
    config_defaults(&state.glove.config);
    state.glove.plan = plan_for_rate(250);
    frame_reader_reset(&reader);
    while (fed < MEGABYTES * 1000000L) {
        feed_something();
        if (below(1000) == 0) {
            state.glove.streaming = false; // else nearly every setting is refused
        }
    }
    printf("%ld bytes, %ld frames taken, %d answered, %ld dropped\nall passed\n", fed, good, answers, bad);
    return answers > 1000 ? 0 : 1;
}
