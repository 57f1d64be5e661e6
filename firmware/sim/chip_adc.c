// The converter as simavr 1.6 has it differs from the chip in three ways, mended here:
// - it begins a conversion at once; the chip begins it at the next edge of the ADC's clock (ATmega328P data sheet,
//   "Prescaling and Conversion Timing"), so neighbouring samples are a whole number of ADC clocks apart;
// - it samples when the result is read; the chip holds the voltage 1.5 ADC clocks after the beginning;
// - it computes floor(mV * 1023 / Vref) of whole millivolts; the chip's code is V / Vref * 1024 rounded: its ideal
//   transitions lie half a step below the codes (data sheet, "ADC Accuracy Definitions").
#include <math.h>
#include <string.h>

#include <simavr/avr_adc.h>
#include <simavr/sim_io.h>

#include "chip.h"

#define REFERENCE_MILLIVOLTS 5000
#define ADCSRA_ADDRESS 0x7A
#define ADEN_MASK 0x80
#define ADSC_MASK 0x40
#define TIMER1_COMPA_VECTOR 11

static struct {
    avr_io_write_t write; // simavr's own
    void *param;
    uint64_t clock_origin; // the ADC's prescaler runs from when the ADC is enabled
    bool waiting;          // a conversion was asked for and begins at the next edge
    bool in_timer_interrupt;
    uint64_t stall; // cycles by which the next conversion is late
} adc;

static uint64_t clock_cycles(void) {
    unsigned select = chip.avr->data[ADCSRA_ADDRESS] & 7;
    return 1ULL << (select ? select : 1);
}

static avr_cycle_count_t begin_conversion(avr_t *avr, avr_cycle_count_t when, void *param) {
    (void)when, (void)param;
    adc.waiting = false;
    avr->data[ADCSRA_ADDRESS] &= (uint8_t)~ADSC_MASK;
    adc.write(avr, ADCSRA_ADDRESS, avr->data[ADCSRA_ADDRESS] | ADSC_MASK, adc.param);
    return 0;
}

static void ask_for_conversion(avr_t *avr) {
    uint64_t clock = clock_cycles();
    uint64_t since = (avr->cycle - adc.clock_origin) % clock;
    adc.waiting = true;
    avr->data[ADCSRA_ADDRESS] |= ADSC_MASK; // reads as running
    avr_cycle_timer_register(avr, clock - since + adc.stall, begin_conversion, NULL);
    adc.stall = 0;
}

void chip_adc_stall(uint64_t cycles) { adc.stall = cycles; }

static void on_control_write(avr_t *avr, avr_io_addr_t address, uint8_t value, void *param) {
    (void)param;
    uint8_t before = avr->data[address];
    bool start = (value & ADSC_MASK) && (!(before & ADSC_MASK) || adc.waiting);
    if (adc.waiting) {
        avr->data[address] &= (uint8_t)~ADSC_MASK;
        avr_cycle_timer_cancel(avr, begin_conversion, NULL);
    }
    if (!(before & ADEN_MASK) && (value & ADEN_MASK)) {
        adc.clock_origin = avr->cycle;
    }
    adc.write(avr, address, start ? value & (uint8_t)~ADSC_MASK : value, adc.param);
    if (start) {
        if (adc.in_timer_interrupt) {
            chip_log("scan", avr->cycle, "%s", "");
        }
        ask_for_conversion(avr);
    }
}

// The whole millivolts for which simavr computes this code.
static uint32_t millivolts_for_code(uint32_t code) { return (code * REFERENCE_MILLIVOLTS + 1022) / 1023; }

static void on_conversion(struct avr_irq_t *irq, uint32_t value, void *param) {
    (void)irq, (void)param;
    unsigned long bits = value;
    avr_adc_mux_t mux;
    memcpy(&mux, &bits, sizeof mux);
    if (mux.kind != ADC_MUX_SINGLE || mux.src >= CHANNELS) {
        return;
    }
    uint64_t held_at = chip.avr->cycle + clock_cycles() * 3 / 2;
    double mv = scenario_millivolts(chip.scenario, mux.src, (double)held_at / CPU_HZ);
    uint32_t code = (uint32_t)fmin(floor(mv / REFERENCE_MILLIVOLTS * 1024.0 + 0.5), 1023.0);
    avr_irq_t *pins = avr_io_getirq(chip.avr, AVR_IOCTL_ADC_GETIRQ, ADC_IRQ_ADC0 + mux.src);
    avr_raise_irq(pins, millivolts_for_code(code));
    chip_log("adc", held_at, ",%u,%.12g", (unsigned)mux.src, mv);
}

static void on_timer_interrupt(struct avr_irq_t *irq, uint32_t running, void *param) {
    (void)irq, (void)param;
    adc.in_timer_interrupt = running;
}

void chip_adc_connect(void) {
    avr_t *avr = chip.avr;
    avr->vcc = avr->avcc = avr->aref = REFERENCE_MILLIVOLTS;
    avr_io_addr_t io = AVR_DATA_TO_IO(ADCSRA_ADDRESS);
    if (adc.write == NULL) {
        adc.write = avr->io[io].w.c;
        adc.param = avr->io[io].w.param;
        avr->io[io].w.c = on_control_write;
        avr->io[io].w.param = NULL;
    }
    adc.waiting = false;
    adc.in_timer_interrupt = false;
    avr_irq_register_notify(avr_io_getirq(avr, AVR_IOCTL_ADC_GETIRQ, ADC_IRQ_OUT_TRIGGER), on_conversion, NULL);
    avr_irq_register_notify(avr_get_interrupt_irq(avr, TIMER1_COMPA_VECTOR) + AVR_INT_IRQ_RUNNING, on_timer_interrupt,
                            NULL);
}
