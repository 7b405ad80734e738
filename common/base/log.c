/* The log: one escaped line per call, to stderr or to syslog, without allocating. */
#include "base/log.h"

#include <errno.h>
#include <poll.h>
#include <pthread.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <syslog.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/sinks.h"

#define LOG_TEXT_MAX    4000 /* bytes of a line, before and after escaping */
#define LOG_STATES_MAX  128  /* keys of log_state; further ones are logged each time */
#define LOG_PATIENCE_MS 100  /* once, for a reader that has fallen behind */

static const struct {
    const char *name;
    int syslog;
} levels[] = {
    [LOG_LEVEL_DEBUG] = {"debug", LOG_DEBUG}, [LOG_LEVEL_INFO] = {"info", LOG_INFO},
    [LOG_LEVEL_WARN] = {"warn", LOG_WARNING}, [LOG_LEVEL_ERROR] = {"error", LOG_ERR},
    [LOG_LEVEL_FATAL] = {"fatal", LOG_CRIT},
};

static const char *log_program = "postgate";
static bool log_to_stderr = true;
static atomic_int log_lowest = LOG_LEVEL_INFO;
static bool log_waits = true;
static atomic_bool log_is_stuck; /* the reader was waited for in vain */
static atomic_uint log_lost;     /* lines since */

static struct {
    pthread_mutex_t lock;
    size_t count;
    struct {
        const char *key;
        bool is_bad;
    } entry[LOG_STATES_MAX];
} states = {.lock = PTHREAD_MUTEX_INITIALIZER};

void log_open(const char *program, bool to_stderr)
{
    log_program = program;
    log_to_stderr = to_stderr;
    if (!to_stderr)
        openlog(program, LOG_PID | LOG_NDELAY, LOG_MAIL);
}

void log_set_level(enum log_level lowest)
{
    atomic_store(&log_lowest, (int)lowest);
}

void log_never_wait(void)
{
    log_waits = false;
}

/* As write(2), but EAGAIN where that would wait. Pipes can be told so since Linux 6.4, before that only asked whether they have room. */
static ssize_t write_now(const char *bytes, size_t len)
{
    struct iovec piece = {(void *)(uintptr_t)bytes, len};
    struct pollfd reader = {.fd = STDERR_FILENO, .events = POLLOUT};
    struct stat st;
    ssize_t n = send(STDERR_FILENO, bytes, len, MSG_DONTWAIT | MSG_NOSIGNAL);

    if (n >= 0 || errno != ENOTSOCK)
        return n;
    if (poll(&reader, 1, 0) == 0) {
        errno = EAGAIN;
        return -1;
    }
    n = pwritev2(STDERR_FILENO, &piece, 1, -1, RWF_NOWAIT);
    /* A file says EAGAIN while its disk is busy: that is no reader that stands still. */
    if (n >= 0 || (errno == EAGAIN && fstat(STDERR_FILENO, &st) == 0 && S_ISFIFO(st.st_mode)))
        return n; /* fstat leaves errno alone when it succeeds */
    return write(STDERR_FILENO, bytes, len);
}

static bool is_taken(const char *bytes, size_t len)
{
    struct pollfd reader = {.fd = STDERR_FILENO, .events = POLLOUT};

    if (write_now(bytes, len) >= 0 || errno != EAGAIN)
        return true; /* a closed stderr is nobody's error */
    if (atomic_exchange(&log_is_stuck, true))
        return false;
    return poll(&reader, 1, LOG_PATIENCE_MS) == 1 &&
           (write_now(bytes, len) >= 0 || errno != EAGAIN);
}

/* The first line that is taken again says how many were not. */
static void write_or_drop(char *line, size_t len, size_t room)
{
    unsigned lost = atomic_exchange(&log_lost, 0);
    int more = 0;

    if (lost > 0)
        more = snprintf(line + len - 1, room - len,
                        " (%u lines before it were lost: nobody read them)\n", lost);
    len += more > 0 ? (size_t)more - 1 : 0;
    if (is_taken(line, len))
        atomic_store(&log_is_stuck, false);
    else
        atomic_fetch_add(&log_lost, lost + 1);
}

