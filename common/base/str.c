/* A byte string that grows, always terminated. */
#include "base/str.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/log.h"
#include "base/xalloc.h"

#define STR_FIRST_CAP 64

/* Room for `more` bytes and the NUL. */
static void reserve(struct str *s, size_t more)
{
    size_t need;
    size_t cap = s->cap > 0 ? s->cap : STR_FIRST_CAP;

    if (__builtin_add_overflow(s->len, more, &need) || need > SIZE_MAX / 4)
        log_fatal("a string of %zu bytes cannot grow by %zu", s->len, more);
    need++;
    if (need <= s->cap)
        return;
    while (cap < need)
        cap *= 2;
    s->ptr = xrealloc(s->ptr, cap);
    s->cap = cap;
}

void str_clear(struct str *s)
{
    free(s->ptr);
    *s = (struct str)STR_EMPTY;
}

void str_wipe(struct str *s)
{
    if (s->cap > 0)
        explicit_bzero(s->ptr, s->cap);
    str_clear(s);
}

void str_reset(struct str *s)
{
    str_truncate(s, 0);
}

void str_add(struct str *s, struct span bytes)
{
    reserve(s, bytes.len);
    if (bytes.len > 0)
        memcpy(s->ptr + s->len, bytes.ptr, bytes.len);
    s->len += bytes.len;
    s->ptr[s->len] = '\0';
}

void str_adds(struct str *s, const char *text)
{
    str_add(s, span_of(text));
}

void str_addc(struct str *s, char c)
{
    str_add(s, span_from(&c, 1));
}

void str_printf(struct str *s, const char *fmt, ...)
{
    va_list args, again;
    int len;

    va_start(args, fmt);
    va_copy(again, args);
    len = vsnprintf(NULL, 0, fmt, args);
    va_end(args);
    if (len < 0)
        log_fatal("the format \"%s\" cannot be printed", fmt);
    reserve(s, (size_t)len);
    vsnprintf(s->ptr + s->len, (size_t)len + 1, fmt, again);
    va_end(again);
    s->len += (size_t)len;
}

void str_truncate(struct str *s, size_t len)
{
    if (len > s->len || s->ptr == NULL)
        return;
    s->len = len;
    s->ptr[len] = '\0';
}

const char *str_cstr(const struct str *s)
{
    return s->ptr != NULL ? s->ptr : "";
}

struct span str_span(const struct str *s)
{
    return span_from(str_cstr(s), s->len);
}

char *str_take(struct str *s)
{
    char *taken;

    reserve(s, 0);
    s->ptr[s->len] = '\0';
    taken = s->ptr;
    *s = (struct str)STR_EMPTY;
    return taken;
}
