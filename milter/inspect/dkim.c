/* dkim.c - the DKIM signatures of one message. Each has a result of its own: one that cannot be verified hides no other. */
#include "milter/inspect/dkim.h"
#include "mail/tags.h"

/* What a reader sees hangs on these: who it is from, what it is about, and how its body is read. */
static const char *const seen[] = {"From", "Subject", "Content-Type", "MIME-Version",
                                   "Content-Transfer-Encoding"};

#define SEEN_COUNT (sizeof seen / sizeof *seen)

void dkim_find(struct signed_message *message, struct dkim_signatures *signatures_r)
{
    const struct dkim_group *group =
        dkim_header_group(&message->header, SPAN("DKIM-Signature"));
    size_t all = group != NULL ? group->count : 0;

    signatures_r->count = all < SENDER_SIGNATURES_MAX ? all : SENDER_SIGNATURES_MAX;
    signatures_r->has_more = all > signatures_r->count || message->header.is_cut;
    for (size_t i = 0; i < signatures_r->count; i++) {
        struct signed_one *one = &signatures_r->list[i];

        signed_read(message, DKIM_SIGNATURE, message->header.by_name[group->first + i], one);
        signed_find_key(message, one);
    }
}

void dkim_take_keys(struct signed_message *message, struct dkim_signatures *signatures)
{
    for (size_t i = 0; i < signatures->count; i++)
        signed_take_key(message, &signatures->list[i]);
}

/* The name as an eager reader takes it: without what is no printable ASCII. At most one byte longer than any of seen. */
static struct span eager_name(struct span name, char buffer[32])
{
    size_t len = 0;

    for (size_t i = 0; i < name.len && len < 32; i++)
        if (name.ptr[i] > ' ' && name.ptr[i] < 0x7f)
            buffer[len++] = name.ptr[i];
    return span_from(buffer, len);
}

static void count_seen(const struct dkim_header *header, size_t counts[SEEN_COUNT])
{
    char buffer[32];

    memset(counts, 0, SEEN_COUNT * sizeof *counts);
    for (size_t i = 0; i < header->count; i++) {
        struct span name = eager_name(header->fields[i].name, buffer);

        for (size_t k = 0; k < SEEN_COUNT; k++)
            counts[k] += span_iequal(name, span_of(seen[k]));
    }
}

static bool is_in_names(struct span names, struct span wanted)
{
    struct span name;

    while (tags_piece(&names, ':', &name))
        if (span_iequal(name, wanted))
            return true;
    return false;
}

/* Lines that some programs end where others do not: a CR alone, a NUL. What follows it may be a field to a reader, and unsigned. */
static bool is_odd(struct span text)
{
    for (size_t i = 0; i < text.len; i++)
        if (text.ptr[i] == '\0' ||
            (text.ptr[i] == '\r' && (i + 1 == text.len || text.ptr[i + 1] != '\n')))
            return true;
    return false;
}

/* A line of blanks alone continues a field (RFC 5322 section 4.2); some readers take it for the end of the header, and what follows for the body. */
static bool has_blank_line(struct span value)
{
    struct span line;
    bool is_first = true;

    while (span_cut(&value, '\n', &line)) {
        if (!is_first && span_trim(line).len == 0)
            return true;
        is_first = false;
    }
    return false;
}

static bool has_odd_lines(const struct dkim_header *header)
{
    for (size_t i = 0; i < header->count; i++)
        if (is_odd(header->fields[i].name) || is_odd(header->fields[i].value) ||
            has_blank_line(header->fields[i].value))
            return true;
    return false;
}

static bool is_whole(const struct dkim_header *header, const struct signed_one *one,
                     const size_t counts[SEEN_COUNT])
{
    if (one->result != DKIM_PASS || one->signature.has_length || counts[0] != 1)
        return false;
    for (size_t k = 0; k < SEEN_COUNT; k++) {
        /* Counted by an eager eye, covered only under its right name. */
        const struct dkim_group *group = dkim_header_group(header, span_of(seen[k]));

        if (counts[k] == 0)
            continue;
        if (counts[k] > 1 || group == NULL ||
            !is_in_names(one->signature.names, span_of(seen[k])))
            return false;
    }
    return true;
}

/* The texts that lie in one are copied: it does not last. */
static struct span keep(struct arena *arena, const char *text)
{
    return span_of(arena_strdup(arena, text));
}

static void tell(struct signed_message *message, const struct signed_one *one,
                 struct sender_signature *signature_r)
{
    const struct dkim_signature *signature = &one->signature;

    signature_r->result = (int)one->result;
    signature_r->domain = keep(message->arena, signature->domain);
    signature_r->selector = keep(message->arena, signature->selector);
    signature_r->identity = signature->identity;
    signature_r->algorithm = signature->algorithm_text;
    signature_r->begin = keep(message->arena, signature->begin);
    signature_r->reason = span_of(one->reason);
}

void dkim_decide(struct signed_message *message, struct dkim_signatures *signatures)
{
    struct sender_result *result = message->result;
    size_t counts[SEEN_COUNT];
    bool is_odd = message->header.is_cut || has_odd_lines(&message->header);

    count_seen(&message->header, counts);
    result->from_count = counts[0];
    result->signature_count = signatures->count;
    result->has_more_signatures = signatures->has_more;
    for (size_t i = 0; i < signatures->count; i++) {
        struct signed_one *one = &signatures->list[i];

        signed_verify(message, one);
        tell(message, one, &result->signatures[i]);
        result->signatures[i].is_whole = !is_odd && is_whole(&message->header, one, counts);
    }
}

void dkim_end(struct dkim_signatures *signatures)
{
    for (size_t i = 0; i < signatures->count; i++)
        signed_one_end(&signatures->list[i]);
}
