/* mime_watch.c - what the parser warns of, and what it means. */
#include "milter/inspect/mime_state.h"
#include "base/utf8.h"

#define BROKEN     0x1u
#define AMBIGUOUS  0x2u
#define INCOMPLETE 0x4u
#define IF_BAD     0x8u /* only when the text is no UTF-8: RFC 6532 allows UTF-8 in headers */

static const struct {
    GMimeParserWarning warning;
    unsigned meaning;
} meanings[] = {
    {GMIME_WARN_DUPLICATED_HEADER, AMBIGUOUS},
    {GMIME_WARN_DUPLICATED_PARAMETER, AMBIGUOUS},
    {GMIME_WARN_UNENCODED_8BIT_HEADER, BROKEN | IF_BAD},
    {GMIME_WARN_INVALID_CONTENT_TYPE, BROKEN},
    {GMIME_WARN_INVALID_RFC2047_HEADER_VALUE, BROKEN},
    {GMIME_WARN_MALFORMED_MULTIPART, BROKEN},
    {GMIME_WARN_TRUNCATED_MESSAGE, BROKEN},
    {GMIME_WARN_MALFORMED_MESSAGE, BROKEN},
    {GMIME_CRIT_INVALID_HEADER_NAME, BROKEN | AMBIGUOUS},
    {GMIME_CRIT_CONFLICTING_HEADER, AMBIGUOUS},
    {GMIME_CRIT_CONFLICTING_PARAMETER, AMBIGUOUS},
    {GMIME_CRIT_MULTIPART_WITHOUT_BOUNDARY, BROKEN},
    {GMIME_WARN_INVALID_PARAMETER, BROKEN},
    {GMIME_WARN_INVALID_ADDRESS_LIST, BROKEN},
    {GMIME_CRIT_NESTING_OVERFLOW, BROKEN | INCOMPLETE},
    {GMIME_WARN_PART_WITHOUT_CONTENT, BROKEN},
    {GMIME_CRIT_PART_WITHOUT_HEADERS_OR_CONTENT, BROKEN | AMBIGUOUS},
};

static bool is_utf8(const char *text)
{
    struct span rest = span_of(text);

    while (rest.len > 0)
        if (utf8_next(&rest) == UTF8_BAD)
            return false;
    return true;
}

static void on_warning(gint64 offset, GMimeParserWarning warning, const gchar *item,
                       gpointer user_data)
{
    struct mime_state *s = user_data;
    unsigned meaning = BROKEN; /* a warning of a later version */

    (void)offset;
    for (size_t i = 0; i < sizeof meanings / sizeof *meanings; i++)
        if (meanings[i].warning == warning)
            meaning = meanings[i].meaning;
    if ((meaning & IF_BAD) != 0 && is_utf8(item))
        return;
    s->is_broken |= (meaning & BROKEN) != 0;
    s->is_ambiguous |= (meaning & AMBIGUOUS) != 0;
    if ((meaning & INCOMPLETE) != 0)
        mime_incomplete(s, "nested too deep");
}

void mime_watch(struct mime_state *s)
{
    g_mime_parser_options_set_warning_callback(s->options, on_warning, s);
}
