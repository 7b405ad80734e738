/* mime_names.c - every name a part may be taken to have: from both headers, all their copies, by strict and lenient readings. */
#include "milter/inspect/mime_state.h"
#include "mail/filename.h"
#include "mail/header.h"
#include "milter/inspect/charsets.h"
#include "milter/inspect/mime_params.h"

#define NAME_BYTES_MAX                                                                         \
    4096 /* of one candidate; the end is kept, since the extension stands there */

static const char *const fields[] = {"Content-Disposition", "Content-Type"};
static const char *const params[] = {"filename", "name"};

static void add(struct mime_state *s, struct mime_names *names, struct span text)
{
    struct span name;

    if (text.len > NAME_BYTES_MAX)
        text = span_from(text.ptr + text.len - NAME_BYTES_MAX, NAME_BYTES_MAX);
    name = mime_utf8(s, span_trim(text));
    if (name.len == 0)
        return;
    for (size_t i = 0; i < names->count; i++)
        if (span_equal(names->values[i].text, name))
            return;
    if (names->count == MIME_NAMES_MAX) {
        names->uninspected = "too many names";
        return;
    }
    names->values[names->count++].text = name;
}

/* As it stands, and with encoded-words decoded (RFC 2047 section 5 forbids them here; programs read them). */
static void add_both(struct mime_state *s, struct mime_names *names, struct span text)
{
    bool is_known;
    size_t at;

    if (text.len > NAME_BYTES_MAX)
        text = span_from(text.ptr + text.len - NAME_BYTES_MAX, NAME_BYTES_MAX);
    add(s, names, text);
    if (!span_find(text, SPAN("=?"), &at))
        return;
    add(s, names, mime_decode_words(s, text, &is_known));
    if (!is_known)
        names->uninspected = "a name in an unknown character set";
}

static int hex(char c)
{
    static const char digits[] = "0123456789abcdef";
    const char *found = c != '\0' ? strchr(digits, c >= 'A' && c <= 'F' ? c + 32 : c) : NULL;

    return found != NULL ? (int)(found - digits) : -1;
}

static void add_percent(struct str *out, struct span text)
{
    for (size_t i = 0; i < text.len; i++) {
        bool is_code = text.ptr[i] == '%' && text.len - i > 2 && hex(text.ptr[i + 1]) >= 0 &&
                       hex(text.ptr[i + 2]) >= 0;
        str_addc(out, is_code ? (char)(hex(text.ptr[i + 1]) << 4 | hex(text.ptr[i + 2]))
                              : text.ptr[i]);
        i += is_code ? 2 : 0;
    }
}

/* "charset'language'" in front of the first piece (RFC 2231 section 4): taken off. */
static struct span cut_charset(struct span *text)
{
    struct span rest = *text, charset, language;

    if (!span_cut(&rest, '\'', &charset) || rest.ptr == NULL ||
        !span_cut(&rest, '\'', &language) || rest.ptr == NULL)
        return (struct span){"", 0};
    *text = rest;
    return charset;
}

static void add_in_charset(struct mime_state *s, struct mime_names *names, struct span charset,
                           struct span bytes)
{
    struct str utf8 = STR_EMPTY;

    if (charset.len == 0 || charsets_to_utf8(&utf8, charset, bytes))
        add_both(s, names, charset.len == 0 ? bytes : str_span(&utf8));
    else
        names->uninspected = "a name in an unknown character set";
    add(s, names, bytes);
    str_clear(&utf8);
}

static bool is_piece(const struct param *param, const char *name, int section)
{
    return span_is(param->name, name) && param->section == section;
}

/* Pieces joined in the order of their numbers, whether or not one is missing; of a number that is there twice the first, or the
 * last. */
static void join_pieces(struct mime_state *s, struct mime_names *names,
                        const struct field *field, const char *name, bool is_last)
{
    struct str joined = STR_EMPTY;
    struct span charset = {"", 0};

    for (int section = 0; section <= PARAM_SECTIONS_MAX && section <= (int)field->count * 2;
         section++) {
        const struct param *piece = NULL;
        struct span text;
        for (size_t i = 0; i < field->count; i++)
            if (is_piece(&field->params[i], name, section) && (piece == NULL || is_last))
                piece = &field->params[i];
        if (piece == NULL)
            continue;
        text = piece->value;
        if (piece->is_extended && joined.len == 0 && charset.len == 0)
            charset = cut_charset(&text);
        if (piece->is_extended)
            add_percent(&joined, text);
        else
            str_add(&joined, text);
    }
    if (joined.len > 0)
        add_in_charset(s, names, charset, str_span(&joined));
    str_clear(&joined);
}

