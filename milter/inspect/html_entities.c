/* html_entities.c - character references, as in WHATWG HTML, section 13.2.5.72 and below. */
#include "milter/inspect/html_entities.h"
#include "base/utf8.h"
#include "milter/inspect/html_names.h"

#define CODE_MAX 0x10ffffu

/* What 0x80 to 0x9f stand for: windows-1252. */
static const uint16_t windows_1252[] = {
    0x20ac, 0x81,   0x201a, 0x0192, 0x201e, 0x2026, 0x2020, 0x2021, 0x02c6, 0x2030, 0x0160,
    0x2039, 0x0152, 0x8d,   0x017d, 0x8f,   0x90,   0x2018, 0x2019, 0x201c, 0x201d, 0x2022,
    0x2013, 0x2014, 0x02dc, 0x2122, 0x0161, 0x203a, 0x0153, 0x9d,   0x017e, 0x0178,
};

static bool is_alnum(char c)
{
    return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

static int digit_of(char c, uint32_t base)
{
    int value = hex_value(c);

    return (uint32_t)value < base ? value : -1;
}

static uint32_t shown_as(uint32_t code)
{
    if (code == 0 || code > CODE_MAX || (code >= 0xd800 && code <= 0xdfff))
        return UTF8_REPLACEMENT;
    return code >= 0x80 && code <= 0x9f ? windows_1252[code - 0x80] : code;
}

static void add_code(struct str *out, uint32_t code)
{
    char bytes[4];

    str_add(out, span_from(bytes, utf8_put(code, bytes)));
}

/* "&#46;" or "&#x2e;" at the front; how long it is, 0 when it is none. */
static size_t add_number(struct str *out, struct span at)
{
    size_t len = 2;
    uint32_t base = 10, code = 0;
    int digit;

    if (at.len > 2 && (at.ptr[2] | 0x20) == 'x') {
        base = 16;
        len = 3;
    }
    if (at.len <= len || digit_of(at.ptr[len], base) < 0)
        return 0;
    for (; len < at.len && (digit = digit_of(at.ptr[len], base)) >= 0; len++)
        if (code <= CODE_MAX)
            code = code * base + (uint32_t)digit;
    add_code(out, shown_as(code));
    return len < at.len && at.ptr[len] == ';' ? len + 1 : len;
}

/* A name that has its ";", or the longest of the old ones that the text begins with. */
static size_t find_name(struct span text, struct html_name *name)
{
    size_t len = 0;

    while (len < text.len && len <= HTML_NAME_MAX && is_alnum(text.ptr[len]))
        len++;
    if (len < text.len && text.ptr[len] == ';' &&
        html_name_read(span_from(text.ptr, len), name))
        return len + 1;
    for (len = len < HTML_SHORT_MAX ? len : HTML_SHORT_MAX; len > 1; len--)
        if (html_name_read(span_from(text.ptr, len), name) && name->is_short)
            return len;
    return 0;
}

static size_t add_named(struct str *out, struct span at, bool is_value)
{
    struct html_name name;
    struct span text = span_skip(at, 1);
    size_t len = find_name(text, &name);

    if (len == 0)
        return 0;
    if (is_value && text.ptr[len - 1] != ';' && len < text.len &&
        (text.ptr[len] == '=' || is_alnum(text.ptr[len])))
        return 0;
    for (size_t i = 0; i < HTML_CODES_MAX && name.codes[i] != 0; i++)
        add_code(out, name.codes[i]);
    return 1 + len;
}

void html_decode(struct str *out, struct span text, bool is_value)
{
    const char *at;

    while (text.len > 0 && (at = memchr(text.ptr, '&', text.len)) != NULL) {
        size_t len = (size_t)(at - text.ptr);

        str_add(out, span_from(text.ptr, len));
        text = span_from(at, text.len - len);
        len = text.len > 1 && at[1] == '#' ? add_number(out, text)
                                           : add_named(out, text, is_value);
        if (len == 0) {
            str_addc(out, '&');
            len = 1;
        }
        text = span_skip(text, len);
    }
    str_add(out, text);
}
