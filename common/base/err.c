/* Error texts for humans, in a buffer that is always there. */
#include "base/err.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

/* Through a second buffer, since the arguments may point into err->text itself. */
static void put(struct err *err, const char *text, int len)
{
    static const char dots[] = "...";
    size_t n = len > 0 ? (size_t)len : 0;

    if (n < sizeof(err->text)) {
        memcpy(err->text, text, n);
        err->text[n] = '\0';
        return;
    }
    n = sizeof(err->text) - sizeof(dots);
    memcpy(err->text, text, n);
    memcpy(err->text + n, dots, sizeof(dots));
}

int err_set(struct err *err, const char *fmt, ...)
{
    char text[sizeof(err->text)];
    va_list args;
    int len;

    if (err == NULL)
        return -1;
    va_start(args, fmt);
    len = vsnprintf(text, sizeof(text), fmt, args);
    va_end(args);
    put(err, text, len);
    return -1;
}

int err_prefix(struct err *err, const char *fmt, ...)
{
    char prefix[sizeof(err->text)];
    char text[2 * sizeof(err->text) + 2];
    va_list args;

    if (err == NULL)
        return -1;
    va_start(args, fmt);
    vsnprintf(prefix, sizeof(prefix), fmt, args);
    va_end(args);
    put(err, text, snprintf(text, sizeof(text), "%s: %s", prefix, err->text));
    return -1;
}

void err_reset(struct err *err)
{
    if (err != NULL)
        err->text[0] = '\0';
}
