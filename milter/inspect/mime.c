/* mime.c - one message from bytes to facts: scan, parse, headers, parts. */
#include "milter/inspect/mime_state.h"
#include "base/clock.h"
#include "base/hash.h"
#include "base/sinks.h"
#include "milter/inspect/charsets.h"
#include "milter/inspect/links.h"
#include "milter/inspect/mime_charset.h"
#include "milter/inspect/mime_links.h"
#include "milter/inspect/mime_zone.h"

void mime_prepare(void)
{
    uint8_t digest[HASH_SHA256_SIZE];

    charsets_prepare();
    links_prepare();
    hash_sha256(SPAN(""), digest); /* OpenSSL reads its configuration now */
    g_mime_init();
    mime_zone_prepare();
    /* Types are registered when first asked for; here while it may still cost something. */
    g_type_ensure(GMIME_TYPE_PARSER);
    g_type_ensure(GMIME_TYPE_STREAM_MEM);
    g_type_ensure(GMIME_TYPE_MESSAGE);
    g_type_ensure(GMIME_TYPE_MESSAGE_PART);
    g_type_ensure(GMIME_TYPE_MULTIPART);
    g_type_ensure(GMIME_TYPE_PART);
    g_type_ensure(GMIME_TYPE_TEXT_PART);
    g_type_ensure(INTERNET_ADDRESS_TYPE_MAILBOX);
}

void mime_incomplete(struct mime_state *s, const char *reason)
{
    if (s->incomplete == NULL)
        s->incomplete = reason;
}

bool mime_has_time(struct mime_state *s)
{
    if (clock_mono_ms() < s->deadline)
        return true;
    mime_incomplete(s, "it takes too long");
    return false;
}

bool mime_spend(struct mime_state *s, size_t bytes)
{
    if (bytes > MIME_TEXT_MAX - s->text_bytes) {
        mime_incomplete(s, "too many names and headers");
        return false;
    }
    s->text_bytes += bytes;
    return true;
}

struct span mime_utf8(struct mime_state *s, struct span text)
{
    struct str out = STR_EMPTY;
    struct span kept;

    sink_utf8(&out, text);
    kept = arena_span(s->arena, str_span(&out));
    str_clear(&out);
    return kept;
}

struct span mime_unfold(struct mime_state *s, const char *raw)
{
    size_t len = raw != NULL ? strnlen(raw, MIME_VALUE_MAX) : 0, kept = 0;
    char *text = arena_alloc(s->arena, len + 1);

    for (size_t i = 0; i < len; i++)
        if (raw[i] != '\r' && raw[i] != '\n')
            text[kept++] = raw[i];
    return span_trim(span_from(text, kept));
}

/* "=?charset*language?...": is every character set known? Too long for a name: no encoded-word. */
static bool knows_words(struct span text)
{
    size_t at;

    while (span_find(text, SPAN("=?"), &at)) {
        struct span rest = span_from(text.ptr + at + 2, text.len - at - 2), word, charset;
        text = rest;
        if (!span_cut(&rest, '?', &word) || rest.ptr == NULL)
            return true;
        span_cut(&word, '*', &charset);
        if (charset.len > 0 && charset.len < CHARSET_NAME_MAX &&
            memchr(charset.ptr, ' ', charset.len) == NULL && !charsets_knows(charset))
            return false;
    }
    return true;
}

struct span mime_decode_words(struct mime_state *s, struct span text, bool *is_known_r)
{
    struct span utf8 = mime_utf8(s, text), kept;
    char *decoded;

    *is_known_r = knows_words(utf8);
    decoded = g_mime_utils_header_decode_text(s->options, utf8.ptr);
    kept = mime_utf8(s, span_of(decoded));
    g_free(decoded);
    return kept;
}

/* A parser over the bytes themselves: nothing is copied, nothing is written. The array lends what it does not own. */
static GMimeMessage *parse(struct mime_state *s, size_t size)
{
    GByteArray *array =
        g_byte_array_new_take((guint8 *)(uintptr_t)s->request->message.ptr, (gsize)size);
    GMimeStream *stream = g_mime_stream_mem_new_with_byte_array(array);
    GMimeParser *parser = g_mime_parser_new_with_stream(stream);
    GMimeMessage *message = NULL;

    s->lent = array;
    g_mime_stream_mem_set_owner(GMIME_STREAM_MEM(stream), FALSE);
    g_object_unref(stream);
    if (size > 0)
        message = g_mime_parser_construct_message(parser, s->options);
    g_object_unref(parser);
    return message;
}

static void conclude(struct mime_state *s)
{
    facts_set_number(s->facts, FACT_MIME_BROKEN, s->is_broken);
    facts_set_number(s->facts, FACT_MIME_AMBIGUOUS, s->is_ambiguous);
    facts_records_learnt(s->facts, RECORD_ATTACHMENT, s->incomplete != NULL,
                         span_of(s->incomplete));
    mime_links_give(s);
}

/* For bytes of no character set, whatever the locale. */
static const char *fallback_charsets[] = {"utf-8", "windows-1252", "iso-8859-1", NULL};

void mime_inspect(const struct mime_request *request, struct facts *facts)
{
    struct mime_state s = {.request = request, .facts = facts};
    GMimeMessage *message;

    s.arena = arena_new();
    s.options = g_mime_parser_options_new();
    g_mime_parser_options_set_fallback_charsets(s.options, fallback_charsets);
    s.deadline = clock_mono_ms() + request->limits.time_ms;
    s.seen = g_hash_table_new(g_str_hash, g_str_equal);
    s.links = request->wants_links ? links_new() : NULL;
    mime_watch(&s);
    message = parse(&s, mime_scan(&s, request->message));
    mime_headers(&s, message);
    if (message == NULL)
        s.is_broken = true;
    else
        mime_walk(&s, message);
    mime_net(&s, request->message);
    conclude(&s);
    links_free(&s.links);
    g_hash_table_destroy(s.seen);
    if (message != NULL)
        g_object_unref(message);
    g_byte_array_free(s.lent, FALSE);
    g_mime_parser_options_free(s.options);
    arena_free(&s.arena);
}
