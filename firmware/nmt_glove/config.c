#include "config.h"

#include <string.h>

#include "crc.h"

#define MAGIC_0 'N'
#define MAGIC_1 'M'
#define DEFAULT_DIVIDER_OHM 3300

static const char default_sensor_names[CHANNELS][SENSOR_NAME_MAX_LENGTH + 1] = {
    "thumb", "index", "middle", "ring", "little", "palm_thumb", "palm_upper", "palm_side",
};

void config_defaults(config_t *config) {
    memset(config, 0, sizeof *config);
    strcpy(config->name, "NMT glove");
    for (uint8_t c = 0; c < CHANNELS; c++) {
        config->sensors[c].divider_ohm = DEFAULT_DIVIDER_OHM;
        strcpy(config->sensors[c].name, default_sensor_names[c]);
    }
}

bool config_text_ok(const uint8_t *text, uint8_t length, uint8_t max) {
    if (length == 0 || length > max) {
        return false;
    }
    for (uint8_t i = 0; i < length; i++) {
        if (text[i] < 0x20 || text[i] > 0x7E) {
            return false;
        }
    }
    return true;
}

static uint8_t byte_of(uint32_t value, uint8_t index) {
    for (; index > 0; index--) {
        value >>= 8;
    }
    return (uint8_t)value;
}

static uint8_t sensor_byte(const config_t *config, uint8_t at) {
    const sensor_config_t *sensor = &config->sensors[at / CONFIG_SENSOR_BYTES];
    at %= CONFIG_SENSOR_BYTES;
    return at < 4 ? byte_of(sensor->divider_ohm, at) : (uint8_t)sensor->name[at - 4];
}

uint8_t config_byte(const config_t *config, uint8_t generation, uint8_t at) {
    switch (at) {
    case 0:
        return MAGIC_0;
    case 1:
        return MAGIC_1;
    case 2:
        return CONFIG_VERSION;
    case 3:
        return generation;
    default:
        break;
    }
    if (at < 8) {
        return byte_of(config->serial_number, at - 4);
    }
    if (at < CONFIG_SENSORS_AT) {
        return (uint8_t)config->name[at - 8];
    }
    return sensor_byte(config, at - CONFIG_SENSORS_AT);
}

void config_encode(const config_t *config, uint8_t generation, uint8_t *record) {
    for (uint8_t at = 0; at < CONFIG_CRC_AT; at++) {
        record[at] = config_byte(config, generation, at);
    }
    uint16_t crc = crc_of(record, CONFIG_CRC_AT);
    record[CONFIG_CRC_AT] = (uint8_t)crc;
    record[CONFIG_CRC_AT + 1] = (uint8_t)(crc >> 8);
}

static uint32_t read_u32(config_read_t read, uint16_t address) {
    uint32_t value = 0;
    for (uint8_t i = 4; i-- > 0;) {
        value = value << 8 | read(address + i);
    }
    return value;
}

static bool read_text(char *text, uint8_t max, config_read_t read, uint16_t address) {
    for (uint8_t i = 0; i < max; i++) {
        text[i] = (char)read(address + i);
    }
    text[max] = 0;
    return config_text_ok((const uint8_t *)text, (uint8_t)strlen(text), max);
}

static enum config_state check(config_read_t read, uint16_t address) {
    uint16_t crc = CRC_START;
    bool blank = true;
    for (uint8_t at = 0; at < CONFIG_CRC_AT; at++) {
        uint8_t byte = read(address + at);
        crc = crc_add(crc, byte);
        blank = blank && byte == 0xFF;
    }
    uint16_t stored = (uint16_t)(read(address + CONFIG_CRC_AT) | read(address + CONFIG_CRC_AT + 1) << 8);
    if (blank && stored == 0xFFFF) {
        return CONFIG_BLANK;
    }
    bool ours = read(address) == MAGIC_0 && read(address + 1) == MAGIC_1 && read(address + 2) == CONFIG_VERSION;
    return ours && crc == stored ? CONFIG_STORED : CONFIG_BROKEN;
}

enum config_state config_decode(config_t *config, uint8_t *generation, config_read_t read, uint16_t address) {
    enum config_state state = check(read, address);
    if (state != CONFIG_STORED) {
        return state;
    }
    *generation = read(address + 3);
    config->serial_number = read_u32(read, address + 4);
    bool usable = read_text(config->name, NAME_MAX_LENGTH, read, address + 8);
    for (uint8_t c = 0; c < CHANNELS; c++) {
        uint16_t at = address + CONFIG_SENSORS_AT + c * CONFIG_SENSOR_BYTES;
        sensor_config_t *sensor = &config->sensors[c];
        sensor->divider_ohm = read_u32(read, at);
        usable = read_text(sensor->name, SENSOR_NAME_MAX_LENGTH, read, at + 4) && usable &&
                 sensor->divider_ohm >= DIVIDER_MIN_OHM && sensor->divider_ohm <= DIVIDER_MAX_OHM;
    }
    return usable ? CONFIG_STORED : CONFIG_BROKEN;
}
