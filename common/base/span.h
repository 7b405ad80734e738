/* A view of bytes: pointer and length, not owned, not terminated, may hold any byte. */
#ifndef BASE_SPAN_H
#define BASE_SPAN_H
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

struct span {
    const char *ptr;
    size_t len;
};

/* For literals: SPAN("abc"). For printf: "%.*s" with SPAN_ARG(s) (length capped at 2 GB). */
#define SPAN(literal) ((struct span){"" literal, sizeof(literal) - 1})
#define SPAN_ARG(s)   (int)((s).len < 0x7fffffff ? (s).len : 0x7fffffff), (s).ptr

struct span span_of(const char *s); /* NULL gives the empty span */
struct span span_from(const void *ptr, size_t len);
bool span_equal(struct span a, struct span b);
bool span_iequal(struct span a, struct span b); /* ASCII case folded */
bool span_is(struct span a, const char *s);     /* equal to a C string */
int span_compare(struct span a, struct span b); /* bytewise, as memcmp, the shorter first */
bool span_starts(struct span s, struct span with);
bool span_ends(struct span s, struct span with);
bool span_istarts(struct span s, struct span with);
bool span_find(struct span s, struct span what, size_t *at_r);
struct span span_trim(struct span s); /* blanks, tabs, CR and LF at both ends */
/* Takes the part before the first sep off *rest and returns it; without sep all of it. False when *rest was NULL
 * (the walk is over); *rest gets ptr NULL after the last part. */
bool span_cut(struct span *rest, char sep, struct span *part_r);
/* Whole decimal number without sign, at most max. False on anything else. */
bool span_to_u64(struct span s, uint64_t max, uint64_t *value_r);
/* What follows its first len bytes, which it must have. */
struct span span_skip(struct span s, size_t len);
/* Of a hexadecimal digit, upper or lower case; -1 of any other byte. */
int hex_value(int c);
#endif
