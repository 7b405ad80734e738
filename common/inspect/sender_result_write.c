/* sender_result_write.c - a worker's result as bytes. What would be refused by its reader is never written: foreign bytes of a message end up
 * in texts here, and one odd selector must not cost the other signatures. */
#include "facts/fact_words.h"
#include "inspect/sender_bytes.h"
#include "inspect/sender_result.h"

#define NAME_BYTES (2 + DNS_NAME_MAX)
#define SIGNATURE_BYTES                                                                        \
    (2 + 2 * NAME_BYTES + 2 + SENDER_IDENTITY_MAX + 2 + SENDER_ALGORITHM_MAX + 2 +             \
     SENDER_BEGIN_MAX + 2 + SENDER_REASON_MAX)
#define TAKEN_BYTES (5 + 2 + SENDER_IDENTITY_MAX + (2 + SENDER_SIGNATURES_MAX) * NAME_BYTES + 1)

_Static_assert(1 + (SENDER_SIGNATURES_MAX * SIGNATURE_BYTES) +
                       (SENDER_SEALS_MAX * 3 * NAME_BYTES) + TAKEN_BYTES + NAME_BYTES +
                       2 * (2 + SENDER_TEXT_MAX) + 2 + SENDER_REASON_MAX + 64 <=
                   SENDER_RESULT_BYTES,
               "the largest result fits");

static void put_name(struct str *out, struct span name)
{
    sender_put_text(out, sender_is_domain(name) ? name : SPAN(""));
}

/* As far as it goes; bytes outside printable ASCII as '?'. */
static void put_printable(struct str *out, struct span text, size_t max)
{
    size_t len = text.len < max ? text.len : max;

    sender_put(out, len, 2);
    for (size_t i = 0; i < len; i++)
        str_addc(out, sender_is_printable(span_from(text.ptr + i, 1)) ? text.ptr[i] : '?');
}

/* Stands between quotes later. */
static void put_reason(struct str *out, struct span text, size_t max)
{
    size_t begin = out->len + 2;

    put_printable(out, text, max);
    for (size_t i = begin; i < out->len; i++)
        if (out->ptr[i] == '"' || out->ptr[i] == '\\')
            out->ptr[i] = out->ptr[i] == '"' ? '\'' : '/';
}

/* All of it or nothing. */
static void put_word(struct str *out, struct span text, size_t max,
                     bool (*is_fine)(struct span text))
{
    sender_put_text(out, text.len <= max && is_fine(text) ? text : SPAN(""));
}

static void write_lacks(struct str *out, const struct sender_result *result)
{
    size_t count =
        result->lack_count < SENDER_NAMES_MAX ? result->lack_count : SENDER_NAMES_MAX;

    sender_put(out, count, 1);
    for (size_t i = 0; i < count; i++) {
        sender_put(out, result->lacks[i].type, 1);
        sender_put_text(out, result->lacks[i].name);
    }
}

/* A pass says of whom. */
static void write_signature(struct str *out, const struct sender_signature *signature)
{
    bool has_names =
        sender_is_domain(signature->domain) && sender_is_domain(signature->selector);
    bool is_pass = sender_is_word(dkim_names, signature->result, "pass");

    sender_put(out, is_pass && !has_names ? 0 : (uint64_t)signature->result, 1);
    sender_put(out, signature->is_whole && is_pass && has_names, 1);
    put_name(out, signature->domain);
    put_name(out, signature->selector);
    put_word(out, signature->identity, SENDER_IDENTITY_MAX, sender_is_printable);
    put_word(out, signature->algorithm, SENDER_ALGORITHM_MAX, sender_is_token);
    put_word(out, signature->begin, SENDER_BEGIN_MAX, sender_is_base64);
    put_reason(out, signature->reason, SENDER_REASON_MAX);
}

static size_t at_most(size_t count, size_t max)
{
    return count < max ? count : max;
}

static void write_seals(struct str *out, const struct sender_result *result)
{
    size_t count = at_most(result->seal_count, SENDER_SEALS_MAX);

    sender_put(out, count, 1);
    for (size_t i = 0; i < count; i++) {
        put_name(out, result->seals[i].domain);
        put_name(out, result->seals[i].selector);
        put_name(out, result->seals[i].dmarc_domain);
    }
}

static void write_signatures(struct str *out, const struct sender_result *result)
{
    size_t count = at_most(result->signature_count, SENDER_SIGNATURES_MAX);

    sender_put(out, count, 1);
    sender_put(out, result->has_more_signatures, 1);
    for (size_t i = 0; i < count; i++)
        write_signature(out, &result->signatures[i]);
    sender_put(out, (uint64_t)result->arc, 1);
    put_reason(out, result->arc_reason, SENDER_REASON_MAX);
    write_seals(out, result);
    sender_put(out, at_most(result->from_count, UINT16_MAX), 2);
}

static void write_taken(struct str *out, const struct sender_taken *taken)
{
    size_t count = at_most(taken->dkim_count, SENDER_SIGNATURES_MAX);

    sender_put(out, taken->is_there, 1);
    if (!taken->is_there)
        return;
    put_word(out, taken->id, SENDER_IDENTITY_MAX, sender_is_printable);
    sender_put(out, (uint64_t)taken->spf, 1);
    sender_put(out, (uint64_t)taken->dkim, 1);
    sender_put(out, (uint64_t)taken->dmarc, 1);
    sender_put(out, (uint64_t)taken->arc, 1);
    put_name(out, taken->spf_domain);
    put_name(out, taken->dmarc_domain);
    sender_put(out, count, 1);
    for (size_t i = 0; i < count; i++)
        put_name(out, taken->dkim_domains[i]);
}

void sender_result_write(struct str *out, const struct sender_result *result)
{
    write_lacks(out, result);
    if (result->lack_count > 0)
        return;
    sender_put(out, (uint64_t)result->spf, 1);
    put_name(out, result->spf_domain);
    put_printable(out, result->spf_explanation, SENDER_TEXT_MAX);
    put_reason(out, result->spf_reason, SENDER_TEXT_MAX);
    write_signatures(out, result);
    write_taken(out, &result->taken);
}
