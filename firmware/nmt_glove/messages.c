#include "messages.h"

#include "protocol.h"

static void hello_timing(const scan_plan_t *plan) {
    frame_u32(TICK_HZ);
    frame_u16(plan->period_ticks);
    frame_u8(plan->scans_per_frame);
    frame_u8(ADC_BITS);
    frame_u8(plan->samples_per_value);
    frame_u8(plan->shift);
    frame_u8(ADC_BITS + plan->shift);
    frame_u16((uint16_t)(((1U << ADC_BITS) * plan->samples_per_value) >> plan->shift));
    frame_u16(SKEW_TICKS);
    frame_u16(REFERENCE_MV);
}

void message_hello(const glove_t *glove) {
    frame_begin(MESSAGE_HELLO);
    frame_u8(PROTOCOL_VERSION);
    frame_u8(FIRMWARE_MAJOR);
    frame_u8(FIRMWARE_MINOR);
    frame_u8(FIRMWARE_PATCH);
    frame_u8(BOARD_ATMEGA328P_16MHZ);
    frame_u32(glove->config.serial_number);
    frame_u16(glove->boot_count);
    frame_u8(glove->reset_cause);
    frame_u8((uint8_t)glove->config_state);
    frame_u8(glove->streaming);
    hello_timing(&glove->plan);
    frame_u8(CHANNELS);
    frame_text(glove->config.name);
    for (uint8_t c = 0; c < CHANNELS; c++) {
        frame_u32(glove->config.sensors[c].divider_ohm);
        frame_text(glove->config.sensors[c].name);
    }
    frame_end();
}

void message_data_begin(uint32_t first_scan, uint8_t buttons, uint8_t scans) {
    frame_begin(MESSAGE_DATA);
    frame_u32(first_scan);
    frame_u8(buttons);
    frame_u8(scans);
}

void message_data_scan(const uint16_t *sums, uint8_t shift) {
    for (uint8_t c = 0; c < CHANNELS; c++) {
        frame_u16(sums[c] >> shift);
    }
}

void message_button(uint8_t sequence, uint8_t number, const button_t *button) {
    frame_begin(MESSAGE_BUTTON);
    frame_u8(sequence);
    frame_u8(number);
    frame_u8(button->down);
    frame_u32(button->first_seen.scan);
    frame_u16(button->first_seen.ticks);
    frame_end();
}

void message_status(const counters_t *counters) {
    frame_begin(MESSAGE_STATUS);
    frame_u32(counters->scan);
    frame_u32(counters->frames_sent);
    frame_u32(counters->overruns);
    frame_u32(counters->dropped_scans);
    frame_u16(counters->command_errors);
    frame_u16(counters->stack_free);
    frame_end();
}

void message_ack(uint8_t sequence, uint8_t command, enum command_result result) {
    frame_begin(MESSAGE_ACK);
    frame_u8(sequence);
    frame_u8(command);
    frame_u8((uint8_t)result);
    frame_end();
}

void message_pong(uint8_t sequence, const uint8_t *token, moment_t now) {
    frame_begin(MESSAGE_PONG);
    frame_u8(sequence);
    for (uint8_t i = 0; i < 4; i++) {
        frame_u8(token[i]);
    }
    frame_u32(now.scan);
    frame_u16(now.ticks);
    frame_end();
}
