// The numbers of ../PROTOCOL.md. The host keeps the same ones in nmt_sense/glove/wire.py; a test compares the two.
#ifndef PROTOCOL_H
#define PROTOCOL_H

#define PROTOCOL_VERSION 1
#define FIRMWARE_MAJOR 0
#define FIRMWARE_MINOR 1
#define FIRMWARE_PATCH 0
#define BOARD_ATMEGA328P_16MHZ 1

#define BAUD_RATE 500000UL
#define MAX_MESSAGE 252 // with its CRC it fits one COBS block
#define MAX_ENCODED 255 // without the closing zero
#define FRAME_MS 12     // a DATA frame about every so many milliseconds,
#define MAX_SCANS_PER_FRAME 8 // but never longer than this
#define MIN_RATE_HZ 50
#define MAX_RATE_HZ 1000
#define DEFAULT_RATE_HZ 250
#define NAME_MAX_LENGTH 16
#define SENSOR_NAME_MAX_LENGTH 12
#define DIVIDER_MIN_OHM 100UL
#define DIVIDER_MAX_OHM 1000000UL
#define IDENTIFY_MAX_S 30
#define DEBOUNCE_MS 5
#define STATUS_MS 1000
#define SIMULATED_SERIALS_FROM 0xF0000000UL

#define CHANNELS 8
#define TICK_HZ 2000000UL
#define ADC_BITS 10
#define SKEW_TICKS 224 // 14 ADC clocks of 8 us: 13 to convert, up to 1 to start (scan.c)
#define REFERENCE_MV 5000

enum message_type {
    MESSAGE_HELLO = 0x01,
    MESSAGE_DATA = 0x02,
    MESSAGE_BUTTON = 0x03,
    MESSAGE_STATUS = 0x04,
    MESSAGE_ACK = 0x05,
    MESSAGE_PONG = 0x06,
    COMMAND_INFO = 0x81,
    COMMAND_START = 0x82,
    COMMAND_STOP = 0x83,
    COMMAND_RATE = 0x84,
    COMMAND_PING = 0x85,
    COMMAND_NAME = 0x86,
    COMMAND_IDENTIFY = 0x87,
    COMMAND_CUE = 0x88,
    COMMAND_SENSOR = 0x89,
    COMMAND_SERIAL = 0x8A,
};

enum command_result {
    RESULT_DONE = 0,
    RESULT_UNKNOWN_COMMAND = 1,
    RESULT_WRONG_LENGTH = 2,
    RESULT_OUT_OF_RANGE = 3,
    RESULT_NOT_WHILE_STREAMING = 4,
    RESULT_EEPROM_FAILED = 5,
};

enum button_number {
    BUTTON_CLIENT_STOP = 0,
    BUTTON_MARKER = 1,
    BUTTON_COUNT = 2,
};

enum cue_pattern {
    CUE_OFF = 0,
    CUE_TOO_LITTLE = 1,
    CUE_TOO_MUCH = 2,
    CUE_DONE = 3,
    CUE_DATA_LOST = 4,
    CUE_MARKER_SEEN = 5,
    CUE_COUNT = 6,
};

enum config_state {
    CONFIG_STORED = 0,
    CONFIG_BLANK = 1,
    CONFIG_BROKEN = 2,
};

enum reset_cause {
    RESET_POWER_ON = 1,
    RESET_EXTERNAL = 2,
    RESET_BROWN_OUT = 4,
    RESET_WATCHDOG = 8,
};

#endif
