/* mime_part.c - one part as an attachment: names, type, decoded size and hash, and why it could not be looked into. */
#include "milter/inspect/mime_state.h"
#include "base/hash.h"
#include "base/xalloc.h"
#include "mail/filename.h"
#include "mail/header.h"
#include "milter/inspect/links.h"
#include "milter/inspect/mime_links.h"
#include "milter/inspect/mime_uu.h"

/* Types whose content lies elsewhere, or in which some programs show parts that we do not see. A type that ends in / is all of them. */
static const struct {
    const char *type, *why; /* why NULL: nothing but text */
    bool is_wrong;          /* RFC 2046 section 5.2.1: a message is not encoded */
} sealed_types[] = {
    {"message/partial", "a piece of a message (message/partial)", false},
    {"message/external-body", "its content lies elsewhere (message/external-body)", false},
    {"message/rfc822", "a message that is encoded as a whole", true},
    {"message/delivery-status", NULL, false},
    {"message/global-delivery-status", NULL, false},
    {"message/global-headers", NULL, false},
    {"message/disposition-notification", NULL, false},
    {"message/global-disposition-notification", NULL, false},
    {"message/feedback-report", NULL, false},
    {"message/tracking-status", NULL, false},
    {"message/", "a message that is not taken apart", false},
    {"text/rfc822", "a message that is not taken apart", false},
    {"application/rfc822", "a message that is not taken apart", false},
    {"application/mac-binhex40", "coded as BinHex", false},
    {"application/ms-tnef", "coded as TNEF (winmail.dat)", false},
    {"application/vnd.ms-tnef", "coded as TNEF (winmail.dat)", false},
    {"application/pkcs7-mime", "signed or encrypted as a whole (S/MIME)", false},
    {"application/x-pkcs7-mime", "signed or encrypted as a whole (S/MIME)", false},
    {"application/x-uuencode", "coded with uuencode", false},
    {"text/x-uuencode", "coded with uuencode", false},
};

/* Names by which programs know such types whatever the type says. */
static const struct {
    const char *end, *why;
} sealed_names[] = {
    {"winmail.dat", "coded as TNEF (winmail.dat)"},
    {".p7m", "signed or encrypted as a whole (S/MIME)"},
};

struct content {
    struct mime_state *s;
    struct mime_part *part;
    struct uu_finder *uu;   /* NULL: not text */
    struct mime_text *text; /* NULL: not searched for links */
    int64_t size;
    uint8_t sha256[HASH_SHA256_SIZE];
    bool is_read; /* size and sha256 are known */
};

static void uninspected(struct mime_part *part, const char *why)
{
    if (part->uninspected == NULL)
        part->uninspected = why;
}

static void set_values(struct mime_state *s, size_t index, enum fact_id id,
                       const struct value *values, size_t count)
{
    struct fact fact = {.state = FACT_VALUE, .count = (uint32_t)count, .values = values};

    if (count > 0)
        facts_record_set(s->facts, RECORD_ATTACHMENT, index, id, &fact);
}

static void set_text(struct mime_state *s, size_t index, enum fact_id id, struct span text)
{
    struct value value = {.text = text};

    set_values(s, index, id, &value, text.len > 0);
}

static void set_number(struct mime_state *s, size_t index, enum fact_id id, int64_t number)
{
    struct value value = {.number = number};

    set_values(s, index, id, &value, 1);
}

/* A new element with what every one has; -1 when there is no room. */
static int add_element(struct mime_state *s, const struct mime_part *part,
                       const struct mime_names *names, const char *why)
{
    size_t bytes = 200 + strlen(part->location);
    int index;

    if (why != NULL && s->links != NULL)
        links_incomplete(s->links, why);
    for (size_t i = 0; i < names->count; i++)
        bytes += names->values[i].text.len;
    if (!mime_spend(s, bytes))
        return -1;
    index = facts_record_add(s->facts, RECORD_ATTACHMENT);
    if (index < 0) {
        mime_incomplete(s, "too many parts");
        return -1;
    }
    set_values(s, (size_t)index, FACT_ATTACHMENT_NAME, names->values, names->count);
    set_text(s, (size_t)index, FACT_ATTACHMENT_LOCATION, span_of(part->location));
    set_number(s, (size_t)index, FACT_ATTACHMENT_DEPTH, part->depth);
    set_text(s, (size_t)index, FACT_ATTACHMENT_UNINSPECTED, span_of(why));
    return index;
}

