// Settings and boot counter in the EEPROM.
#ifndef STORE_H
#define STORE_H

#include <stdbool.h>
#include <stdint.h>

#include "config.h"

enum config_state store_load(config_t *config); // defaults unless CONFIG_STORED

// Writes the settings and reads them back; up to 0.6 s. False when the EEPROM did not take them.
bool store_save(const config_t *config);

uint16_t store_count_boot(void); // counts this start; the number of starts so far

#endif
