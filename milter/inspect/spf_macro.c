/* spf_macro.c - macro-strings: one reader of pieces, on which checking and expanding stand. */
#include <ctype.h>
#include <stdio.h>
#include "milter/inspect/spf_macro.h"

enum piece_kind { PIECE_LITERAL = 1, PIECE_ESCAPE, PIECE_LETTER };

struct piece {
    enum piece_kind kind;
    struct span text;       /* literal; or what an escape stands for */
    char letter;            /* lower case */
    bool is_upper;          /* to be escaped as in a URL */
    bool is_reversed;       /* r */
    size_t keep;            /* parts from the right; 0: all */
    struct span delimiters; /* empty: dots */
};

/* Of one text; a record with more is refused: each can be as long as a sender, and none of those that were seen has ten. */
#define LETTERS_MAX 100
#define KEEP_MAX                                                                               \
    1000 /* RFC 7208 section 7.3 wants 128 at least; no value has more parts than a name has dots */

static const struct {
    char sign;
    struct span means;
} escapes[] = {{'%', {"%", 1}}, {'_', {" ", 1}}, {'-', {"%20", 3}}};

static struct span after(struct span s, size_t count)
{
    return span_skip(s, count);
}

static bool is_escape(char sign, struct span *means_r)
{
    for (size_t i = 0; i < sizeof escapes / sizeof *escapes; i++)
        if (escapes[i].sign == sign) {
            *means_r = escapes[i].means;
            return true;
        }
    return false;
}

/* macro-letter transformers *delimiter, without the braces. */
static bool read_letter(struct span inside, struct piece *piece)
{
    if (inside.len == 0 ||
        strchr("slodiphcrtv", tolower((unsigned char)inside.ptr[0])) == NULL ||
        inside.ptr[0] == '\0')
        return false;
    piece->kind = PIECE_LETTER;
    piece->letter = (char)tolower((unsigned char)inside.ptr[0]);
    piece->is_upper = isupper((unsigned char)inside.ptr[0]) != 0;
    inside = after(inside, 1);
    if (inside.len > 0 && isdigit((unsigned char)inside.ptr[0])) {
        for (; inside.len > 0 && isdigit((unsigned char)inside.ptr[0]);
             inside = after(inside, 1))
            if (piece->keep < KEEP_MAX)
                piece->keep = piece->keep * 10 + (size_t)(inside.ptr[0] - '0');
        if (piece->keep == 0)
            return false;
    }
    if (inside.len > 0 && (inside.ptr[0] == 'r' || inside.ptr[0] == 'R')) {
        piece->is_reversed = true;
        inside = after(inside, 1);
    }
    for (size_t i = 0; i < inside.len; i++)
        if (inside.ptr[i] == '\0' || strchr(".-+,/_=", inside.ptr[i]) == NULL)
            return false;
    piece->delimiters = inside;
    return true;
}

/* 1 a piece, taken off *rest; 0 the end; -1 no macro-string. */
static int next_piece(struct span *rest, struct piece *piece)
{
    size_t at = 0;

    *piece = (struct piece){0};
    if (rest->len == 0)
        return 0;
    if (rest->ptr[0] != '%') {
        while (at < rest->len && rest->ptr[at] != '%')
            at++;
        piece->kind = PIECE_LITERAL;
        piece->text = span_from(rest->ptr, at);
        *rest = after(*rest, at);
        return 1;
    }
    if (rest->len < 2)
        return -1;
    if (rest->ptr[1] != '{') {
        piece->kind = PIECE_ESCAPE;
        if (!is_escape(rest->ptr[1], &piece->text))
            return -1;
        *rest = after(*rest, 2);
        return 1;
    }
    if (!span_find(*rest, SPAN("}"), &at) ||
        !read_letter(span_from(rest->ptr + 2, at - 2), piece))
        return -1;
    *rest = after(*rest, at + 1);
    return 1;
}

static bool is_literal(struct span text, bool may_be_blank)
{
    for (size_t i = 0; i < text.len; i++)
        if (text.ptr[i] < (may_be_blank ? ' ' : '!') || text.ptr[i] > '~')
            return false;
    return true;
}

/* A valid macro-string; *last_r is its last piece. */
static bool read_all(struct span text, bool is_explanation, struct piece *last_r)
{
    struct piece piece;
    int found, letters = 0;

    *last_r = (struct piece){0};
    while ((found = next_piece(&text, &piece)) > 0) {
        if (piece.kind == PIECE_LETTER && ++letters > LETTERS_MAX)
            return false;
        if (piece.kind == PIECE_LITERAL && !is_literal(piece.text, is_explanation))
            return false;
        if (piece.kind == PIECE_LETTER && !is_explanation &&
            strchr("crt", piece.letter) != NULL)
            return false;
        *last_r = piece;
    }
    return found == 0;
}