static void add_param(struct mime_state *s, struct mime_names *names, const struct param *param)
{
    struct str decoded = STR_EMPTY;
    struct span text = param->value, charset;

    add_both(s, names, param->shorter);
    add_both(s, names, param->value);
    if (!param->is_extended)
        return;
    charset = cut_charset(&text);
    add_percent(&decoded, text);
    add_in_charset(s, names, charset, str_span(&decoded));
    str_clear(&decoded);
}

/* Pieces by themselves are no names, but somebody reads the last one's extension; joined they all count. */
static void add_field(struct mime_state *s, struct mime_names *names, const struct field *field)
{
    for (size_t p = 0; p < sizeof params / sizeof *params; p++) {
        bool has_pieces = false;
        for (size_t i = 0; i < field->count; i++) {
            const struct param *param = &field->params[i];
            if (!span_is(param->name, params[p]))
                continue;
            if (param->section < 0)
                add_param(s, names, param);
            has_pieces |= param->section >= 0;
        }
        if (has_pieces) {
            join_pieces(s, names, field, params[p], false);
            join_pieces(s, names, field, params[p], true);
        }
    }
}

/* Wherever "name=" stands in the text, outside of any grammar: a missing semicolon, a comment, a quote that is not closed. */
static void add_anywhere(struct mime_state *s, struct mime_names *names, struct span text)
{
    for (size_t i = 0; i + 5 < text.len && names->uninspected == NULL; i++) {
        struct span rest = span_from(text.ptr + i, text.len - i), value;
        if (!span_istarts(rest, SPAN("name")))
            continue;
        rest = span_trim(span_from(rest.ptr + 4, rest.len - 4));
        if (rest.len < 2 || *rest.ptr != '=')
            continue;
        rest = span_trim(span_from(rest.ptr + 1, rest.len - 1));
        value = rest;
        if (rest.len > 0 && *rest.ptr == '"') {
            rest = span_from(rest.ptr + 1, rest.len - 1);
            span_cut(&rest, '"', &value);
        } else if (rest.len > 0) {
            span_cut(&rest, ';', &value);
        }
        add_both(s, names, value);
    }
}

static void add_parsers_own(struct mime_state *s, struct mime_names *names, GMimeObject *object)
{
    GMimeContentDisposition *disposition = g_mime_object_get_content_disposition(object);

    if (GMIME_IS_PART(object))
        add(s, names, span_of(g_mime_part_get_filename(GMIME_PART(object))));
    add(s, names, span_of(g_mime_object_get_content_type_parameter(object, "name")));
    if (disposition != NULL)
        add(s, names,
            span_of(g_mime_content_disposition_get_parameter(disposition, "filename")));
}

/* Different names in the two headers, or twice in one: programs will disagree. */
static bool agree(const struct span *first, struct span other)
{
    struct filename a, b;

    if (first->len == 0 || other.len == 0)
        return true;
    filename_normalize(*first, &a);
    filename_normalize(other, &b);
    return a.len == b.len && memcmp(a.text, b.text, a.len) == 0;
}

void mime_names(struct mime_state *s, GMimeObject *object, struct mime_names *names_r)
{
    GMimeHeaderList *list = g_mime_object_get_header_list(object);
    int count = g_mime_header_list_get_count(list);
    GMimeContentDisposition *disposition = g_mime_object_get_content_disposition(object);
    struct span first;

    *names_r = (struct mime_names){.count = 0};
    add_parsers_own(s, names_r, object);
    for (int i = 0; i < count && i < MIME_VALUES_MAX; i++) {
        GMimeHeader *header = g_mime_header_list_get_header_at(list, i);
        struct span name = span_of(g_mime_header_get_name(header)), text;
        struct field field;
        if (!header_name_is(name, span_of(fields[0])) &&
            !header_name_is(name, span_of(fields[1])))
            continue;
        text = mime_unfold(s, g_mime_header_get_raw_value(header));
        params_read(s->arena, text, s->request->limits.parameters, &field);
        s->is_broken |= field.is_odd;
        if (field.is_too_long)
            names_r->uninspected = "too many parameters";
        add_field(s, names_r, &field);
        add_anywhere(s, names_r, text);
    }
    first = disposition != NULL
                ? span_of(g_mime_content_disposition_get_parameter(disposition, "filename"))
                : (struct span){"", 0};
    if (!agree(&first, span_of(g_mime_object_get_content_type_parameter(object, "name"))))
        s->is_ambiguous = true;
}
