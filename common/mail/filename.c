/* Attachment names: every trick that makes a program look like a document undone, in one pass over bounded bytes. */
#include "mail/filename.h"

#include "base/utf8.h"

/* Bytes of the raw name looked at, from its end: three for each %XX and four for each character that is kept. */
#define RAW_MAX 4096

/* Characters that programs treat, or eyes take, as another (a part of NFKC). */
static const struct {
    uint32_t low;
    uint32_t high;
    uint32_t
        becomes; /* low becomes this, the following ones what follows it; a blank stays a blank */
} mapped[] = {
    {0xff01, 0xff5e, '!'}, /* fullwidth forms */
    {0x2024, 0x2024, '.'}, /* one dot leader */
    {0x2025, 0x2025, '.'}, /* two dot leader */
    {0x2026, 0x2026, '.'}, /* ellipsis */
    {0x3002, 0x3002, '.'}, /* ideographic full stop */
    {0xff61, 0xff61, '.'}, /* its halfwidth form */
    {0xfe52, 0xfe52, '.'}, /* small full stop */
    {0x2044, 0x2044, '/'}, /* fraction slash */
    {0x2215, 0x2215, '/'}, /* division slash */
    {0x00a0, 0x00a0, ' '}, {0x1680, 0x1680, ' '}, {0x202f, 0x202f, ' '},
    {0x205f, 0x205f, ' '}, {0x3000, 0x3000, ' '},
};

static uint32_t map(uint32_t code)
{
    if (code >= 0x2000 && code <= 0x200a)
        return ' ';
    for (size_t i = 0; i < sizeof(mapped) / sizeof(mapped[0]); i++)
        if (code >= mapped[i].low && code <= mapped[i].high)
            return mapped[i].becomes + (code - mapped[i].low);
    return code;
}

static size_t decode_percent(struct span raw, char out[RAW_MAX])
{
    size_t len = 0;

    for (size_t i = 0; i < raw.len; i++) {
        bool is_code = raw.ptr[i] == '%' && raw.len - i > 2 && hex_value(raw.ptr[i + 1]) >= 0 &&
                       hex_value(raw.ptr[i + 2]) >= 0;

        out[len++] = is_code
                         ? (char)(hex_value(raw.ptr[i + 1]) << 4 | hex_value(raw.ptr[i + 2]))
                         : raw.ptr[i];
        i += is_code ? 2 : 0;
    }
    return len;
}

/* Line ends and tabs come from folding, not from malice. */
static bool is_folding(uint32_t code)
{
    return code == '\t' || code == '\r' || code == '\n';
}

/* Visible characters of s into out, which has room for three bytes (U+FFFD) for each of s. */
static size_t clean(struct span s, char *out, bool *is_deceptive_r)
{
    size_t len = 0;

    while (s.len > 0) {
        uint32_t code = utf8_next(&s);

        if (code == UTF8_BAD)
            code = UTF8_REPLACEMENT;
        else if (is_folding(code))
            code = ' ';
        if (code < 0x20 || (code >= 0x7f && code <= 0x9f) || utf8_is_deceptive(code)) {
            *is_deceptive_r = true;
            continue;
        }
        len += utf8_put(map(code), out + len);
    }
    return len;
}

static struct span cut_directories(struct span s)
{
    for (size_t i = s.len; i > 0; i--)
        if (s.ptr[i - 1] == '/' || s.ptr[i - 1] == '\\')
            return span_skip(s, i);
    return s;
}

/* Windows drops them when it saves, programs those that no file name may hold; a bad byte there may have been a blank of another charset. */
static struct span cut_trailing(struct span s)
{
    static const struct span ends[] = {
        {".", 1},       {" ", 1},  {"\xef\xbf\xbd", 3},
        {"::$data", 7}, {"/", 1},  {"\\", 1},
        {"'", 1},       {"\"", 1}, {"<", 1},
        {">", 1},       {":", 1},  {"|", 1},
        {"?", 1},       {"*", 1},  {",", 1},
        {";", 1},
    };

    for (size_t i = 0; i < sizeof(ends) / sizeof(ends[0]); i++) {
        struct span end = ends[i];

        if (s.len >= end.len && span_iequal(span_from(s.ptr + s.len - end.len, end.len), end)) {
            s.len -= end.len;
            i = (size_t)-1; /* each cut may lay another free; s gets shorter each time */
        }
    }
    return s;
}

/* The end of s that fits, from a whole character on. */
static struct span last_bytes(struct span s)
{
    size_t skip = s.len > FILENAME_BYTES ? s.len - FILENAME_BYTES : 0;

    while (skip > 0 && skip < s.len && ((unsigned char)s.ptr[skip] & 0xc0) == 0x80)
        skip++;
    return span_skip(s, skip);
}

static void set_extension(struct filename *name)
{
    const char *dot = memrchr(name->text, '.', name->len);
    struct span extension;

    if (dot == NULL)
        return;
    extension = span_trim(span_from(dot + 1, name->len - (size_t)(dot + 1 - name->text)));
    for (size_t i = 0; i < extension.len; i++) {
        char c = extension.ptr[i];

        name->extension[i] = c >= 'A' && c <= 'Z' ? (char)(c + ('a' - 'A')) : c;
    }
    name->extension_len = extension.len;
    name->extension[extension.len] = '\0';
}

void filename_normalize(struct span raw, struct filename *name_r)
{
    char decoded[RAW_MAX];
    char cleaned[RAW_MAX * 3];
    struct span found;

    memset(name_r, 0, sizeof(*name_r));
    if (raw.len > RAW_MAX)
        raw = span_from(raw.ptr + (raw.len - RAW_MAX), RAW_MAX);
    found = span_from(decoded, decode_percent(raw, decoded));
    found = span_from(cleaned, clean(found, cleaned, &name_r->is_deceptive));
    found = last_bytes(span_trim(cut_directories(cut_trailing(found))));
    memcpy(name_r->text, found.ptr, found.len);
    name_r->len = found.len;
    name_r->text[found.len] = '\0';
    set_extension(name_r);
}
