/* The printer of header values: printable ASCII as it is, everything else as encoded-words (RFC 2047 section 2). */
#include "base/sinks.h"

#include "base/hash.h"
#include "base/utf8.h"

/* 75 characters at most (RFC 2047 section 2): 12 around, 60 of base64, so 45 bytes of text. */
#define WORD_TEXT_MAX 45
#define WORD_AROUND   12

/* "=?" of a foreign value would be decoded by the reader into bytes that nobody checked. */
static bool needs_words(struct span s)
{
    size_t at;

    for (size_t i = 0; i < s.len; i++)
        if ((unsigned char)s.ptr[i] >= 0x80)
            return true;
    return span_find(s, SPAN("=?"), &at);
}

static void add_plain(struct str *out, struct span s, size_t limit)
{
    for (size_t i = 0; i < s.len && i < limit; i++) {
        bool is_plain = s.ptr[i] >= 0x20 && s.ptr[i] <= 0x7e;

        str_addc(out, is_plain ? s.ptr[i] : s.ptr[i] == '\t' ? ' ' : '?');
    }
}

/* Takes whole characters off *rest into out, as many as one word holds; controls become '?'. */
static size_t take_word(struct span *rest, char out[WORD_TEXT_MAX])
{
    size_t len = 0;

    while (rest->len > 0 && len + 4 <= WORD_TEXT_MAX) {
        uint32_t code = utf8_next(rest);

        if (code == UTF8_BAD)
            code = UTF8_REPLACEMENT;
        if (code < 0x20 || (code >= 0x7f && code <= 0x9f))
            code = '?';
        len += utf8_put(code, out + len);
    }
    return len;
}

void sink_header(struct str *out, struct span s, size_t limit)
{
    size_t start = out->len;

    if (!needs_words(s)) {
        add_plain(out, s, limit);
        return;
    }
    while (s.len > 0) {
        char text[WORD_TEXT_MAX];
        size_t len = take_word(&s, text);
        size_t size = WORD_AROUND + (len + 2) / 3 * 4 + (out->len > start);

        if (out->len - start + size > limit)
            return;
        str_adds(out, out->len > start ? " =?UTF-8?B?" : "=?UTF-8?B?");
        hash_base64(out, span_from(text, len));
        str_adds(out, "?=");
    }
}
