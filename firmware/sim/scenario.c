#include "scenario.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "config.h"

// The nominal FSR under a load-spreading puck, an assumption shared with calibration/: G[uS] = 16 * F[N]^0.9.
#define NOMINAL_GAIN 16.0
#define NOMINAL_EXPONENT 0.9
#define SUPPLY_MV 5000.0

static const char *button_names[BUTTON_COUNT] = {"client_stop", "marker"};

void scenario_init(scenario_t *scenario) {
    config_t defaults;
    config_defaults(&defaults);
    memset(scenario, 0, sizeof *scenario);
    scenario->noise_state = 1;
    for (int c = 0; c < CHANNELS; c++) {
        scenario->sensors[c].gain = NOMINAL_GAIN;
        scenario->sensors[c].exponent = NOMINAL_EXPONENT;
        scenario->sensors[c].divider_ohm = (double)defaults.sensors[c].divider_ohm;
    }
}

// ---- Physics

static double curve_at(const curve_t *curve, double time_s) {
    if (curve->count == 0) {
        return 0.0;
    }
    int i = 0;
    while (i < curve->count && curve->knots[i].time_s <= time_s) {
        i++;
    }
    if (i == 0) {
        return curve->knots[0].value;
    }
    knot_t before = curve->knots[i - 1];
    if (i == curve->count) {
        return before.value;
    }
    knot_t after = curve->knots[i];
    return before.value + (after.value - before.value) * (time_s - before.time_s) / (after.time_s - before.time_s);
}

static double divider_mv(const sensor_t *sensor, double time_s) {
    double force_n = fmax(curve_at(&sensor->force_n, time_s), 0.0);
    double conductance = force_n > 0.0 ? sensor->gain * pow(force_n, sensor->exponent) * 1e-6 : 0.0;
    double product = conductance * sensor->divider_ohm;
    return SUPPLY_MV * product / (1.0 + product);
}

// Uniform in (0, 1): xorshift64* (Vigna 2016), upper 53 bits.
static double uniform(uint64_t *state) {
    *state ^= *state >> 12;
    *state ^= *state << 25;
    *state ^= *state >> 27;
    return ((double)((*state * 0x2545F4914F6CDD1DULL) >> 11) + 0.5) * 0x1p-53;
}

// Normal with unit variance (Box and Muller 1958).
static double normal(uint64_t *state) {
    double radius = sqrt(-2.0 * log(uniform(state)));
    return radius * cos(2.0 * M_PI * uniform(state));
}

double scenario_millivolts(scenario_t *scenario, int channel, double time_s) {
    const sensor_t *sensor = &scenario->sensors[channel];
    double mv = sensor->millivolts.count ? curve_at(&sensor->millivolts, time_s) : divider_mv(sensor, time_s);
    if (scenario->noise_mv > 0.0) {
        mv += scenario->noise_mv * normal(&scenario->noise_state);
    }
    return fmin(fmax(mv, 0.0), SUPPLY_MV);
}

// ---- Reading. Every line function returns NULL, or what is wrong with the line.

static const char *parse_number(const char *word, double *value) {
    char *end;
    if (word == NULL) {
        return "a number is missing";
    }
    *value = strtod(word, &end);
    return *end == 0 && isfinite(*value) ? NULL : "that is not a number";
}

static const char *parse_sensor(scenario_t *scenario, const char *word, sensor_t **sensor) {
    config_t defaults;
    config_defaults(&defaults);
    for (int c = 0; word && c < CHANNELS; c++) {
        char number[4];
        snprintf(number, sizeof number, "%d", c);
        if (strcmp(word, defaults.sensors[c].name) == 0 || strcmp(word, number) == 0) {
            *sensor = &scenario->sensors[c];
            return NULL;
        }
    }
    return "no such sensor (0 to 7, or a name such as thumb)";
}

static const char *parse_curve(curve_t *curve) {
    char *word = strtok(NULL, " \t\n");
    while (word) {
        knot_t knot;
        char *colon = strchr(word, ':');
        if (!colon) {
            return "knots look like TIME:VALUE";
        }
        *colon = 0;
        if (parse_number(word, &knot.time_s) || parse_number(colon + 1, &knot.value)) {
            return "knots look like TIME:VALUE";
        }
        if (curve->count && knot.time_s <= curve->knots[curve->count - 1].time_s) {
            return "knots must go forward in time";
        }
        curve->knots = realloc(curve->knots, (size_t)(curve->count + 1) * sizeof knot);
        curve->knots[curve->count++] = knot;
        word = strtok(NULL, " \t\n");
    }
    return NULL;
}

static const char *parse_setting(scenario_t *scenario, const char *word) {
    sensor_t *sensor = NULL;
    const char *wrong;
    double seed;
    if (strcmp(word, "noise") == 0) {
        wrong = parse_number(strtok(NULL, " \t\n"), &scenario->noise_mv);
        wrong = wrong ? wrong : parse_number(strtok(NULL, " \t\n"), &seed);
        scenario->noise_state = wrong ? 1 : (uint64_t)fabs(seed) * 2 + 1;
        return wrong;
    }
    wrong = parse_sensor(scenario, strtok(NULL, " \t\n"), &sensor);
    if (wrong) {
        return wrong;
    }
    if (strcmp(word, "force") == 0) {
        return parse_curve(&sensor->force_n);
    }
    if (strcmp(word, "millivolts") == 0) {
        return parse_curve(&sensor->millivolts);
    }
    if (strcmp(word, "divider") == 0) {
        return parse_number(strtok(NULL, " \t\n"), &sensor->divider_ohm);
    }
    wrong = parse_number(strtok(NULL, " \t\n"), &sensor->gain);
    return wrong ? wrong : parse_number(strtok(NULL, " \t\n"), &sensor->exponent);
}

