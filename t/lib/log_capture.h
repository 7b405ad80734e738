/* What is logged from here on, instead of on stderr: begin, do, read. One at a time. */
#ifndef T_LIB_LOG_CAPTURE_H
#define T_LIB_LOG_CAPTURE_H
#include <stdio.h>
#include <sys/mman.h>
#include <unistd.h>
#include "base/log.h"

static int log_capture_fd = -1;

static inline void log_capture_begin(void)
{
    log_capture_fd = memfd_create("log", MFD_CLOEXEC);
    log_open("test", true);
    log_set_level(LOG_LEVEL_INFO);
    fflush(stderr);
    dup2(log_capture_fd, STDERR_FILENO);
}

/* All of it, cut to what fits; valid until the next call. */
static inline const char *log_capture_text(void)
{
    static char text[16384];
    ssize_t len = pread(log_capture_fd, text, sizeof text - 1, 0);

    text[len > 0 ? len : 0] = '\0';
    return text;
}
#endif