bool spf_macro_is_valid(struct span text, bool is_explanation)
{
    struct piece last;

    return read_all(text, is_explanation, &last);
}

/* toplabel: letters, digits and inner hyphens, not digits alone. */
static bool is_top_label(struct span label)
{
    bool has_letter = false;

    for (size_t i = 0; i < label.len; i++) {
        unsigned char c = (unsigned char)label.ptr[i];

        if (!isalnum(c) && (c != '-' || i == 0 || i == label.len - 1))
            return false;
        has_letter = has_letter || !isdigit(c);
    }
    return has_letter;
}

bool spf_macro_is_domain(struct span text)
{
    struct piece last;
    struct span end;
    size_t dot;

    if (!read_all(text, false, &last) || last.kind == 0)
        return false;
    if (last.kind != PIECE_LITERAL)
        return true;
    end = last.text;
    if (end.ptr[end.len - 1] == '.')
        end.len--;
    for (dot = end.len; dot > 0 && end.ptr[dot - 1] != '.'; dot--)
        ;
    return dot > 0 && is_top_label(after(end, dot));
}

bool spf_macro_uses(struct span text, char letter)
{
    struct piece piece;

    while (next_piece(&text, &piece) > 0)
        if (piece.kind == PIECE_LETTER && piece.letter == letter)
            return true;
    return false;
}

/* Nibbles of IPv6, in capitals as the RFC 7208 test suite has them. */
static void add_nibbles(const struct ip *ip, struct str *out)
{
    for (size_t i = 0; i < sizeof ip->byte; i++)
        str_printf(out, "%s%X.%X", i > 0 ? "." : "", ip->byte[i] >> 4, ip->byte[i] & 15);
}

static void add_value(char letter, const struct spf_values *values, struct str *out)
{
    const struct {
        char letter;
        const struct span *text;
    } texts[] = {{'s', &values->sender},        {'l', &values->local},
                 {'o', &values->sender_domain}, {'d', &values->domain},
                 {'h', &values->helo},          {'r', &values->receiver},
                 {'p', &values->validated},     {'\0', NULL}};
    char buf[IP_TEXT_SIZE];
    size_t i = 0;

    while (texts[i].letter != '\0' && texts[i].letter != letter)
        i++;
    if (texts[i].text != NULL)
        str_add(out, *texts[i].text);
    else if (letter == 't')
        str_printf(out, "%lld", (long long)values->now);
    else if (letter == 'v')
        str_adds(out, ip_is_v4(&values->client) ? "in-addr" : "ip6");
    else if (letter == 'c' || ip_is_v4(&values->client))
        str_adds(out, ip_text(&values->client, buf));
    else
        add_nibbles(&values->client, out);
    str_truncate(out, SPF_VALUE_MAX);
}

/* What stands between the delimiters, in order. */
static size_t split(struct span value, struct span delimiters, struct span *parts)
{
    size_t count = 0, begin = 0;

    if (delimiters.len == 0)
        delimiters = SPAN(".");
    for (size_t i = 0; i <= value.len; i++)
        if (i == value.len || memchr(delimiters.ptr, value.ptr[i], delimiters.len) != NULL) {
            parts[count++] = span_from(value.ptr + begin, i - begin);
            begin = i + 1;
        }
    return count;
}

/* RFC 3986 section 2.3. */
static void add_escaped(struct str *out, struct span text)
{
    for (size_t i = 0; i < text.len; i++) {
        unsigned char c = (unsigned char)text.ptr[i];

        if (c < 0x80 && (isalnum(c) || (c != '\0' && strchr("-._~", c) != NULL)))
            str_addc(out, (char)c);
        else
            str_printf(out, "%%%02X", c);
    }
}

static void add_letter(const struct piece *piece, const struct spf_values *values,
                       struct str *out)
{
    struct str value = STR_EMPTY;
    struct span parts[SPF_VALUE_MAX + 1];
    size_t count, first;

    add_value(piece->letter, values, &value);
    count = split(str_span(&value), piece->delimiters, parts);
    first = piece->keep > 0 && piece->keep < count ? count - piece->keep : 0;
    for (size_t i = 0; i < count - first; i++) {
        /* Reversed, the rightmost parts are those that stood on the left. */
        struct span part = parts[piece->is_reversed ? count - first - 1 - i : first + i];

        if (i > 0)
            str_addc(out, '.');
        if (piece->is_upper)
            add_escaped(out, part);
        else
            str_add(out, part);
    }
    str_clear(&value);
}

void spf_macro_expand(struct span text, const struct spf_values *values, struct str *out)
{
    struct piece piece;

    while (out->len < SPF_EXPANDED_MAX && next_piece(&text, &piece) > 0)
        if (piece.kind == PIECE_LETTER)
            add_letter(&piece, values, out);
        else
            str_add(out, piece.text);
}
