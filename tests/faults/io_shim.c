/* Stands between a program and its files (LD_PRELOAD, Linux), for the fault suite only.
 *
 * For everything below the folder IO_SHIM_FOLDER
 *   - kills the process (SIGKILL) just before its IO_SHIM_KILL_AT'th call that changes a file or a folder, counted
 *     from the first whose path holds IO_SHIM_FROM when that is given;
 *   - makes each sync take IO_SHIM_SYNC_MS longer, as on a slow medium;
 *   - writes each such call to the file IO_SHIM_LOG: struct record, first path, second path, data.
 * What is read from a terminal is logged as well: what has arrived at the program, and when.
 * The index of SQLite's log (-shm) is left out: it is shared memory, made anew after a crash.
 */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <pthread.h>
#include <signal.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <time.h>
#include <unistd.h>

struct record {
    uint64_t time_ns;  /* CLOCK_MONOTONIC, at the end of the call */
    uint64_t file;     /* inode */
    uint64_t offset;   /* for T the new length */
    uint32_t length;   /* of the data */
    uint16_t path, path2;
    char call;         /* C create, W write, T truncate, S sync begun, s sync done, M rename, L link, U unlink, D mkdir,
                          R read from a terminal, K killed just before the next call */
    char padding[7];
};

static pthread_mutex_t one_at_a_time = PTHREAD_MUTEX_INITIALIZER;
static const char *folder, *from, *log_name;
static long kill_at, calls, sync_ms;
static int started, log_fd = -1;

