/* Foreign bytes as text or attribute of XML (SVG). */
#include "base/sinks.h"
#include "base/utf8.h"

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

/* What cannot be seen is '?': XML 1.0 has no way to write most control characters, and the picture may go to a terminal. */
static void add_code(struct str *out, uint32_t code)
{
    char bytes[4];

    if (code == UTF8_BAD || (code & 0xfffe) == 0xfffe)
        code = UTF8_REPLACEMENT;
    else if (!utf8_is_printable(code))
        code = '?';
    str_add(out, span_from(bytes, utf8_put(code, bytes)));
}

void sink_xml(struct str *out, struct span s)
{
    while (s.len > 0) {
        const char *name = entity(*s.ptr);

        if (name != NULL) {
            str_adds(out, name);
            s = span_skip(s, 1);
        } else
            add_code(out, utf8_next(&s));
    }
}
