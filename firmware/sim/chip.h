// The simulated ATmega328P with the real binary in it, and what is wired to it.
#ifndef CHIP_H
#define CHIP_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

#include <simavr/sim_avr.h>

#include "scenario.h"

#define CPU_HZ 16000000UL
#define EEPROM_SIZE 1024

typedef void (*byte_sink_t)(uint8_t byte);

typedef struct {
    avr_t *avr;
    scenario_t *scenario;
    FILE *log; // or NULL
    byte_sink_t received_from_glove;
    bool powered;
} chip_t;

extern chip_t chip;

// Loads an .elf or .hex file and powers up. False after one line on stderr.
bool chip_start(const char *binary, scenario_t *scenario, FILE *log, byte_sink_t sink);

void chip_eeprom_write(const uint8_t *image);
void chip_eeprom_read(uint8_t *image);

// Runs until the given cycle (or a few cycles later), doing what the scenario says meanwhile. False when the program
// in the chip has crashed.
bool chip_run_until(uint64_t cycle);

// Queues bytes for the chip's receiver, which gets them at the pace of the line. Returns how many fitted.
int chip_send(const uint8_t *bytes, int count);
int chip_send_room(void);

// In chip_adc.c: the converter, and voltages on its pins.
void chip_adc_connect(void);
void chip_adc_stall(uint64_t cycles); // the next conversion begins that much later

void chip_log(const char *what, uint64_t cycle, const char *format, ...) __attribute__((format(printf, 3, 4)));

#endif
