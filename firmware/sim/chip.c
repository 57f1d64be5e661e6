#include "chip.h"

#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <simavr/avr_eeprom.h>
#include <simavr/avr_ioport.h>
#include <simavr/avr_uart.h>
#include <simavr/sim_elf.h>
#include <simavr/sim_hex.h>

#include "frame.h"

#define RAM_START 0x100
#define CLIENT_STOP_PIN 2 // of port D; the marker is the next one
#define LED_PIN 5 // of port B, as the buzzer
#define BUZZER_PIN 3
#define BYTE_CYCLES 320 // ten bits at 500 kbaud
#define UBRR0L_ADDRESS 0xC4
#define UCSR0A_ADDRESS 0xC0
#define U2X_MASK 0x02
#define QUEUE_SIZE 4096

chip_t chip;

static struct {
    uint8_t bytes[QUEUE_SIZE];
    int head, count;
    bool feeding; // the cycle timer that hands them over is set
    bool full;    // simavr's receiver takes no more for the moment
    uint64_t stall; // cycles that the next byte from the glove takes longer
} line;

static bool pressed[BUTTON_COUNT];
static bool pins_stale; // a reset has forgotten the levels outside
static int next_event;
static void (*simavr_reset)(avr_t *avr);

void chip_log(const char *what, uint64_t cycle, const char *format, ...) {
    if (!chip.log) {
        return;
    }
    va_list values;
    fprintf(chip.log, "%s,%llu", what, (unsigned long long)cycle);
    va_start(values, format);
    vfprintf(chip.log, format, values);
    va_end(values);
    fputc('\n', chip.log);
}

// ---- Serial line

int chip_send_room(void) { return QUEUE_SIZE - line.count; }

static avr_cycle_count_t feed(avr_t *avr, avr_cycle_count_t when, void *param) {
    (void)param;
    if (line.count == 0) {
        line.feeding = false;
        return 0;
    }
    if (!line.full) {
        avr_raise_irq(avr_io_getirq(avr, AVR_IOCTL_UART_GETIRQ('0'), UART_IRQ_INPUT), line.bytes[line.head]);
        line.head = (line.head + 1) % QUEUE_SIZE;
        line.count--;
    }
    return when + BYTE_CYCLES;
}

// simavr 1.6 hands a byte to the program one byte's time after the one before was read, not after it arrived, so a
// long burst piles up in its receiver and would be lost there.
static void on_flow(struct avr_irq_t *irq, uint32_t value, void *full) {
    (void)irq;
    if (value) {
        line.full = full != NULL;
    }
}

int chip_send(const uint8_t *bytes, int count) {
    int n = 0;
    for (; n < count && line.count < QUEUE_SIZE; n++, line.count++) {
        line.bytes[(line.head + line.count) % QUEUE_SIZE] = bytes[n];
    }
    if (n && !line.feeding) {
        line.feeding = true;
        avr_cycle_timer_register(chip.avr, BYTE_CYCLES, feed, NULL);
    }
    return n;
}

static void send_message(const uint8_t *message, int length) {
    frame_ring.head = frame_ring.tail = 0;
    frame_begin(message[0]);
    for (int i = 1; i < length; i++) {
        frame_u8(message[i]);
    }
    frame_end();
    chip_send(frame_ring.bytes, frame_ring.head ? frame_ring.head : 256);
}

// simavr 1.6 counts a parity bit into every byte, also when there is none. A byte takes ten bits here.
static void mend_byte_time(void) {
    avr_t *avr = chip.avr;
    for (avr_io_t *io = avr->io_port; io; io = io->next) {
        if (strcmp(io->kind, "uart") == 0) {
            avr_uart_t *uart = (avr_uart_t *)io;
            uint64_t divisor = 1 + (avr->data[UBRR0L_ADDRESS] | (avr->data[UBRR0L_ADDRESS + 1] & 15) << 8);
            uart->cycles_per_byte = line.stall + 10 * divisor * (avr->data[UCSR0A_ADDRESS] & U2X_MASK ? 8 : 16);
        }
    }
    line.stall = 0;
}

static void on_byte(struct avr_irq_t *irq, uint32_t value, void *param) {
    (void)irq, (void)param;
    mend_byte_time();
    chip_log("tx", chip.avr->cycle, ",%u", (unsigned)value);
    chip.received_from_glove((uint8_t)value);
}

// ---- Pins

typedef struct {
    const char *name;
    int pin; // of port B
    unsigned level;
} output_t;

