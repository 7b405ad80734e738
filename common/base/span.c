/* Views of bytes: comparing, searching, cutting, never copying. */
#include "base/span.h"

static char folded(char c)
{
    return (c >= 'A' && c <= 'Z') ? (char)(c + ('a' - 'A')) : c;
}

static bool is_space(char c)
{
    return c == ' ' || c == '\t' || c == '\r' || c == '\n';
}

static struct span first(struct span s, size_t len)
{
    return span_from(s.ptr, len);
}

struct span span_of(const char *s)
{
    return span_from(s, s != NULL ? strlen(s) : 0);
}

struct span span_from(const void *ptr, size_t len)
{
    return (struct span){ptr, len};
}

bool span_equal(struct span a, struct span b)
{
    return a.len == b.len && (a.len == 0 || memcmp(a.ptr, b.ptr, a.len) == 0);
}

bool span_iequal(struct span a, struct span b)
{
    if (a.len != b.len)
        return false;
    for (size_t i = 0; i < a.len; i++)
        if (folded(a.ptr[i]) != folded(b.ptr[i]))
            return false;
    return true;
}

bool span_is(struct span a, const char *s)
{
    return span_equal(a, span_of(s));
}

int span_compare(struct span a, struct span b)
{
    size_t n = a.len < b.len ? a.len : b.len;
    int diff = n > 0 ? memcmp(a.ptr, b.ptr, n) : 0;

    if (diff != 0)
        return diff;
    return (a.len > b.len) - (a.len < b.len);
}

bool span_starts(struct span s, struct span with)
{
    return s.len >= with.len && span_equal(first(s, with.len), with);
}

bool span_ends(struct span s, struct span with)
{
    return s.len >= with.len &&
           (with.len == 0 || span_equal(span_from(s.ptr + s.len - with.len, with.len), with));
}

bool span_istarts(struct span s, struct span with)
{
    return s.len >= with.len && span_iequal(first(s, with.len), with);
}

bool span_find(struct span s, struct span what, size_t *at_r)
{
    const char *hit;

    if (what.len == 0) {
        *at_r = 0;
        return true;
    }
    hit = s.len > 0 ? memmem(s.ptr, s.len, what.ptr, what.len) : NULL;
    if (hit == NULL)
        return false;
    *at_r = (size_t)(hit - s.ptr);
    return true;
}

struct span span_trim(struct span s)
{
    while (s.len > 0 && is_space(s.ptr[0])) {
        s.ptr++;
        s.len--;
    }
    while (s.len > 0 && is_space(s.ptr[s.len - 1]))
        s.len--;
    return s;
}

bool span_cut(struct span *rest, char sep, struct span *part_r)
{
    const char *at;
    size_t len;

    if (rest->ptr == NULL)
        return false;
    at = rest->len > 0 ? memchr(rest->ptr, sep, rest->len) : NULL;
    len = at != NULL ? (size_t)(at - rest->ptr) : rest->len;
    *part_r = first(*rest, len);
    *rest = at != NULL ? span_from(at + 1, rest->len - len - 1) : span_from(NULL, 0);
    return true;
}

bool span_to_u64(struct span s, uint64_t max, uint64_t *value_r)
{
    uint64_t value = 0;

    if (s.len == 0)
        return false;
    for (size_t i = 0; i < s.len; i++) {
        uint64_t digit = (uint64_t)(unsigned char)s.ptr[i] - '0';

        if (digit > 9 || __builtin_mul_overflow(value, (uint64_t)10, &value) ||
            __builtin_add_overflow(value, digit, &value))
            return false;
    }
    if (value > max)
        return false;
    *value_r = value;
    return true;
}

struct span span_skip(struct span s, size_t len)
{
    return span_from(s.ptr + len, s.len - len);
}

int hex_value(int c)
{
    if (c >= '0' && c <= '9')
        return c - '0';
    c |= 0x20;
    return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}
