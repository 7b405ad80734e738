/* mime_words.c - encoded-words, read leniently. */
#include "milter/inspect/mime_words.h"
#include "base/xalloc.h"
#include "milter/inspect/charsets.h"
#include "milter/inspect/mime_decode.h"

struct word {
    struct span charset, text;
    char encoding; /* 'b', 'q' */
    size_t len;    /* of the whole in the text */
};

/* "=?charset*language?B?text?=" at the front. */
static bool read_word(struct span at, struct word *word)
{
    struct span rest = span_skip(at, 2), charset, encoding;
    size_t end;

    if (!span_cut(&rest, '?', &charset) || rest.ptr == NULL ||
        !span_cut(&rest, '?', &encoding) || rest.ptr == NULL)
        return false;
    encoding = span_trim(encoding);
    word->encoding = encoding.len == 1 ? (char)(*encoding.ptr | 0x20) : '\0';
    if (word->encoding != 'b' && word->encoding != 'q')
        return false;
    span_cut(&charset, '*', &word->charset);
    word->charset = span_trim(word->charset);
    if (!span_find(rest, SPAN("?="), &end)) {
        struct span left = rest;
        span_cut(&left, '?', &word->text);
        word->len = at.len;
        return true;
    }
    word->text = span_from(rest.ptr, end);
    word->len = (size_t)(rest.ptr + end + 2 - at.ptr);
    return true;
}

static void add_bytes(struct str *out, const struct word *word, struct decoder *d)
{
    struct str text = STR_EMPTY;
    struct span piece;

    for (size_t i = 0; i < word->text.len; i++) {
        char c = word->text.ptr[i];
        str_addc(&text, word->encoding == 'q' && c == '_' ? ' ' : c);
    }
    decode_begin(d, word->encoding == 'b' ? ENCODING_BASE64 : ENCODING_QUOTED, str_span(&text));
    while (decode_next(d, &piece))
        str_add(out, piece);
    str_clear(&text);
}

static bool add_word(struct str *out, const struct word *word, struct decoder *d)
{
    struct str bytes = STR_EMPTY;
    bool is_known;

    add_bytes(&bytes, word, d);
    is_known = word->charset.len > 0 && charsets_to_utf8(out, word->charset, str_span(&bytes));
    if (!is_known)
        str_add(out, str_span(&bytes));
    str_clear(&bytes);
    return is_known || word->charset.len == 0;
}

/* Blanks between two words are none of the text. */
static struct span after_word(struct span rest)
{
    struct span next = rest;

    while (next.len > 0 && strchr(" \t\r\n", *next.ptr) != NULL && *next.ptr != '\0')
        next = span_skip(next, 1);
    return span_starts(next, SPAN("=?")) ? next : rest;
}

bool words_decode(struct str *out, struct span text)
{
    struct decoder *d = xmalloc(sizeof *d);
    bool is_known = true;
    struct word word;
    size_t at;

    while (span_find(text, SPAN("=?"), &at)) {
        struct span from = span_skip(text, at);
        str_add(out, span_from(text.ptr, at));
        if (!read_word(from, &word)) {
            str_add(out, span_from(from.ptr, 2));
            text = span_skip(from, 2);
            continue;
        }
        is_known &= add_word(out, &word, d);
        text = after_word(span_from(from.ptr + word.len, from.len - word.len));
    }
    str_add(out, text);
    xfree(&d);
    return is_known;
}
