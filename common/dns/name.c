/* name.c - names of DNS as text. */
#include "dns/name.h"

#define LABEL_MAX 63
#define WIRE_MAX  255

static bool is_plain(unsigned char c)
{
    return c > ' ' && c < 0x7f && c != '.' && c != '\\';
}

static bool add_bytes(struct name_text *name, const char *bytes, size_t len)
{
    if (name->len + len > DNS_NAME_MAX)
        return false;
    memcpy(name->text + name->len, bytes, len);
    name->len += len;
    name->text[name->len] = '\0';
    return true;
}

static bool add_byte(struct name_text *name, unsigned char c)
{
    const char escaped[4] = {'\\', (char)('0' + c / 100), (char)('0' + c / 10 % 10),
                             (char)('0' + c % 10)};
    char lower = (char)(c >= 'A' && c <= 'Z' ? c - 'A' + 'a' : c);

    return is_plain(c) ? add_bytes(name, &lower, 1) : add_bytes(name, escaped, sizeof escaped);
}

bool name_add_label(struct name_text *name, struct span label)
{
    if (label.len == 0 || label.len > LABEL_MAX ||
        name->wire_len + label.len + 2 > WIRE_MAX || /* its length byte, and the root's */
        (name->len > 0 && !add_bytes(name, ".", 1)))
        return false;
    name->wire_len += label.len + 1;
    for (size_t i = 0; i < label.len; i++)
        if (!add_byte(name, (unsigned char)label.ptr[i]))
            return false;
    return true;
}

static bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

/* What stands behind a backslash: three digits, or the byte itself. Returns the bytes taken, 0: malformed. */
static size_t read_escape(struct span rest, char *c_r)
{
    int value;

    if (rest.len == 0)
        return 0;
    *c_r = rest.ptr[0];
    if (!is_digit(rest.ptr[0]))
        return 1;
    if (rest.len < 3 || !is_digit(rest.ptr[1]) || !is_digit(rest.ptr[2]))
        return 0;
    value = (rest.ptr[0] - '0') * 100 + (rest.ptr[1] - '0') * 10 + (rest.ptr[2] - '0');
    *c_r = (char)value;
    return value <= 255 ? 3 : 0;
}

/* Up to a dot or the end, which *at_r is behind. */
static bool read_label(struct span text, size_t *at_r, char label_r[LABEL_MAX], size_t *len_r)
{
    size_t at = *at_r, len = 0;

    while (at < text.len && text.ptr[at] != '.') {
        char c = text.ptr[at++];

        if (c == '\\') {
            size_t taken = read_escape(span_skip(text, at), &c);

            if (taken == 0)
                return false;
            at += taken;
        }
        if (len == LABEL_MAX)
            return false;
        label_r[len++] = c;
    }
    *at_r = at;
    *len_r = len;
    return true;
}

bool name_normalize(struct span text, struct name_text *name_r)
{
    char label[LABEL_MAX];
    size_t at = 0, len;

    *name_r = (struct name_text){.len = 0};
    if (!dns_name_is_valid(text))
        return false;
    for (;;) {
        if (!read_label(text, &at, label, &len) ||
            !name_add_label(name_r, span_from(label, len)))
            return false;
        if (at == text.len)
            return dns_name_is_valid(span_from(name_r->text, name_r->len)); /* escaped, too */
        at++;                                                               /* the dot */
    }
}
