/* UTF-8: decoding foreign bytes, and the tables of what a reader cannot see. */
#include "base/utf8.h"

struct range {
    uint32_t low;
    uint32_t high;
};

static const struct range deceptive_ranges[] = {
    {0x00ad, 0x00ad},   /* soft hyphen */
    {0x034f, 0x034f},   /* combining grapheme joiner */
    {0x061c, 0x061c},   /* Arabic letter mark */
    {0x115f, 0x1160},   /* Hangul fillers */
    {0x17b4, 0x17b5},   /* Khmer inherent vowels */
    {0x180b, 0x180f},   /* Mongolian separators */
    {0x200b, 0x200f},   /* zero width, left-to-right and right-to-left marks */
    {0x2028, 0x202e},   /* line and paragraph separator, embeddings, overrides */
    {0x2060, 0x206f},   /* word joiner, invisible operators, isolates */
    {0x3164, 0x3164},   /* Hangul filler */
    {0xfeff, 0xfeff},   /* zero width no-break space */
    {0xffa0, 0xffa0},   /* halfwidth Hangul filler */
    {0xfff9, 0xfffb},   /* interlinear annotation */
    {0x1d173, 0x1d17a}, /* musical format controls */
    {0xe0000, 0xe0fff}, /* tags, supplementary variation selectors */
};

static const struct range hidden_ranges[] = {
    {0x0000, 0x001f},      {0x007f, 0x009f}, /* controls */
    {0xd800, 0xdfff},                        /* surrogates */
    {0xe000, 0xf8ff},      {0xfdd0, 0xfdef}, /* private use, noncharacters */
    {0xf0000, 0xffffffff},                   /* private planes, and beyond Unicode */
};

static bool is_in(const struct range *ranges, size_t count, uint32_t code)
{
    for (size_t i = 0; i < count; i++)
        if (code >= ranges[i].low && code <= ranges[i].high)
            return true;
    return false;
}

/* Length of the sequence that a first byte announces; 0 when it can be none. */
static size_t length_of(unsigned char lead)
{
    if (lead < 0x80)
        return 1;
    if (lead >= 0xc2 && lead <= 0xdf)
        return 2;
    if ((lead & 0xf0) == 0xe0)
        return 3;
    return lead >= 0xf0 && lead <= 0xf4 ? 4 : 0;
}

static uint32_t decode(const unsigned char *p, size_t len)
{
    static const uint32_t lowest[] = {0, 0, 0x80, 0x800, 0x10000};
    uint32_t code = len == 1 ? p[0] : p[0] & (0xffu >> (len + 1));

    for (size_t i = 1; i < len; i++) {
        if ((p[i] & 0xc0) != 0x80)
            return UTF8_BAD;
        code = code << 6 | (p[i] & 0x3f);
    }
    if (code < lowest[len] || code > 0x10ffff || (code >= 0xd800 && code <= 0xdfff))
        return UTF8_BAD;
    return code;
}

uint32_t utf8_next(struct span *rest)
{
    const unsigned char *p = (const unsigned char *)rest->ptr;
    size_t len = length_of(p[0]);
    uint32_t code = len > 0 && len <= rest->len ? decode(p, len) : UTF8_BAD;

    if (code == UTF8_BAD)
        len = 1;
    *rest = span_skip(*rest, len);
    return code;
}

size_t utf8_put(uint32_t code, char out_r[4])
{
    static const unsigned char lead[] = {0, 0, 0xc0, 0xe0, 0xf0};
    size_t len = code < 0x80 ? 1 : code < 0x800 ? 2 : code < 0x10000 ? 3 : 4;

    for (size_t i = len - 1; i > 0; i--) {
        out_r[i] = (char)(0x80 | (code & 0x3f));
        code >>= 6;
    }
    out_r[0] = (char)(lead[len] | code);
    return len;
}

bool utf8_is_deceptive(uint32_t code)
{
    return is_in(deceptive_ranges, sizeof(deceptive_ranges) / sizeof(deceptive_ranges[0]),
                 code);
}

bool utf8_is_printable(uint32_t code)
{
    return (code & 0xfffe) != 0xfffe && !utf8_is_deceptive(code) &&
           !is_in(hidden_ranges, sizeof(hidden_ranges) / sizeof(hidden_ranges[0]), code);
}
