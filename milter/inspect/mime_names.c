/* mime_names.c - every name a part may be taken to have: from both headers, all their copies, by strict and lenient readings. */
#include "milter/inspect/mime_state.h"
#include "mail/filename.h"
#include "mail/header.h"
#include "milter/inspect/mime_words.h"

#define NAME_BYTES_MAX                                                                         \
    4096 /* of one candidate, in any spelling: file systems have names of 255 characters */
#define BLANKS_MANY 8 /* so many in a row hide what follows them */

static const char *const fields[] = {"Content-Disposition", "Content-Type"};

static bool is_there(const struct mime_names *names, struct span name)
{
    for (size_t i = 0; i < names->count; i++)
        if (span_equal(names->values[i].text, name))
            return true;
    return false;
}

/* A name, once. */
static void add_one(struct mime_state *s, struct mime_names *names, struct span text)
{
    struct span name;

    if (text.len > NAME_BYTES_MAX) {
        names->uninspected = "a name that is too long";
        text = span_from(text.ptr + text.len - NAME_BYTES_MAX, NAME_BYTES_MAX);
    }
    text = span_trim(text);
    if (text.len == 0 || is_there(names, text))
        return; /* most are read in several ways that give the same */
    name = mime_utf8(s, text);
    if (is_there(names, name))
        return;
    if (names->count == MIME_NAMES_MAX) {
        names->uninspected = "too many names";
        return;
    }
    names->values[names->count++].text = name;
}

/* What is left of a name where a program ends it at NUL, at another control, or no more of it is shown. */
static size_t visible_length(struct span text)
{
    size_t blanks = 0, at;

    for (at = 0; at < text.len && blanks < BLANKS_MANY; at++) {
        unsigned char c = (unsigned char)text.ptr[at];
        blanks = c == ' ' || c == '\t' ? blanks + 1 : 0;
        if ((c < ' ' && c != '\t') ||
            (c == '%' && span_starts(span_skip(text, at), SPAN("%00"))))
            break;
    }
    return at;
}

static void add_unquoted(struct mime_state *s, struct mime_names *names, struct span text)
{
    struct str bare = STR_EMPTY;

    for (size_t i = 0; i < text.len; i++)
        if (text.ptr[i] != '"')
            str_addc(&bare, text.ptr[i]);
    add_one(s, names, str_span(&bare));
    str_clear(&bare);
}

void mime_names_add(struct mime_state *s, struct mime_names *names, struct span text)
{
    size_t visible;

    text = span_trim(text);
    visible = visible_length(text);
    add_one(s, names, text);
    if (visible < text.len)
        add_one(s, names, span_from(text.ptr, visible));
    if (text.len > 0 && memchr(text.ptr, '"', text.len) != NULL)
        add_unquoted(s, names, text);
}

void mime_names_add_decoded(struct mime_state *s, struct mime_names *names, struct span text)
{
    struct str decoded = STR_EMPTY;
    bool is_known = true;
    size_t at;

    text = span_trim(text);
    mime_names_add(s, names, text);
    if (!span_find(text, SPAN("=?"), &at))
        return;
    if (text.len > NAME_BYTES_MAX)
        text = span_from(text.ptr + text.len - NAME_BYTES_MAX, NAME_BYTES_MAX);
    mime_names_add(s, names, mime_decode_words(s, text, &is_known));
    if (!is_known || !words_decode(&decoded, text))
        names->uninspected = "a name in an unknown character set";
    mime_names_add(s, names, str_span(&decoded));
    str_clear(&decoded);
}

static void add_parsers_own(struct mime_state *s, struct mime_names *names, GMimeObject *object)
{
    GMimeContentDisposition *disposition = g_mime_object_get_content_disposition(object);

    if (GMIME_IS_PART(object))
        mime_names_add(s, names, span_of(g_mime_part_get_filename(GMIME_PART(object))));
    mime_names_add(s, names, span_of(g_mime_object_get_content_type_parameter(object, "name")));
    if (disposition != NULL)
        mime_names_add(
            s, names,
            span_of(g_mime_content_disposition_get_parameter(disposition, "filename")));
}

/* "http://host/a/b.exe?x#y" is b.exe; a host alone is no name. */
static struct span last_of_url(struct span url)
{
    struct span path;
    size_t at;

    span_cut(&url, '?', &path);
    url = path;
    span_cut(&url, '#', &path);
    if (span_find(path, SPAN("://"), &at)) {
        struct span host;
        path = span_from(path.ptr + at + 3, path.len - at - 3);
        if (!span_cut(&path, '/', &host) || path.ptr == NULL)
            return (struct span){"", 0};
    }
    return path;
}

/* The text of a letter may say where it comes from. */
static bool is_shown_text(GMimeObject *object)
{
    GMimeContentType *type = g_mime_object_get_content_type(object);
    const char *disposition = g_mime_object_get_disposition(object);

    return type != NULL && g_mime_content_type_is_type(type, "text", "*") &&
           (disposition == NULL || g_ascii_strcasecmp(disposition, "inline") == 0);
}

/* A part without a name: some programs save it under what describes it. */
static void add_described(struct mime_state *s, struct mime_names *names, GMimeHeaderList *list)
{
    int count = g_mime_header_list_get_count(list);

    for (int i = 0; i < count && i < MIME_VALUES_MAX; i++) {
        GMimeHeader *header = g_mime_header_list_get_header_at(list, i);
        struct span name = span_of(g_mime_header_get_name(header)), text;
        bool is_url = header_name_is(name, SPAN("Content-Location"));
        if (!is_url && !header_name_is(name, SPAN("Content-Description")))
            continue;
        text = mime_unfold(s, g_mime_header_get_raw_value(header));
        if (is_url)
            text = last_of_url(text);
        if (text.len > 0 && memchr(text.ptr, '.', text.len) != NULL)
            mime_names_add_decoded(s, names, text);
    }
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
        struct span name = span_of(g_mime_header_get_name(header));
        if (header_name_is(name, span_of(fields[0])) ||
            header_name_is(name, span_of(fields[1])))
            mime_names_read(s, names_r, span_of(g_mime_header_get_raw_value(header)));
    }
    if (names_r->count == 0 && !is_shown_text(object))
        add_described(s, names_r, list);
    first = disposition != NULL
                ? span_of(g_mime_content_disposition_get_parameter(disposition, "filename"))
                : (struct span){"", 0};
    if (!agree(&first, span_of(g_mime_object_get_content_type_parameter(object, "name"))))
        s->is_ambiguous = true;
}
