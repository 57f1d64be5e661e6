// The host's end of the line: a pseudo-terminal, or a file that keeps what the glove sent.
#ifndef HOST_H
#define HOST_H

#include <stdbool.h>
#include <stdint.h>

// Opens a pseudo-terminal, prints the path of its other end, and makes `link` (or NULL) point to it.
bool host_open_terminal(const char *link);
bool host_open_record(const char *path);

bool host_attached(void);     // somebody has opened the terminal
void host_take(uint8_t byte); // from the glove
void host_exchange(void);     // passes bytes on in both directions, without waiting
void host_close(void);

#endif
