// The board: ATmega328P at 16 MHz (Arduino Nano, or Uno with the 8-input SMD chip). Pins, milliseconds, outputs.
//
//   A0..A7  sensors, in channel order          D2  client's stop button, to ground
//   D13     LED (on the board)                  D3  marker button, to ground
//   D11     passive buzzer (timer 2, OC2A)      D0, D1  serial line to the USB chip
#ifndef BOARD_H
#define BOARD_H

#include <stdint.h>

#include "cues.h"

#ifndef F_CPU
#define F_CPU 16000000UL
#endif
#if F_CPU != 16000000UL
#error "the timing of this firmware is computed for 16 MHz"
#endif

void board_init(void);
uint16_t board_ms(void);      // milliseconds since reset, wrapping
uint8_t board_buttons(void);  // bit n is set while button n (enum button_number) is down
void board_show(cue_output_t output);

#endif
