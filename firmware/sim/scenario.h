// What happens to the simulated glove: forces and voltages over time, and events. Read from a text file.
// README.md in ../ describes the format.
#ifndef SCENARIO_H
#define SCENARIO_H

#include <stdbool.h>
#include <stdint.h>

#include "protocol.h"

typedef struct {
    double time_s;
    double value;
} knot_t;

typedef struct {
    knot_t *knots; // times ascending; linear between, constant before the first and after the last
    int count;
} curve_t;

typedef struct {
    curve_t force_n;
    curve_t millivolts; // when it has knots, it stands instead of force, FSR and divider
    double gain;        // conductance in microsiemens = gain * force^exponent
    double exponent;
    double divider_ohm;
} sensor_t;

typedef enum { EVENT_SEND, EVENT_BYTES, EVENT_PIN, EVENT_POWER, EVENT_RESET, EVENT_HANG, EVENT_STALL } event_kind_t;

typedef struct {
    double time_s;
    event_kind_t kind;
    uint8_t button; // EVENT_PIN
    bool on;        // EVENT_PIN: pressed; EVENT_POWER: on; EVENT_STALL: the converter, else the line
    double stall_s; // EVENT_STALL
    uint8_t bytes[256];
    int length;
} event_t;

typedef struct {
    sensor_t sensors[CHANNELS];
    double noise_mv; // rms, on every conversion
    uint64_t noise_state;
    event_t *events; // times ascending
    int event_count;
} scenario_t;

// Sensors without load, no events.
void scenario_init(scenario_t *scenario);

// Reads a file. Returns false after printing one line on stderr that says what is wrong and where.
bool scenario_read(scenario_t *scenario, const char *path);

// Voltage at a sensor's pin, mV, with noise. Each call draws the next value of the noise.
double scenario_millivolts(scenario_t *scenario, int channel, double time_s);

#endif