void mime_add_names(struct mime_state *s, const struct mime_part *in,
                    const struct mime_names *names)
{
    add_element(s, in, names, names->uninspected);
}

void mime_add_named(struct mime_state *s, const struct mime_part *in, struct span name,
                    const char *why)
{
    struct mime_names names = {.count = 1};

    names.count = name.len > 0;
    names.values[0].text = mime_utf8(s, name);
    add_element(s, in, &names, why);
}

static void found_in_text(void *ctx, struct span name)
{
    struct content *content = ctx;

    content->s->is_ambiguous = true; /* some programs show a file here, others text */
    if (content->s->parts++ < content->s->request->limits.parts)
        mime_add_named(content->s, content->part, name,
                       "coded in the text (uuencode, yEnc or BinHex)");
    else
        mime_incomplete(content->s, "too many parts");
}

/* The bytes of the part in the message itself. */
static struct span raw_content(struct mime_state *s, GMimeObject *object)
{
    GMimeDataWrapper *wrapper =
        GMIME_IS_PART(object) ? g_mime_part_get_content(GMIME_PART(object)) : NULL;
    GMimeStream *stream = wrapper != NULL ? g_mime_data_wrapper_get_stream(wrapper) : NULL;
    int64_t begin, end;

    if (stream == NULL || !GMIME_IS_STREAM_MEM(stream))
        return (struct span){"", 0};
    begin = stream->bound_start;
    end = stream->bound_end;
    if (begin < 0 || end < begin || (uint64_t)end > s->request->message.len)
        return (struct span){"", 0};
    return span_from(s->request->message.ptr + begin, (size_t)(end - begin));
}

/* Of several fields the one whose encoding hides most: base64 before all. */
enum encoding mime_encoding(struct mime_state *s, GMimeObject *object)
{
    GMimeHeaderList *list = g_mime_object_get_header_list(object);
    enum encoding found = ENCODING_IDENTITY;

    for (int i = 0; i < g_mime_header_list_get_count(list); i++) {
        GMimeHeader *header = g_mime_header_list_get_header_at(list, i);
        struct span text;
        enum encoding encoding;
        if (!header_name_is(span_of(g_mime_header_get_name(header)),
                            SPAN("Content-Transfer-Encoding")))
            continue;
        text = mime_unfold(s, g_mime_header_get_raw_value(header));
        s->is_ambiguous |= text.len > 0 && memchr(text.ptr, '(', text.len) != NULL;
        encoding = decode_encoding(text);
        if (found == ENCODING_IDENTITY || encoding == ENCODING_BASE64)
            found = encoding;
    }
    return found;
}

static void read_content(struct content *content, enum encoding encoding, struct span raw)
{
    struct decoder *d = xmalloc(sizeof *d);
    struct hash_sha256 *hash = hash_sha256_new();
    struct span piece;

    decode_begin(d, encoding, raw);
    content->is_read = true;
    while (content->is_read && decode_next(d, &piece)) {
        hash_sha256_add(hash, piece);
        content->size += (int64_t)piece.len;
        if (content->uu != NULL)
            uu_feed(content->uu, piece, found_in_text, content);
        mime_links_feed(content->text, piece);
        content->is_read = mime_has_time(content->s);
    }
    if (content->uu != NULL)
        uu_feed(content->uu, SPAN(""), found_in_text, content);
    mime_links_end(&content->text, content->is_read);
    hash_sha256_end(&hash, content->sha256);
    if (!content->is_read)
        uninspected(content->part, "it takes too long");
    if (d->is_bad) {
        content->s->is_broken = true;
        if (encoding == ENCODING_BASE64)
            uninspected(content->part, "its base64 is damaged");
    }
    xfree(&d);
}

static bool is_of_type(struct span type, struct span wanted)
{
    return span_ends(wanted, SPAN("/")) ? span_starts(type, wanted) : span_equal(type, wanted);
}

