/* Foreign bytes as text or attribute of XML (SVG). */
#include "base/sinks.h"

static const char *entity(char c)
{
    switch (c) {
    case '&':
        return "&amp;";
    case '<':
        return "&lt;";
    case '>':
        return "&gt;";
    case '"':
        return "&quot;";
    case '\'':
        return "&#39;";
    default:
        return NULL;
    }
}

/* XML 1.0 has no way to write most control characters, U+FFFE and U+FFFF. */
static bool is_writable(struct span valid, size_t at)
{
    unsigned char c = (unsigned char)valid.ptr[at];

    if (c == 0xef && valid.len - at >= 3 && (unsigned char)valid.ptr[at + 1] == 0xbf)
        return (unsigned char)valid.ptr[at + 2] < 0xbe;
    return c >= ' ' && c != 0x7f;
}

void sink_xml(struct str *out, struct span s)
{
    struct str valid = STR_EMPTY;

    sink_utf8(&valid, s);
    for (size_t i = 0; i < valid.len; i++) {
        const char *name = entity(valid.ptr[i]);
        if (name != NULL)
            str_adds(out, name);
        else if (is_writable(str_span(&valid), i))
            str_addc(out, valid.ptr[i]);
        else if ((unsigned char)valid.ptr[i] == 0xef) {
            str_adds(out, "\xef\xbf\xbd");
            i += 2;
        } else
            str_addc(out, '?');
    }
    str_clear(&valid);
}
