// The two buttons of the glove: looked at, reported, and dated anew when the numbering of scans begins anew.
#ifndef PRESSES_H
#define PRESSES_H

#include <stdint.h>

// Looks at both contacts and reports what was decided. Call every turn of the main loop.
void presses_serve(void);

// Bit per button, set while it is down as last reported.
uint8_t presses_down(void);

// Called when the numbering of scans has begun anew.
void presses_renumbered(void);

#endif
