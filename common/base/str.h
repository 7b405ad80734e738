/* A growing byte string, always terminated, owned. May hold NUL bytes; len counts. */
#ifndef BASE_STR_H
#define BASE_STR_H
#include "base/span.h"

struct str {
    char *ptr; /* never NULL after the first add; str_cstr() is always safe */
    size_t len;
    size_t cap;
};

#define STR_EMPTY                                                                              \
    {                                                                                          \
        0                                                                                      \
    }

void str_clear(struct str *s); /* frees */
void str_wipe(struct str *s);  /* zeroes, then frees: for secrets */
void str_reset(struct str *s); /* empties, keeps the memory */
void str_add(struct str *s, struct span bytes);
void str_adds(struct str *s, const char *text);
void str_addc(struct str *s, char c);
void str_printf(struct str *s, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
void str_truncate(struct str *s, size_t len); /* never grows */
const char *str_cstr(const struct str *s);
struct span str_span(const struct str *s);
char *str_take(struct str *s); /* hands the buffer over (free() it) and empties s */
#endif
