/* The printer of JSON strings: ASCII whatever comes in (RFC 8259 section 7). */
#include "base/sinks.h"
#include "base/utf8.h"

static const struct {
    uint32_t code;
    const char *text;
} short_forms[] = {
    {'"', "\\\""}, {'\\', "\\\\"}, {'\n', "\\n"}, {'\r', "\\r"}, {'\t', "\\t"},
};

static void add_code(struct str *out, uint32_t code)
{
    for (size_t i = 0; i < sizeof(short_forms) / sizeof(short_forms[0]); i++) {
        if (short_forms[i].code == code) {
            str_adds(out, short_forms[i].text);
            return;
        }
    }
    if (code >= 0x20 && code <= 0x7e)
        str_addc(out, (char)code);
    else if (code < 0x10000)
        str_printf(out, "\\u%04x", code);
    else
        str_printf(out, "\\u%04x\\u%04x", 0xd7c0 + (code >> 10), 0xdc00 + (code & 0x3ff));
}

void sink_json(struct str *out, struct span s)
{
    str_addc(out, '"');
    while (s.len > 0) {
        uint32_t code = utf8_next(&s);

        add_code(out, code == UTF8_BAD ? UTF8_REPLACEMENT : code);
    }
    str_addc(out, '"');
}
