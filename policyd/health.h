/* What is out of order, said once in the log (base/log.h log_state) and kept for `milter-ctl status`. Thread-safe. */
#ifndef POLICYD_HEALTH_H
#define POLICYD_HEALTH_H
#include <stdbool.h>
#include <stddef.h>
#include "base/log.h"

#define HEALTH_MAX  40
#define HEALTH_TEXT 512

/* name: a literal ("maps"). */
void health_set(const char *name, bool is_bad, enum log_level level, const char *fmt, ...)
    __attribute__((format(printf, 4, 5)));
/* The same for whoever logs each change himself. text empty: in order. */
void health_note(const char *name, const char *text);
/* The index-th thing ever reported; false past the end. text_r is empty when it is in order. */
bool health_at(size_t index, const char **name_r, char text_r[HEALTH_TEXT]);
#endif