static void check_type(struct mime_state *s, struct mime_part *part, struct span type)
{
    for (size_t i = 0; i < sizeof sealed_types / sizeof *sealed_types; i++) {
        if (!GMIME_IS_PART(part->object) || !is_of_type(type, span_of(sealed_types[i].type)))
            continue;
        s->is_broken |= sealed_types[i].is_wrong;
        if (sealed_types[i].why != NULL)
            uninspected(part, sealed_types[i].why);
        return;
    }
}

static void check_names(struct mime_part *part, const struct mime_names *names)
{
    for (size_t i = 0; i < names->count; i++) {
        struct filename name;
        filename_normalize(names->values[i].text, &name);
        for (size_t j = 0; j < sizeof sealed_names / sizeof *sealed_names; j++) {
            struct span end = span_of(sealed_names[j].end),
                        text = span_from(name.text, name.len);
            if (text.len >= end.len &&
                span_iequal(span_from(text.ptr + text.len - end.len, end.len), end))
                uninspected(part, sealed_names[j].why);
        }
    }
}

static void check_encoding(struct mime_state *s, struct mime_part *part, enum encoding encoding)
{
    if (encoding == ENCODING_UNKNOWN) {
        s->is_broken = true;
        uninspected(part, "an unknown transfer encoding");
    } else if (encoding == ENCODING_UU) {
        uninspected(part, "coded with uuencode");
    } else if (encoding != ENCODING_IDENTITY && !GMIME_IS_PART(part->object)) {
        s->is_broken = true; /* RFC 2045 section 6.4 */
        uninspected(part, "parts that are encoded as a whole");
    }
}

static struct span lower_type(struct mime_state *s, GMimeObject *object)
{
    GMimeContentType *type = g_mime_object_get_content_type(object);
    char *text = type != NULL ? g_mime_content_type_get_mime_type(type) : NULL;
    struct span written = span_of(text), kept;

    if (written.len > 255)
        written.len = 255;
    kept = mime_utf8(s, written);
    for (size_t i = 0; i < kept.len; i++)
        ((char *)(uintptr_t)kept.ptr)[i] = g_ascii_tolower(kept.ptr[i]);
    g_free(text);
    return kept;
}

static void set_content(const struct content *content, size_t index)
{
    struct str hex = STR_EMPTY;

    if (!content->is_read)
        return;
    hash_hex(&hex, content->sha256, sizeof content->sha256);
    set_number(content->s, index, FACT_ATTACHMENT_SIZE, content->size);
    set_text(content->s, index, FACT_ATTACHMENT_SHA256, str_span(&hex));
    str_clear(&hex);
}

/* May a program show it as text, and look for files in it? What calls itself something else and is not encoded may be shown too. */
static bool is_shown(struct span type, enum encoding encoding)
{
    return span_starts(type, SPAN("text/")) || span_starts(type, SPAN("message/")) ||
           encoding == ENCODING_IDENTITY;
}

void mime_part(struct mime_state *s, struct mime_part *part)
{
    struct mime_names *names = arena_alloc(s->arena, sizeof *names);
    struct content content = {.s = s, .part = part};
    enum encoding encoding = mime_encoding(s, part->object);
    struct span type = lower_type(s, part->object);
    struct uu_finder uu = {.len = 0};
    const char *why;
    int index;

    mime_names(s, part->object, names);
    mime_net_saw(s, names);
    if (names->uninspected != NULL)
        uninspected(part, names->uninspected);
    if (!mime_part_headers(s, part->object, &why))
        uninspected(part, why);
    check_type(s, part, type);
    check_names(part, names);
    check_encoding(s, part, encoding);
    if (is_shown(type, encoding))
        content.uu = &uu;
    if (GMIME_IS_PART(part->object)) {
        content.text = mime_links_begin(s, part->object, type, names);
        read_content(&content, encoding, raw_content(s, part->object));
    }
    if (part->is_body && part->uninspected == NULL)
        return;
    index = add_element(s, part, names, part->uninspected);
    if (index < 0)
        return;
    set_text(s, (size_t)index, FACT_ATTACHMENT_TYPE, type);
    set_content(&content, (size_t)index);
}