static output_t outputs[] = {{"led", LED_PIN, 0}, {"buzzer", BUZZER_PIN, 0}};

static void on_output(struct avr_irq_t *irq, uint32_t value, void *param) {
    (void)irq;
    output_t *output = param;
    if (output->level != (value & 1)) {
        output->level = value & 1;
        chip_log(output->name, chip.avr->cycle, ",%u", output->level);
    }
}

static void watch_outputs(void) {
    for (size_t i = 0; i < sizeof outputs / sizeof *outputs; i++) {
        avr_irq_register_notify(
            avr_io_getirq(chip.avr, AVR_IOCTL_IOPORT_GETIRQ('B'), IOPORT_IRQ_PIN0 + outputs[i].pin), on_output, &outputs[i]);
    }
}

static void set_button_pins(void) {
    for (int b = 0; b < BUTTON_COUNT; b++) {
        avr_irq_t *pin = avr_io_getirq(chip.avr, AVR_IOCTL_IOPORT_GETIRQ('D'), CLIENT_STOP_PIN + b);
        if (pins_stale) {
            avr_raise_irq(pin, pressed[b]); // simavr passes on changes only, and the wire's level has not changed
        }
        avr_raise_irq(pin, !pressed[b]);
    }
    pins_stale = false;
}

// ---- Resets

static void connect(void) {
    uint32_t quiet = 0;
    avr_ioctl(chip.avr, AVR_IOCTL_UART_SET_FLAGS('0'), &quiet); // no printing, no sleeping of its own
    avr_irq_register_notify(avr_io_getirq(chip.avr, AVR_IOCTL_UART_GETIRQ('0'), UART_IRQ_OUTPUT), on_byte, NULL);
    avr_irq_register_notify(avr_io_getirq(chip.avr, AVR_IOCTL_UART_GETIRQ('0'), UART_IRQ_OUT_XOFF), on_flow, &line);
    avr_irq_register_notify(avr_io_getirq(chip.avr, AVR_IOCTL_UART_GETIRQ('0'), UART_IRQ_OUT_XON), on_flow, NULL);
    chip_adc_connect();
}

static void on_reset(avr_t *avr) {
    line.count = 0;
    line.feeding = line.full = false;
    pins_stale = true;
    chip_log("reset", avr->cycle, "%s", "");
    if (simavr_reset) {
        simavr_reset(avr);
    }
}

static void reset(avr_regbit_t cause) {
    avr_reset(chip.avr);
    connect();
    avr_regbit_set(chip.avr, cause);
    set_button_pins();
}

static void power_on(void) {
    for (int address = RAM_START; address <= chip.avr->ramend; address++) {
        chip.avr->data[address] = (uint8_t)(address * 167 + 13); // nothing that a program left there
    }
    reset(chip.avr->reset_flags.porf);
    chip.powered = true;
}

// An endless loop with interrupts off, as a program gone astray might run: `rjmp .`, which every C library's exit has.
static bool hang(void) {
    for (uint32_t address = 0; address < chip.avr->codeend; address += 2) {
        if (chip.avr->flash[address] == 0xFF && chip.avr->flash[address + 1] == 0xCF) {
            chip.avr->sreg[S_I] = 0;
            chip.avr->state = cpu_Running;
            chip.avr->pc = address;
            return true;
        }
    }
    fprintf(stderr, "hang: this binary has no endless loop to jump to\n");
    return false;
}

// ---- Running

static void do_event(const event_t *event) {
    switch (event->kind) {
    case EVENT_SEND:
        send_message(event->bytes, event->length);
        break;
    case EVENT_BYTES:
        chip_send(event->bytes, event->length);
        break;
    case EVENT_PIN:
        pressed[event->button] = event->on;
        chip_log("button", chip.avr->cycle, ",%d,%d", event->button, event->on);
        set_button_pins();
        break;
    case EVENT_POWER:
        chip_log("power", chip.avr->cycle, ",%d", event->on);
        if (event->on && !chip.powered) {
            power_on();
        }
        chip.powered = event->on;
        break;
    case EVENT_RESET:
        reset(chip.avr->reset_flags.extrf);
        break;
    case EVENT_STALL:
        if (event->on) {
            chip_adc_stall((uint64_t)(event->stall_s * CPU_HZ));
        } else {
            line.stall = (uint64_t)(event->stall_s * CPU_HZ);
        }
        break;
    case EVENT_HANG:
        chip_log("hang", chip.avr->cycle, "%s", "");
        hang();
        break;
    }
}