/* Escapes text into line, which has room for LOG_TEXT_MAX bytes and what ends it. Returns the length. */
static size_t escape(const char *text, size_t len, char *line)
{
    size_t n = 0;

    for (size_t i = 0; i < len; i++) {
        char shown[SINK_LOG_BYTE_MAX];
        size_t more = sink_log_byte((unsigned char)text[i], shown);

        if (n + more > LOG_TEXT_MAX) {
            memcpy(line + n, "...", 3);
            return n + 3;
        }
        memcpy(line + n, shown, more);
        n += more;
    }
    return n;
}

static void emit(enum log_level level, const char *line, size_t len)
{
    char out[LOG_TEXT_MAX + 256];
    char when[24];
    int n;

    if (!log_to_stderr) {
        syslog(levels[level].syslog, "%s: %.*s", levels[level].name, (int)len, line);
        return;
    }
    n = snprintf(out, sizeof(out), "%s %.64s[%d] %s: %.*s\n", clock_iso(clock_now_ms(), when),
                 log_program, (int)getpid(), levels[level].name, (int)len, line);
    /* One write, so that lines of several threads and processes do not mix; a closed stderr is nobody's error. */
    if (n > 0 && !log_waits)
        write_or_drop(out, (size_t)n, sizeof(out));
    else if (n > 0 && write(STDERR_FILENO, out, (size_t)n) < 0)
        return;
}

__attribute__((format(printf, 3, 0))) static void
write_args(enum log_level level, const char *context, const char *fmt, va_list args)
{
    char text[LOG_TEXT_MAX + 1];
    char line[LOG_TEXT_MAX + SINK_LOG_BYTE_MAX];
    size_t used = 0;
    int n = 0;

    if ((int)level < atomic_load(&log_lowest))
        return;
    if (context != NULL) {
        n = snprintf(text, sizeof(text), "%s: ", context);
        used = n < 0 ? 0 : (size_t)n < sizeof(text) ? (size_t)n : sizeof(text) - 1;
    }
    n = vsnprintf(text + used, sizeof(text) - used, fmt, args);
    if (n > 0)
        used += (size_t)n < sizeof(text) - used ? (size_t)n : sizeof(text) - used - 1;
    emit(level, line, escape(text, used, line));
}

void log_write(enum log_level level, const char *context, const char *fmt, ...)
{
    va_list args;

    va_start(args, fmt);
    write_args(level, context, fmt, args);
    va_end(args);
}

void log_fatal(const char *fmt, ...)
{
    va_list args;

    va_start(args, fmt);
    write_args(LOG_LEVEL_FATAL, NULL, fmt, args);
    va_end(args);
    /* Not exit(): other threads may still run, and handlers must not see half of anything. */
    _exit(1);
}

/* Has the state of key changed? The first good one is no change. */
static bool is_change(const char *key, bool is_bad)
{
    bool has_changed = is_bad;
    size_t i = 0;

    pthread_mutex_lock(&states.lock);
    while (i < states.count && strcmp(states.entry[i].key, key) != 0)
        i++;
    if (i < states.count) {
        has_changed = states.entry[i].is_bad != is_bad;
        states.entry[i].is_bad = is_bad;
    } else if (states.count < LOG_STATES_MAX) {
        states.entry[i].key = key;
        states.entry[i].is_bad = is_bad;
        states.count++;
    }
    pthread_mutex_unlock(&states.lock);
    return has_changed;
}

void log_state(const char *key, bool is_bad, enum log_level level, const char *fmt, ...)
{
    va_list args;

    if (!is_change(key, is_bad))
        return;
    if (!is_bad) {
        log_write(LOG_LEVEL_INFO, key, "in order again");
        return;
    }
    va_start(args, fmt);
    write_args(level, key, fmt, args);
    va_end(args);
}
