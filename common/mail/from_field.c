/* from_field.c - a strict reader of mailbox lists: each step takes what it knows from the rest, or fails. */
#include "mail/from_field.h"
#include "base/utf8.h"

/* What a word may be made of besides letters, digits and what is not ASCII (RFC 5322 section 3.2.3). */
#define ATOM_SIGNS "!#$%&'*+-/=?^_`{|}~"
/* In a comment they may be read as the address itself. */
#define ADDRESS_SIGNS "@<>"

static bool is_atom_byte(char c)
{
    unsigned char byte = (unsigned char)c;

    return byte >= 0x80 || (byte >= 'a' && byte <= 'z') || (byte >= 'A' && byte <= 'Z') ||
           (byte >= '0' && byte <= '9') || (byte != 0 && strchr(ATOM_SIGNS, byte) != NULL);
}

static bool is_next(struct span rest, char c)
{
    return rest.len > 0 && rest.ptr[0] == c;
}

static void skip(struct span *rest, size_t count)
{
    *rest = span_skip(*rest, count);
}

static bool take(struct span *rest, char c)
{
    if (!is_next(*rest, c))
        return false;
    skip(rest, 1);
    return true;
}

/* From the opening sign to the closing one, which nest where they differ; a backslash takes away a sign's meaning. */
static bool take_enclosed(struct span *rest, char open, char close, const char *forbidden)
{
    size_t depth = 0;
    bool is_escaped = false;

    for (size_t i = 0; i < rest->len; i++) {
        char c = rest->ptr[i];
        if (((unsigned char)c < 0x20 && c != '\t') || c == 0x7f || strchr(forbidden, c) != NULL)
            return false;
        if (is_escaped)
            is_escaped = false;
        else if (c == '\\')
            is_escaped = true;
        else if (c == close && depth > 0)
            depth--;
        else if (c == open)
            depth++;
        if (depth == 0) {
            skip(rest, i + 1);
            return true;
        }
    }
    return false;
}

/* Blanks and comments. */
static bool take_space(struct span *rest)
{
    for (;;) {
        while (is_next(*rest, ' ') || is_next(*rest, '\t'))
            skip(rest, 1);
        if (!is_next(*rest, '('))
            return true;
        if (!take_enclosed(rest, '(', ')', ADDRESS_SIGNS))
            return false;
    }
}

static bool take_quoted(struct span *rest)
{
    return is_next(*rest, '"') && take_enclosed(rest, '"', '"', "");
}

static size_t atom_length(struct span rest)
{
    size_t len = 0;

    while (len < rest.len && is_atom_byte(rest.ptr[len]))
        len++;
    return len;
}

/* Words joined by single dots. */
static bool take_dotted(struct span *rest)
{
    do {
        size_t len = atom_length(*rest);
        if (len == 0)
            return false;
        skip(rest, len);
    } while (take(rest, '.'));
    return true;
}

static bool take_literal(struct span *rest)
{
    return is_next(*rest, '[') && take_enclosed(rest, '[', ']', ADDRESS_SIGNS " \t(\\\"");
}

/* An encoded-word has no place in an address (RFC 2047 section 5); programs decode it all the same. */
static bool reads_alike(struct span address)
{
    size_t at;

    if (span_find(address, SPAN("=?"), &at))
        return false;
    while (address.len > 0)
        if (utf8_next(&address) == UTF8_BAD)
            return false;
    return true;
}

static bool take_address(struct span *rest, bool *has_domain_r)
{
    struct span begin = *rest;

    if (!take_quoted(rest) && !take_dotted(rest))
        return false;
    *has_domain_r = take(rest, '@');
    if (*has_domain_r && !take_literal(rest) && !take_dotted(rest))
        return false;
    return reads_alike(span_from(begin.ptr, begin.len - rest->len));
}

/* Words before "<": atoms, quoted-strings, dots. */
static bool take_phrase(struct span *rest)
{
    for (;;) {
        size_t len = atom_length(*rest);
        if (is_next(*rest, '"') && !take_quoted(rest))
            return false;
        skip(rest, len); /* 0 after a quoted-string */
        if (!take_space(rest))
            return false;
        if (is_next(*rest, '<'))
            return true;
        if (!take(rest, '.') && !is_next(*rest, '"') && atom_length(*rest) == 0)
            return false;
    }
}

static bool take_in_brackets(struct span *rest, bool *has_domain_r)
{
    return take_phrase(rest) && take(rest, '<') && take_address(rest, has_domain_r) &&
           take(rest, '>') && take_space(rest);
}

static bool take_mailbox(struct span *rest, bool *has_domain_r)
{
    struct span bare;

    if (!take_space(rest))
        return false;
    bare = *rest;
    if (take_address(&bare, has_domain_r) && take_space(&bare) &&
        (bare.len == 0 || is_next(bare, ','))) {
        *rest = bare;
        return true;
    }
    return take_in_brackets(rest, has_domain_r);
}

bool from_field_is_plain(struct span value)
{
    size_t count = 0;
    bool has_domain, all_have = true;

    do {
        if (!take_mailbox(&value, &has_domain))
            return false;
        all_have = all_have && has_domain;
        count++;
    } while (take(&value, ','));
    return value.len == 0 && (all_have || count == 1);
}
