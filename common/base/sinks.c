/* One escaping printer for each place that foreign bytes may go to as plain text: terminal, log, SMTP reply, CSV. */
#include "base/sinks.h"

#include "base/utf8.h"

static bool is_plain(unsigned char c)
{
    return c >= 0x20 && c <= 0x7e;
}

static size_t hex_byte(unsigned char c, char out_r[SINK_LOG_BYTE_MAX])
{
    static const char digits[] = "0123456789abcdef";

    out_r[0] = '\\';
    out_r[1] = 'x';
    out_r[2] = digits[c >> 4];
    out_r[3] = digits[c & 15];
    return 4;
}

static void add_code(struct str *out, uint32_t code)
{
    char bytes[4];

    str_add(out, span_from(bytes, utf8_put(code, bytes)));
}

static void add_hex(struct str *out, unsigned char c)
{
    char shown[SINK_LOG_BYTE_MAX];

    str_add(out, span_from(shown, hex_byte(c, shown)));
}

void sink_terminal(struct str *out, struct span s)
{
    while (s.len > 0) {
        unsigned char byte = (unsigned char)s.ptr[0];
        uint32_t code = utf8_next(&s);

        if (code == UTF8_BAD || (code < 0x80 && !is_plain(byte)))
            add_hex(out, byte);
        else if (utf8_is_printable(code))
            add_code(out, code);
        else
            str_printf(out, "\\u{%x}", code);
    }
}

size_t sink_log_byte(unsigned char c, char out_r[SINK_LOG_BYTE_MAX])
{
    if (!is_plain(c))
        return hex_byte(c, out_r);
    out_r[0] = (char)c;
    out_r[1] = (char)c;
    return c == '\\' ? 2 : 1;
}

void sink_log(struct str *out, struct span s)
{
    for (size_t i = 0; i < s.len; i++) {
        char shown[SINK_LOG_BYTE_MAX];

        str_add(out, span_from(shown, sink_log_byte((unsigned char)s.ptr[i], shown)));
    }
}

void sink_reply(struct str *out, struct span s, size_t limit)
{
    static const char dots[] = "...";
    size_t room = s.len <= limit ? s.len : limit < 3 ? 0 : limit - 3;

    for (size_t i = 0; i < room; i++)
        str_addc(out, is_plain((unsigned char)s.ptr[i]) ? s.ptr[i] : '?');
    if (s.len > limit)
        str_add(out, span_from(dots, limit < 3 ? limit : 3));
}

void sink_utf8(struct str *out, struct span s)
{
    while (s.len > 0) {
        uint32_t code = utf8_next(&s);

        add_code(out, code == UTF8_BAD ? UTF8_REPLACEMENT : code);
    }
}

/* Spreadsheets run what begins with one of these as a formula. */
static bool is_formula(struct span s)
{
    return s.len > 0 && strchr("=+-@\t\r", s.ptr[0]) != NULL && s.ptr[0] != '\0';
}

static bool needs_quotes(struct span s)
{
    for (size_t i = 0; i < s.len; i++)
        if (memchr(",\"\r\n", s.ptr[i], 4) != NULL)
            return true;
    return s.len > 0 && (s.ptr[0] == ' ' || s.ptr[s.len - 1] == ' ');
}

/* RFC 4180 section 2; controls other than line ends and tabs would reach a terminal, so they become '?'. */
void sink_csv(struct str *out, struct span s)
{
    bool is_quoted = needs_quotes(s);

    if (is_quoted)
        str_addc(out, '"');
    if (is_formula(s))
        str_addc(out, '\'');
    while (s.len > 0) {
        uint32_t code = utf8_next(&s);
        bool is_kept = code == '\n' || code == '\r' || code == '\t' || utf8_is_printable(code);

        if (code == '"')
            str_addc(out, '"');
        add_code(out, code == UTF8_BAD ? UTF8_REPLACEMENT : is_kept ? code : '?');
    }
    if (is_quoted)
        str_addc(out, '"');
}