static bool is_setting(const char *word) {
    static const char *const settings[] = {"noise", "force", "millivolts", "divider", "fsr"};
    for (size_t i = 0; i < sizeof settings / sizeof *settings; i++) {
        if (strcmp(word, settings[i]) == 0) {
            return true;
        }
    }
    return false;
}

static void add_event(scenario_t *scenario, event_t event) {
    scenario->events = realloc(scenario->events, (size_t)(scenario->event_count + 1) * sizeof event);
    int at = scenario->event_count++;
    while (at > 0 && scenario->events[at - 1].time_s > event.time_s) {
        scenario->events[at] = scenario->events[at - 1];
        at--;
    }
    scenario->events[at] = event;
}

static const char *parse_hex(event_t *event, const char *word) {
    unsigned byte;
    if (!word || strlen(word) % 2 || strlen(word) / 2 > sizeof event->bytes) {
        return "bytes are given as pairs of hex digits, at most 256 of them";
    }
    for (; *word; word += 2) {
        if (strspn(word, "0123456789abcdefABCDEF") < 2 || sscanf(word, "%2x", &byte) != 1) {
            return "bytes are given as pairs of hex digits, at most 256 of them";
        }
        event->bytes[event->length++] = (uint8_t)byte;
    }
    return NULL;
}

static const char *parse_press(scenario_t *scenario, event_t event) {
    const char *name = strtok(NULL, " \t\n");
    double seconds;
    for (uint8_t b = 0; name && b < BUTTON_COUNT; b++) {
        if (strcmp(name, button_names[b]) == 0) {
            const char *wrong = parse_number(strtok(NULL, " \t\n"), &seconds);
            event.kind = EVENT_PIN;
            event.button = b;
            event.on = true;
            add_event(scenario, event);
            event.on = false;
            event.time_s += wrong ? 0.0 : seconds;
            add_event(scenario, event);
            return wrong ? "press needs a button and the seconds it is held" : NULL;
        }
    }
    return "press needs client_stop or marker";
}

static const char *parse_stall(event_t *event) {
    const char *what = strtok(NULL, " \t\n");
    double ms;
    event->kind = EVENT_STALL;
    event->on = what && strcmp(what, "adc") == 0;
    if ((!event->on && (!what || strcmp(what, "line") != 0)) || parse_number(strtok(NULL, " \t\n"), &ms)) {
        return "stall needs adc or line, and milliseconds";
    }
    event->stall_s = ms / 1000.0;
    return NULL;
}

static const char *parse_event(scenario_t *scenario, const char *time) {
    event_t event = {0};
    const char *wrong = parse_number(time, &event.time_s);
    const char *word = strtok(NULL, " \t\n");
    if (wrong || !word) {
        return "a line begins with a setting (force, millivolts, fsr, divider, noise) or a time and what happens then";
    }
    if (strcmp(word, "press") == 0) {
        return parse_press(scenario, event);
    }
    if (strcmp(word, "send") == 0 || strcmp(word, "bytes") == 0) {
        event.kind = *word == 's' ? EVENT_SEND : EVENT_BYTES;
        wrong = parse_hex(&event, strtok(NULL, " \t\n"));
        if (!wrong && event.kind == EVENT_SEND && (event.length < 1 || event.length > MAX_MESSAGE)) {
            wrong = "a message has 1 to 252 bytes";
        }
    } else if (strcmp(word, "power") == 0) {
        const char *state = strtok(NULL, " \t\n");
        event.kind = EVENT_POWER;
        event.on = state && strcmp(state, "on") == 0;
        wrong = event.on || (state && strcmp(state, "off") == 0) ? NULL : "power on, or power off";
    } else if (strcmp(word, "reset") == 0 || strcmp(word, "hang") == 0) {
        event.kind = *word == 'r' ? EVENT_RESET : EVENT_HANG;
    } else if (strcmp(word, "stall") == 0) {
        wrong = parse_stall(&event);
    } else {
        wrong = "what happens is one of press, send, bytes, power, reset, hang, stall";
    }
    if (!wrong) {
        add_event(scenario, event);
    }
    return wrong;
}

static const char *parse_line(scenario_t *scenario, char *line) {
    char *hash = strchr(line, '#');
    if (hash) {
        *hash = 0;
    }
    char *word = strtok(line, " \t\n");
    if (!word) {
        return NULL;
    }
    const char *wrong = is_setting(word) ? parse_setting(scenario, word) : parse_event(scenario, word);
    return wrong ? wrong : strtok(NULL, " \t\n") ? "there is more on this line than belongs there" : NULL;
}

bool scenario_read(scenario_t *scenario, const char *path) {
    FILE *file = fopen(path, "r");
    char *line = NULL;
    size_t size = 0;
    const char *wrong = NULL;
    int number = 0;
    if (!file) {
        perror(path);
        return false;
    }
    while (!wrong && getline(&line, &size, file) >= 0) {
        number++;
        wrong = parse_line(scenario, line);
    }
    if (wrong) {
        fprintf(stderr, "%s:%d: %s\n", path, number, wrong);
    }
    free(line);
    fclose(file);
    return !wrong;
}
