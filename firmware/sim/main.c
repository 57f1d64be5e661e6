// nmt-sim: runs the glove's very binary in simavr. See ../README.md.
#include <getopt.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "chip.h"
#include "config.h"
#include "host.h"

#define STEP_CYCLES (CPU_HZ / 1000)
#define LATE_NS 2000000 // two steps
#define SIMULATED_NAME "simulated glove"

typedef struct {
    const char *binary, *scenario, *log, *record, *link, *eeprom;
    bool fast, blank, wait;
    double seconds; // 0 = until stopped
} options_t;

static volatile sig_atomic_t stopped;

static void on_signal(int signal) {
    (void)signal;
    stopped = 1;
}

static const char usage[] =
    "Usage: nmt-sim [OPTIONS] BINARY          BINARY: the glove's program, .elf or .hex\n"
    "Runs it in a simulated ATmega328P and prints the path of a pseudo-terminal that is the glove's serial port.\n"
    "  --scenario FILE  forces, buttons, commands, power cuts (default: nothing happens)\n"
    "  --seconds S      end after S simulated seconds (default: run until stopped)\n"
    "  --fast           as fast as possible instead of in real time\n"
    "  --link PATH      a symbolic link to the pseudo-terminal\n"
    "  --record FILE    write what the glove sends to FILE; no pseudo-terminal\n"
    "  --log FILE       CSV: scan starts, conversions, buttons, LED, buzzer, with cycle counts\n"
    "  --eeprom FILE    EEPROM image, read at the start if it exists, written at the end\n"
    "  --blank          an EEPROM that was never written\n"
    "  --wait           begin when somebody opens the pseudo-terminal\n";

static bool parse_seconds(const char *text, double *seconds) {
    char *end;
    *seconds = strtod(text, &end);
    return *end == 0 && *seconds > 0 && *seconds < 1e9;
}

static bool parse(int argc, char **argv, options_t *options) {
    static const struct option names[] = {
        {"scenario", required_argument, 0, 's'}, {"seconds", required_argument, 0, 't'},
        {"fast", no_argument, 0, 'f'},           {"link", required_argument, 0, 'l'},
        {"record", required_argument, 0, 'r'},   {"log", required_argument, 0, 'g'},
        {"eeprom", required_argument, 0, 'e'},   {"blank", no_argument, 0, 'b'},
        {"wait", no_argument, 0, 'w'},           {"help", no_argument, 0, 'h'},
        {0, 0, 0, 0},
    };
    int name;
    while ((name = getopt_long(argc, argv, "h", names, NULL)) >= 0) {
        switch (name) {
        case 's': options->scenario = optarg; break;
        case 't': if (!parse_seconds(optarg, &options->seconds)) return false; break;
        case 'f': options->fast = true; break;
        case 'l': options->link = optarg; break;
        case 'r': options->record = optarg; break;
        case 'g': options->log = optarg; break;
        case 'e': options->eeprom = optarg; break;
        case 'b': options->blank = true; break;
        case 'w': options->wait = true; break;
        case 'h': fputs(usage, stdout); exit(0);
        default: return false;
        }
    }
    options->binary = argv[optind];
    return optind == argc - 1;
}

// A glove as it leaves the bench, but with a serial number that says it is simulated.
static void fill_eeprom(uint8_t *image, bool blank) {
    memset(image, 0xFF, EEPROM_SIZE);
    if (!blank) {
        config_t config;
        config_defaults(&config);
        config.serial_number = SIMULATED_SERIALS_FROM + 1;
        strcpy(config.name, SIMULATED_NAME);
        config_encode(&config, 0, image + CONFIG_SLOT_A);
    }
}

static void load_eeprom(const options_t *options) {
    uint8_t image[EEPROM_SIZE];
    fill_eeprom(image, options->blank);
    FILE *file = options->eeprom && !options->blank ? fopen(options->eeprom, "rb") : NULL;
    if (file) {
        size_t n = fread(image, 1, sizeof image, file);
        (void)n;
        fclose(file);
    }
    chip_eeprom_write(image);
}

static void save_eeprom(const options_t *options) {
    uint8_t image[EEPROM_SIZE];
    FILE *file = options->eeprom ? fopen(options->eeprom, "wb") : NULL;
    if (file) {
        chip_eeprom_read(image);
        fwrite(image, 1, sizeof image, file);
        fclose(file);
    }
}

// Sleeps until the host's clock has come as far as the simulated one. On a computer that is too busy for real time the
// simulated clock is behind; that is logged, because then moments of the two cannot be compared.
static void keep_pace(const struct timespec *start, uint64_t cycle, FILE *log) {
    uint64_t ns = cycle * 125 / 2; // 62.5 ns a cycle
    struct timespec due = {start->tv_sec + (time_t)(ns / 1000000000U), start->tv_nsec + (long)(ns % 1000000000U)};
    if (due.tv_nsec >= 1000000000L) {
        due.tv_nsec -= 1000000000L;
        due.tv_sec++;
    }
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    long long late_ns = (now.tv_sec - due.tv_sec) * 1000000000LL + (now.tv_nsec - due.tv_nsec);
    if (log && late_ns > LATE_NS) {
        fprintf(log, "late,%llu,%lld\n", (unsigned long long)cycle, late_ns);
    }
    clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &due, NULL);
}

static bool run(const options_t *options, FILE *log) {
    struct timespec start;
    uint64_t end = options->seconds > 0 ? (uint64_t)(options->seconds * CPU_HZ) : UINT64_MAX;
    clock_gettime(CLOCK_MONOTONIC, &start);
    for (uint64_t cycle = STEP_CYCLES; !stopped && cycle <= end; cycle += STEP_CYCLES) {
        if (!chip_run_until(cycle)) {
            return false;
        }
        host_exchange();
        if (!options->fast) {
            keep_pace(&start, cycle, log);
        }
    }
    return true;
}

int main(int argc, char **argv) {
    options_t options = {0};
    scenario_t scenario;
    if (!parse(argc, argv, &options)) {
        fputs(usage, stderr);
        return 2;
    }
    signal(SIGINT, on_signal);
    signal(SIGTERM, on_signal);
    scenario_init(&scenario);
    if (options.scenario && !scenario_read(&scenario, options.scenario)) {
        return 2;
    }
    FILE *log = options.log ? fopen(options.log, "w") : NULL;
    if (options.log && !log) {
        perror(options.log);
        return 2;
    }
    if (!(options.record ? host_open_record(options.record) : host_open_terminal(options.link)) ||
        !chip_start(options.binary, &scenario, log, host_take)) {
        return 2;
    }
    load_eeprom(&options);
    while (options.wait && !stopped && !host_attached()) {
        nanosleep(&(struct timespec){.tv_nsec = 1000000}, NULL); // a terminal hung up is always ready: poll cannot wait
    }
    bool fine = run(&options, log);
    save_eeprom(&options);
    host_close();
    if (log) {
        fclose(log);
    }
    return fine ? 0 : 1;
}
