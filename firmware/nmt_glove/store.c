#include "store.h"

#include <avr/eeprom.h>
#include <avr/wdt.h>

#include "crc.h"

static uint16_t slot_in_force = CONFIG_SLOT_B; // so that the first save goes to slot A
static uint8_t generation;

static uint8_t read(uint16_t address) { return eeprom_read_byte((const uint8_t *)address); }

// Changes one byte if need be: 3.4 ms, less than the watchdog's time.
static void write(uint16_t address, uint8_t byte) {
    wdt_reset();
    eeprom_update_byte((uint8_t *)address, byte);
}

static void use_slot(uint16_t slot, uint8_t slot_generation) {
    slot_in_force = slot;
    generation = slot_generation;
}

enum config_state store_load(config_t *config) {
    uint8_t generation_a, generation_b;
    enum config_state b = config_decode(config, &generation_b, read, CONFIG_SLOT_B);
    enum config_state a = config_decode(config, &generation_a, read, CONFIG_SLOT_A);
    if (a == CONFIG_STORED && (b != CONFIG_STORED || config_newer(generation_a, generation_b))) {
        use_slot(CONFIG_SLOT_A, generation_a);
        return CONFIG_STORED;
    }
    if (b == CONFIG_STORED) {
        use_slot(CONFIG_SLOT_B, generation_b);
        return config_decode(config, &generation_b, read, CONFIG_SLOT_B);
    }
    config_defaults(config);
    return a == CONFIG_BLANK && b == CONFIG_BLANK ? CONFIG_BLANK : CONFIG_BROKEN;
}

bool store_save(const config_t *config) {
    uint16_t slot = slot_in_force == CONFIG_SLOT_A ? CONFIG_SLOT_B : CONFIG_SLOT_A;
    uint16_t crc = CRC_START;
    for (uint8_t at = 0; at < CONFIG_CRC_AT; at++) {
        uint8_t byte = config_byte(config, generation + 1, at);
        crc = crc_add(crc, byte);
        write(slot + at, byte);
    }
    write(slot + CONFIG_CRC_AT, (uint8_t)crc);
    write(slot + CONFIG_CRC_AT + 1, (uint8_t)(crc >> 8));
    config_t check;
    uint8_t stored;
    if (config_decode(&check, &stored, read, slot) != CONFIG_STORED) {
        return false;
    }
    use_slot(slot, generation + 1);
    return true;
}

static bool read_boot_slot(uint16_t slot, uint16_t *count) {
    uint8_t bytes[BOOT_BYTES];
    for (uint8_t i = 0; i < BOOT_BYTES; i++) {
        bytes[i] = read(slot + i);
    }
    *count = (uint16_t)(bytes[0] | bytes[1] << 8);
    return crc_of(bytes, 2) == (uint16_t)(bytes[2] | bytes[3] << 8);
}

static void write_boot_slot(uint16_t slot, uint16_t count) {
    uint8_t bytes[2] = {(uint8_t)count, (uint8_t)(count >> 8)};
    uint16_t crc = crc_of(bytes, 2);
    write(slot, bytes[0]);
    write(slot + 1, bytes[1]);
    write(slot + 2, (uint8_t)crc);
    write(slot + 3, (uint8_t)(crc >> 8));
}

uint16_t store_count_boot(void) {
    uint16_t a, b;
    bool a_good = read_boot_slot(BOOT_SLOT_A, &a);
    bool b_good = read_boot_slot(BOOT_SLOT_B, &b);
    bool a_newest = a_good && (!b_good || (int16_t)(a - b) > 0);
    uint16_t count = a_newest ? a : b_good ? b : 0;
    write_boot_slot(a_newest ? BOOT_SLOT_B : BOOT_SLOT_A, ++count);
    return count;
}