#define REAL(name) \
    static __typeof__(name) *real; \
    if (!real) real = (__typeof__(name) *)dlsym(RTLD_NEXT, #name)

static void start(void)
{
    if (started) return;
    started = 1;
    folder = getenv("IO_SHIM_FOLDER");
    from = getenv("IO_SHIM_FROM");
    log_name = getenv("IO_SHIM_LOG");
    if (getenv("IO_SHIM_KILL_AT")) kill_at = atol(getenv("IO_SHIM_KILL_AT"));
    if (getenv("IO_SHIM_SYNC_MS")) sync_ms = atol(getenv("IO_SHIM_SYNC_MS"));
    if (log_name) log_fd = syscall(SYS_openat, AT_FDCWD, log_name, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
}

static int ends(const char *path, const char *ending)
{
    size_t all = strlen(path), end = strlen(ending);
    return all >= end && !strcmp(path + all - end, ending);
}

static int below(const char *path)
{
    start();
    return path && folder && !strncmp(path, folder, strlen(folder)) && !ends(path, "-shm");
}

static int path_of(int fd, char *path)
{
    char link[64];
    snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
    ssize_t length = syscall(SYS_readlinkat, AT_FDCWD, link, path, PATH_MAX - 1);
    path[length < 0 ? 0 : length] = 0;
    return length > 0;
}

static uint64_t inode(int fd)
{
    struct stat found;
    return fstat(fd, &found) ? 0 : found.st_ino;
}

static void note(char call, uint64_t file, uint64_t offset, const char *path, const char *path2, const void *data,
                 size_t length)
{
    if (log_fd < 0) return;
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    struct record head = {now.tv_sec * 1000000000ull + now.tv_nsec, file, offset, length, strlen(path), strlen(path2),
                          call, {0}};
    struct iovec parts[] = {
        {&head, sizeof head}, {(void *)path, head.path}, {(void *)path2, head.path2}, {(void *)data, length}};
    if (syscall(SYS_writev, log_fd, parts, 4) < 0) abort();
}

/* One more call that changes something is about to be made. Holds the lock, so that the log has the true order. */
static void begin(const char *path)
{
    pthread_mutex_lock(&one_at_a_time);
    if (from && !strstr(path, from)) return;
    from = NULL;
    if (++calls == kill_at) {
        note('K', 0, 0, path, "", NULL, 0);
        kill(getpid(), SIGKILL);
        for (;;) pause();
    }
}

static void end(void) { pthread_mutex_unlock(&one_at_a_time); }

/* -- files ------------------------------------------------------------------------------------------------------- */

static int opened(int (*call)(const char *, int, ...), const char *path, int flags, mode_t mode)
{
    struct stat before;
    int creates = (flags & O_CREAT) && below(path) && lstat(path, &before) && errno == ENOENT;
    if (!creates) return call(path, flags, mode);
    begin(path);
    int fd = call(path, flags, mode);
    if (fd >= 0) note('C', inode(fd), 0, path, "", NULL, 0);
    end();
    return fd;
}

#define OPENER(name) \
    int name(const char *path, int flags, ...) \
    { \
        REAL(name); \
        va_list rest; \
        va_start(rest, flags); \
        mode_t mode = va_arg(rest, mode_t); \
        va_end(rest); \
        return opened(real, path, flags, mode); \
    }
OPENER(open)
OPENER(open64)

#define OPENER_AT(name) \
    int name(int at, const char *path, int flags, ...) \
    { \
        REAL(name); \
        va_list rest; \
        va_start(rest, flags); \
        mode_t mode = va_arg(rest, mode_t); \
        va_end(rest); \
        if (at == AT_FDCWD || path[0] == '/') return open(path, flags, mode); \
        return real(at, path, flags, mode); \
    }
OPENER_AT(openat)
OPENER_AT(openat64)

#define CHANGING(fd, path, call, kind, offset, data) \
    do { \
        if (!path_of(fd, path) || !below(path)) return call; \
        begin(path); \
        ssize_t done = call; \
        if (done >= 0) note(kind, inode(fd), offset, path, "", data, data ? done : 0); \
        end(); \
        return done; \
    } while (0)

static off_t place(int fd)
{
    off_t at = lseek(fd, 0, SEEK_CUR);
    return at < 0 ? 0 : at;
}

ssize_t write(int fd, const void *data, size_t length)
{
    REAL(write);
    char path[PATH_MAX];
    if (!path_of(fd, path) || !below(path)) return real(fd, data, length);
    begin(path);
    off_t at = place(fd);
    ssize_t done = real(fd, data, length);
    if (done >= 0) note('W', inode(fd), at, path, "", data, done);
    end();
    return done;
}

ssize_t pwrite(int fd, const void *data, size_t length, off_t at)
{
    REAL(pwrite);
    char path[PATH_MAX];
    CHANGING(fd, path, real(fd, data, length, at), 'W', at, data);
}

ssize_t pwrite64(int fd, const void *data, size_t length, off64_t at)
{
    REAL(pwrite64);
    char path[PATH_MAX];
    CHANGING(fd, path, real(fd, data, length, at), 'W', at, data);
}

ssize_t writev(int fd, const struct iovec *parts, int count)
{
    REAL(writev);
    char path[PATH_MAX];
    if (path_of(fd, path) && below(path)) abort(); /* nobody does, and it could not be logged in one piece */
    return real(fd, parts, count);
}

int ftruncate(int fd, off_t length)
{
    REAL(ftruncate);
    char path[PATH_MAX];
    CHANGING(fd, path, real(fd, length), 'T', length, NULL);
}

int ftruncate64(int fd, off64_t length)
{
    REAL(ftruncate64);
    char path[PATH_MAX];
    CHANGING(fd, path, real(fd, length), 'T', length, NULL);
}

/* Others go on writing while a sync is under way, so its begin and its end are told apart. */
static int synced(int (*call)(int), int fd)
{
    char path[PATH_MAX];
    if (!path_of(fd, path) || !below(path)) return call(fd);
    begin(path);
    note('S', inode(fd), 0, path, "", NULL, 0);
    end();
    usleep(1000 * sync_ms);
    int done = call(fd);
    pthread_mutex_lock(&one_at_a_time);
    if (!done) note('s', inode(fd), 0, path, "", NULL, 0);
    end();
    return done;
}

int fsync(int fd)
{
    REAL(fsync);
    return synced(real, fd);
}

int fdatasync(int fd)
{
    REAL(fdatasync);
    return synced(real, fd);
}

/* -- folders ----------------------------------------------------------------------------------------------------- */

static int named(char kind, const char *path, const char *path2, int (*call)(const char *, const char *))
{
    if (!below(path) && !below(path2)) return call(path, path2);
    begin(path);
    int done = call(path, path2);
    if (!done) note(kind, 0, 0, path, path2, NULL, 0);
    end();
    return done;
}

int rename(const char *path, const char *path2)
{
    REAL(rename);
    return named('M', path, path2, real);
}

int renameat(int at, const char *path, int at2, const char *path2)
{
    REAL(renameat);
    if (at == AT_FDCWD && at2 == AT_FDCWD) return rename(path, path2);
    return real(at, path, at2, path2);
}

int link(const char *path, const char *path2)
{
    REAL(link);
    return named('L', path, path2, real);
}

int linkat(int at, const char *path, int at2, const char *path2, int flags)
{
    REAL(linkat);
    if (at == AT_FDCWD && at2 == AT_FDCWD) return link(path, path2);
    return real(at, path, at2, path2, flags);
}

int unlink(const char *path)
{
    REAL(unlink);
    if (!below(path)) return real(path);
    begin(path);
    int done = real(path);
    if (!done) note('U', 0, 0, path, "", NULL, 0);
    end();
    return done;
}

int unlinkat(int at, const char *path, int flags)
{
    REAL(unlinkat);
    if (at == AT_FDCWD && !(flags & AT_REMOVEDIR)) return unlink(path);
    return real(at, path, flags);
}

int mkdir(const char *path, mode_t mode)
{
    REAL(mkdir);
    if (!below(path)) return real(path, mode);
    begin(path);
    int done = real(path, mode);
    if (!done) note('D', 0, 0, path, "", NULL, 0);
    end();
    return done;
}

/* -- what arrives ------------------------------------------------------------------------------------------------ */

ssize_t read(int fd, void *data, size_t length)
{
    REAL(read);
    ssize_t done = real(fd, data, length);
    char path[PATH_MAX];
    start();
    if (done > 0 && log_fd >= 0 && path_of(fd, path) && !strncmp(path, "/dev/pts/", 9)) {
        int saved = errno;
        pthread_mutex_lock(&one_at_a_time);
        note('R', 0, 0, path, "", data, done);
        end();
        errno = saved;
    }
    return done;
}
