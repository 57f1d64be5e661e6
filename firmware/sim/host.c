#include "host.h"

#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <termios.h>
#include <unistd.h>

#include "chip.h"

static int terminal = -1;
static const char *link_path;
static FILE *record;
static uint8_t pending[4096];
static int pending_count;

// The other end must be raw before anybody opens it, or the glove would hear its own echo.
static bool make_raw(const char *path) {
    struct termios settings;
    int other_end = open(path, O_RDWR | O_NOCTTY);
    if (other_end < 0 || tcgetattr(other_end, &settings) != 0) {
        return false;
    }
    cfmakeraw(&settings);
    bool done = tcsetattr(other_end, TCSANOW, &settings) == 0;
    close(other_end);
    return done;
}

bool host_open_terminal(const char *link) {
    terminal = posix_openpt(O_RDWR | O_NOCTTY | O_NONBLOCK);
    const char *path = terminal >= 0 && grantpt(terminal) == 0 && unlockpt(terminal) == 0 ? ptsname(terminal) : NULL;
    if (!path || !make_raw(path)) {
        perror("pseudo-terminal");
        return false;
    }
    if (link) {
        unlink(link);
        if (symlink(path, link) != 0) {
            perror(link);
            return false;
        }
        link_path = link;
    }
    printf("%s\n", path);
    fflush(stdout);
    return true;
}

bool host_open_record(const char *path) {
    record = fopen(path, "wb");
    if (!record) {
        perror(path);
    }
    return record != NULL;
}

bool host_attached(void) {
    struct pollfd state = {.fd = terminal, .events = 0};
    return terminal < 0 || (poll(&state, 1, 0) >= 0 && !(state.revents & POLLHUP));
}

void host_take(uint8_t byte) {
    if (record) {
        fputc(byte, record);
    } else if (pending_count < (int)sizeof pending) {
        pending[pending_count++] = byte;
    }
}

// With nobody at the other end, bytes are lost as on a cable that is not plugged in; so they are when nobody reads
// until the terminal's buffer is full.
static void pass_to_host(bool attached) {
    if (attached && pending_count) {
        ssize_t written = write(terminal, pending, (size_t)pending_count);
        (void)written;
    }
    pending_count = 0;
}

static void pass_to_glove(void) {
    uint8_t bytes[512];
    int room = chip_send_room();
    ssize_t n = room ? read(terminal, bytes, room < (int)sizeof bytes ? (size_t)room : sizeof bytes) : 0;
    if (n > 0 && chip.powered) {
        chip_send(bytes, (int)n);
    }
}

void host_exchange(void) {
    if (terminal < 0) {
        return;
    }
    struct pollfd state = {.fd = terminal, .events = POLLIN};
    poll(&state, 1, 0);
    if (state.revents & POLLIN) {
        pass_to_glove();
    }
    pass_to_host(!(state.revents & POLLHUP));
}

void host_close(void) {
    if (record) {
        fclose(record);
    }
    if (link_path) {
        unlink(link_path);
    }
    if (terminal >= 0) {
        close(terminal);
    }
}
