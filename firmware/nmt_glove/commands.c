#include "commands.h"

#include <string.h>

#include "board.h"
#include "messages.h"
#include "presses.h"
#include "scan.h"
#include "startup.h"
#include "store.h"

state_t state;

static uint16_t u16_at(const uint8_t *bytes) { return (uint16_t)(bytes[0] | bytes[1] << 8); }

static uint32_t u32_at(const uint8_t *bytes) { return u16_at(bytes) | (uint32_t)u16_at(bytes + 2) << 16; }

void commands_send_hello(void) { message_hello(&state.glove); }

void commands_send_status(void) {
    counters_t now = state.counters;
    now.scan = scan_newest_complete();
    now.overruns = scan_overruns();
    now.dropped_scans = scan_dropped();
    now.stack_free = startup_stack_free();
    message_status(&now);
}

static void show_nothing(void) {
    cues_show(&state.cues, CUE_OFF, 0);
    cues_identify(&state.cues, 0, 0);
}

static enum command_result info(void) {
    commands_send_hello();
    return RESULT_DONE;
}

static enum command_result start(void) {
    scan_keep(true);
    state.glove.streaming = true;
    return RESULT_DONE;
}

static enum command_result stop(void) {
    scan_keep(false);
    state.glove.streaming = false;
    show_nothing();
    commands_send_status();
    return RESULT_DONE;
}

static enum command_result set_rate(const uint8_t *fields) {
    uint16_t rate_hz = u16_at(fields);
    if (rate_hz < MIN_RATE_HZ || rate_hz > MAX_RATE_HZ) {
        return RESULT_OUT_OF_RANGE;
    }
    state.glove.plan = plan_for_rate(rate_hz);
    scan_restart(&state.glove.plan);
    presses_renumbered();
    commands_send_hello();
    return RESULT_DONE;
}

static enum command_result identify(uint8_t seconds) {
    if (seconds > IDENTIFY_MAX_S) {
        return RESULT_OUT_OF_RANGE;
    }
    cues_identify(&state.cues, seconds, board_ms());
    return RESULT_DONE;
}

static enum command_result cue(uint8_t pattern) {
    if (pattern >= CUE_COUNT) {
        return RESULT_OUT_OF_RANGE;
    }
    cues_show(&state.cues, (enum cue_pattern)pattern, board_ms());
    return RESULT_DONE;
}

static enum command_result save(void) {
    if (!store_save(&state.glove.config)) {
        return RESULT_EEPROM_FAILED;
    }
    state.glove.config_state = CONFIG_STORED;
    return RESULT_DONE;
}

static enum command_result set_name(const uint8_t *fields, uint8_t length) {
    if (length != 1 + fields[0]) {
        return RESULT_WRONG_LENGTH;
    }
    if (!config_text_ok(fields + 1, fields[0], NAME_MAX_LENGTH)) {
        return RESULT_OUT_OF_RANGE;
    }
    memset(state.glove.config.name, 0, sizeof state.glove.config.name);
    memcpy(state.glove.config.name, fields + 1, fields[0]);
    return save();
}

static enum command_result set_sensor(const uint8_t *fields, uint8_t length) {
    if (length != 6 + fields[5]) {
        return RESULT_WRONG_LENGTH;
    }
    uint32_t ohm = u32_at(fields + 1);
    if (fields[0] >= CHANNELS || ohm < DIVIDER_MIN_OHM || ohm > DIVIDER_MAX_OHM ||
        !config_text_ok(fields + 6, fields[5], SENSOR_NAME_MAX_LENGTH)) {
        return RESULT_OUT_OF_RANGE;
    }
    sensor_config_t *sensor = &state.glove.config.sensors[fields[0]];
    sensor->divider_ohm = ohm;
    memset(sensor->name, 0, sizeof sensor->name);
    memcpy(sensor->name, fields + 6, fields[5]);
    return save();
}

static enum command_result set_serial(const uint8_t *fields) {
    state.glove.config.serial_number = u32_at(fields);
    return save();
}

// Bytes of fields a command must at least have, and whether it may have more; 0xFF for what is not a command.
#define MORE 0x80
#define NOT_A_COMMAND 0xFF

static uint8_t fields_of(uint8_t command) {
    switch (command) {
    case COMMAND_INFO:
    case COMMAND_START:
    case COMMAND_STOP:
        return 0;
    case COMMAND_IDENTIFY:
    case COMMAND_CUE:
        return 1;
    case COMMAND_RATE:
        return 2;
    case COMMAND_PING:
    case COMMAND_SERIAL:
        return 4;
    case COMMAND_NAME:
        return 1 | MORE;
    case COMMAND_SENSOR:
        return 6 | MORE;
    default:
        return NOT_A_COMMAND;
    }
}

static bool refused_while_streaming(uint8_t command) {
    return command == COMMAND_RATE || command == COMMAND_NAME || command == COMMAND_SENSOR ||
           command == COMMAND_SERIAL;
}

static enum command_result perform(uint8_t command, uint8_t sequence, const uint8_t *fields, uint8_t length) {
    switch (command) {
    case COMMAND_INFO:
        return info();
    case COMMAND_START:
        return start();
    case COMMAND_STOP:
        return stop();
    case COMMAND_RATE:
        return set_rate(fields);
    case COMMAND_PING:
        message_pong(sequence, fields, scan_moment());
        return RESULT_DONE;
    case COMMAND_NAME:
        return set_name(fields, length);
    case COMMAND_IDENTIFY:
        return identify(fields[0]);
    case COMMAND_CUE:
        return cue(fields[0]);
    case COMMAND_SENSOR:
        return set_sensor(fields, length);
    default: // COMMAND_SERIAL: fields_of() lets nothing else through
        return set_serial(fields);
    }
}

static enum command_result judge(const uint8_t *message, uint8_t length) {
    uint8_t expected = fields_of(message[0]);
    uint8_t got = length - 2;
    if (expected == NOT_A_COMMAND) {
        return RESULT_UNKNOWN_COMMAND;
    }
    bool more = expected & MORE;
    expected &= (uint8_t)~MORE;
    if (got < expected || (got > expected && !more)) {
        return RESULT_WRONG_LENGTH;
    }
    if (state.glove.streaming && refused_while_streaming(message[0])) {
        return RESULT_NOT_WHILE_STREAMING;
    }
    return perform(message[0], message[1], message + 2, got);
}

void commands_handle(const uint8_t *message, uint8_t length) {
    if (message[0] < 0x80) {
        return; // not for a glove
    }
    uint8_t command = message[0];
    uint8_t sequence = message[1];
    message_ack(sequence, command, judge(message, length));
}
