// The glove's settings, and how they look in EEPROM. Portable.
#ifndef CONFIG_H
#define CONFIG_H

#include <stdbool.h>
#include <stdint.h>

#include "protocol.h"

typedef struct {
    uint32_t divider_ohm;
    char name[SENSOR_NAME_MAX_LENGTH + 1];
} sensor_config_t;

typedef struct {
    uint32_t serial_number;
    char name[NAME_MAX_LENGTH + 1];
    sensor_config_t sensors[CHANNELS];
} config_t;

// The record: magic "NM", version, generation, serial number, name, sensors, CRC. Names fill their field with zeros.
#define CONFIG_VERSION 1
#define CONFIG_SENSOR_BYTES (4 + SENSOR_NAME_MAX_LENGTH)
#define CONFIG_SENSORS_AT (8 + NAME_MAX_LENGTH)
#define CONFIG_CRC_AT (CONFIG_SENSORS_AT + CHANNELS * CONFIG_SENSOR_BYTES)
#define CONFIG_BYTES (CONFIG_CRC_AT + 2)

// Two records take turns, so that a power cut while one is written leaves the other. The one whose generation is
// ahead of the other's is in force.
#define CONFIG_SLOT_A 16
#define CONFIG_SLOT_B 256

// The boot counter takes turns too: count, then its CRC, two bytes each.
#define BOOT_SLOT_A 0
#define BOOT_SLOT_B 8
#define BOOT_BYTES 4

void config_defaults(config_t *config);

// True when text has 1 to max characters, all of them 0x20 to 0x7E.
bool config_text_ok(const uint8_t *text, uint8_t length, uint8_t max);

// Byte `at` of the record, without its CRC: the record is never whole in RAM.
uint8_t config_byte(const config_t *config, uint8_t generation, uint8_t at);

// Writes the whole record, CRC included, into CONFIG_BYTES bytes.
void config_encode(const config_t *config, uint8_t generation, uint8_t *record);

typedef uint8_t (*config_read_t)(uint16_t address);

// Reads the record at an address. On CONFIG_STORED config and generation are set; on CONFIG_BLANK (nothing but 0xFF)
// and CONFIG_BROKEN config holds nothing of use.
enum config_state config_decode(config_t *config, uint8_t *generation, config_read_t read, uint16_t address);

// True when generation a is newer than b; both wrap.
static inline bool config_newer(uint8_t a, uint8_t b) { return (int8_t)(a - b) > 0; }

#endif
