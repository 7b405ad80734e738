/* What every daemon does at start and end: options, background, readiness, not dumpable. */
#ifndef BASE_DAEMON_H
#define BASE_DAEMON_H
#include <stdbool.h>
#include <stdint.h>
#include "base/err.h"

struct daemon_options {
    const char *program;     /* set by the caller */
    const char *config_path; /* -c FILE, default /etc/postgate/postgate.cf */
    bool is_foreground;      /* -f */
    bool wants_version;      /* -V */
    bool is_debug;           /* -d: debug lines in the log */
};

/* -f -c FILE -V -d -h; prints usage and exits 2 on anything else, other arguments included. */
void daemon_parse_options(int argc, char **argv, struct daemon_options *options,
                          const char *usage);
int daemon_begin(
    const struct daemon_options *options,
    struct err *
        err); /* log, umask 0027, as many descriptors as may be, PR_SET_DUMPABLE 0, stdin null, background unless -f, warn when root */
void daemon_ready(const char *status); /* sd_notify READY=1; nothing without NOTIFY_SOCKET */
void daemon_stopping(void);
const char *daemon_version(void); /* "postgate 0.1.0" */
int64_t daemon_started_ms(void);  /* wall time of daemon_begin; 0 before */
#endif
