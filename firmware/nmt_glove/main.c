// The glove's firmware. Interrupts only move data (scan.c, uart.c, board.c); everything else happens here, in turn.
#include <avr/interrupt.h>
#include <avr/sleep.h>
#include <avr/wdt.h>

#include "board.h"
#include "commands.h"
#include "frame.h"
#include "messages.h"
#include "presses.h"
#include "scan.h"
#include "startup.h"
#include "store.h"
#include "uart.h"

static frame_reader_t reader;
static uint16_t status_sent_ms;

// How many of the first `most` scans waiting have consecutive numbers.
static uint8_t consecutive(uint8_t most) {
    uint8_t n = 1;
    while (n < most && scan_peek(n)->number == scan_peek(0)->number + n) {
        n++;
    }
    return n;
}

static void send_scans(uint8_t count) {
    message_data_begin(scan_peek(0)->number, presses_down(), count);
    for (uint8_t i = 0; i < count; i++) {
        message_data_scan(scan_peek(i)->sums, state.glove.plan.shift);
    }
    frame_end();
    state.counters.frames_sent++;
}

static void serve_scans(void) {
    if (scan_waiting() < state.glove.plan.scans_per_frame) {
        return;
    }
    uint8_t count = consecutive(state.glove.plan.scans_per_frame);
    if (frame_room() >= DATA_ROOM(count)) { // else they wait, and when too many wait, scan.c drops and counts
        send_scans(count);
        scan_release(count);
    }
}

static void serve_status(void) {
    uint16_t now_ms = board_ms();
    if (!state.glove.streaming) {
        status_sent_ms = now_ms;
    } else if ((uint16_t)(now_ms - status_sent_ms) >= STATUS_MS && frame_room() >= STATUS_ROOM) {
        status_sent_ms += STATUS_MS;
        commands_send_status();
    }
}

static void take_frame(frame_event_t event) {
    if (event == FRAME_GOOD) {
        commands_handle(reader.message, reader.length);
    } else if (event == FRAME_BAD) {
        state.counters.command_errors++;
    }
}

// At most one frame a turn, and none while there is no room for its answer.
static void serve_commands(void) {
    uint8_t byte;
    while (frame_room() >= COMMAND_ROOM && uart_take(&byte)) {
        take_frame(frame_feed(&reader, byte));
        if (byte == 0) {
            return;
        }
    }
}

// Until the next interrupt: at the latest the next millisecond. Not when work came in since it was last looked for.
static void rest(void) {
    cli();
    if (scan_waiting() < state.glove.plan.scans_per_frame && !uart_waiting()) {
        sleep_enable();
        sei(); // takes effect after the next instruction, so nothing can come between
        sleep_cpu();
        sleep_disable();
    }
    sei();
}

static void init(void) {
    wdt_enable(WDTO_250MS);
    board_init();
    uart_init();
    scan_init();
    frame_reader_reset(&reader);
    state.glove.reset_cause = startup_reset_cause();
    state.glove.config_state = store_load(&state.glove.config);
    state.glove.boot_count = store_count_boot();
    state.glove.plan = plan_for_rate(DEFAULT_RATE_HZ);
    set_sleep_mode(SLEEP_MODE_IDLE);
    sei();
    scan_restart(&state.glove.plan);
    frame_close_line();
    commands_send_hello();
}

int main(void) {
    init();
    for (;;) {
        wdt_reset();
        presses_serve();
        serve_scans();
        serve_commands();
        serve_status();
        board_show(cues_now(&state.cues, board_ms()));
        uart_send();
        rest();
    }
}
