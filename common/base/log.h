/* One log for the administrator: to stderr in the foreground, else to syslog (facility mail).
 * debug: off unless asked for. info: one line a decision, one per change of state. warn: look at it by day. error: something
 * does not work. fatal: cannot go on, ends the process with status 1. Foreign bytes are escaped by the logger (sink_log). */
#ifndef BASE_LOG_H
#define BASE_LOG_H
#include <stdbool.h>

enum log_level {
    LOG_LEVEL_DEBUG = 0,
    LOG_LEVEL_INFO,
    LOG_LEVEL_WARN,
    LOG_LEVEL_ERROR,
    LOG_LEVEL_FATAL
};

void log_open(const char *program, bool to_stderr);
void log_set_level(enum log_level lowest);
/* From here on a reader of stderr that stands still (a pipe, the journal) stops nobody: lines it does not take are dropped, and counted in
 * the first one it takes again. Not under a sandbox: it uses other system calls than write. */
void log_never_wait(void);
/* context is put before the text ("client=192.0.2.1 queue=4XYZ: "), or NULL. Cut at 4,000 bytes. Thread-safe. */
void log_write(enum log_level level, const char *context, const char *fmt, ...)
    __attribute__((format(printf, 3, 4)));

#define log_debug(...) log_write(LOG_LEVEL_DEBUG, NULL, __VA_ARGS__)
#define log_info(...)  log_write(LOG_LEVEL_INFO, NULL, __VA_ARGS__)
#define log_warn(...)  log_write(LOG_LEVEL_WARN, NULL, __VA_ARGS__)
#define log_error(...) log_write(LOG_LEVEL_ERROR, NULL, __VA_ARGS__)
_Noreturn void log_fatal(const char *fmt, ...) __attribute__((format(printf, 1, 2)));

/* Says a state once: logs at level when `key` changes to `bad`, and one info line when it changes back.
 * For what would otherwise be logged per message ("clamd unreachable"). Thread-safe, keys are string literals; the line is
 * "key: text", and "key: in order again" when it changes back (the text is for the bad state only). */
void log_state(const char *key, bool is_bad, enum log_level level, const char *fmt, ...)
    __attribute__((format(printf, 4, 5)));
#endif