static avr_cycle_count_t wake(avr_t *avr, avr_cycle_count_t when, void *param) {
    (void)avr, (void)when, (void)param; // only so that a sleeping chip does not sleep past this cycle
    return 0;
}

static bool run_chip(uint64_t cycle) {
    avr_t *avr = chip.avr;
    if (!chip.powered) {
        avr->cycle = cycle > avr->cycle ? cycle : avr->cycle;
        return true;
    }
    while (avr->cycle < cycle) {
        avr_cycle_timer_cancel(avr, wake, NULL);
        avr_cycle_timer_register(avr, cycle - avr->cycle, wake, NULL);
        while (avr->cycle < cycle && !pins_stale) {
            int state = avr_run(avr);
            if (state == cpu_Done || state == cpu_Crashed) {
                fprintf(stderr, "the program in the chip stopped at pc 0x%x\n", avr->pc);
                return false;
            }
        }
        if (pins_stale) { // the watchdog has reset the chip
            set_button_pins();
        }
    }
    return true;
}

bool chip_run_until(uint64_t cycle) {
    scenario_t *scenario = chip.scenario;
    while (next_event < scenario->event_count) {
        const event_t *event = &scenario->events[next_event];
        uint64_t at = (uint64_t)(event->time_s * CPU_HZ);
        if (at > cycle) {
            break;
        }
        if (!run_chip(at)) {
            return false;
        }
        do_event(event);
        next_event++;
    }
    return run_chip(cycle);
}

// ---- Starting

static void no_sleep(avr_t *avr, avr_cycle_count_t how_long) { (void)avr, (void)how_long; }

static void logger(avr_t *avr, const int level, const char *format, va_list values) {
    (void)avr;
    if (level <= LOG_ERROR) {
        vfprintf(stderr, format, values);
    }
}

static bool load_hex(avr_t *avr, const char *path) {
    uint32_t size = 0, start = 0;
    uint8_t *code = read_ihex_file(path, &size, &start);
    if (!code) {
        return false;
    }
    avr_loadcode(avr, code, size, start);
    avr->codeend = start + size;
    free(code);
    return true;
}

static bool load_elf(avr_t *avr, const char *path) {
    elf_firmware_t firmware;
    memset(&firmware, 0, sizeof firmware);
    if (elf_read_firmware(path, &firmware) != 0 || firmware.flashsize == 0) {
        return false;
    }
    firmware.frequency = CPU_HZ;
    avr_load_firmware(avr, &firmware);
    return true;
}

static bool load(const char *path) {
    const char *dot = strrchr(path, '.');
    bool is_hex = dot && strcmp(dot, ".hex") == 0;
    FILE *readable = fopen(path, "rb");
    if (readable) {
        fclose(readable);
        if (is_hex ? load_hex(chip.avr, path) : load_elf(chip.avr, path)) {
            return true;
        }
    }
    fprintf(stderr, "%s: not a program for the chip (.elf or .hex)\n", path);
    return false;
}

bool chip_start(const char *binary, scenario_t *scenario, FILE *log, byte_sink_t sink) {
    avr_global_logger_set(logger);
    chip.scenario = scenario;
    chip.log = log;
    chip.received_from_glove = sink;
    chip.avr = avr_make_mcu_by_name("atmega328p");
    if (!chip.avr || avr_init(chip.avr) != 0) {
        fprintf(stderr, "this simavr has no atmega328p\n");
        return false;
    }
    chip.avr->frequency = CPU_HZ;
    chip.avr->log = LOG_ERROR;
    chip.avr->sleep = no_sleep;
    if (!load(binary)) {
        return false;
    }
    simavr_reset = chip.avr->reset;
    chip.avr->reset = on_reset;
    watch_outputs();
    chip.avr->cycle = 0;
    power_on();
    return true;
}

void chip_eeprom_write(const uint8_t *image) {
    avr_eeprom_desc_t all = {.ee = (uint8_t *)image, .offset = 0, .size = EEPROM_SIZE};
    avr_ioctl(chip.avr, AVR_IOCTL_EEPROM_SET, &all);
}

void chip_eeprom_read(uint8_t *image) {
    avr_eeprom_desc_t all = {.ee = image, .offset = 0, .size = EEPROM_SIZE};
    avr_ioctl(chip.avr, AVR_IOCTL_EEPROM_GET, &all);
}
