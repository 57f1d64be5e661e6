// CRC-16, polynomial 0x1021, most significant bit first (PROTOCOL.md, "Line and frames").
#ifndef CRC_H
#define CRC_H

#include <stdint.h>

#define CRC_START 0xFFFF

#ifdef __AVR__
#include <util/crc16.h>
static inline uint16_t crc_add(uint16_t crc, uint8_t byte) { return _crc_xmodem_update(crc, byte); }
#else
static inline uint16_t crc_add(uint16_t crc, uint8_t byte) {
    crc ^= (uint16_t)(byte << 8);
    for (uint8_t bit = 0; bit < 8; bit++) {
        crc = (crc & 0x8000) ? (uint16_t)(crc << 1) ^ 0x1021 : (uint16_t)(crc << 1);
    }
    return crc;
}
#endif

static inline uint16_t crc_of(const uint8_t *bytes, uint8_t length) {
    uint16_t crc = CRC_START;
    while (length--) {
        crc = crc_add(crc, *bytes++);
    }
    return crc;
}

#endif
