/* sender_result_read.c - a worker's result, read as if an enemy had written it. A worker that was taken over can say "pass"; it can never say what
 * makes no sense, nor bytes that become something else in a header, a log or a rule. */
#include "facts/fact_words.h"
#include "inspect/sender_bytes.h"
#include "inspect/sender_result.h"

static void refuse_unless(struct sender_reader *reader, bool is_fine)
{
    reader->is_bad = reader->is_bad || !is_fine;
}

/* 0 or a number of the table. */
static int get_word(struct sender_reader *reader, const struct name_value *table)
{
    int value = (int)sender_get(reader, 1);

    refuse_unless(reader, value == 0 || names_name(table, value) != NULL);
    return reader->is_bad ? 0 : value;
}

static bool get_bool(struct sender_reader *reader)
{
    return sender_get_max(reader, 1, 1) != 0;
}

static struct span get_name(struct sender_reader *reader)
{
    struct span name = sender_get_text(reader, DNS_NAME_MAX);

    refuse_unless(reader, name.len == 0 || sender_is_domain(name));
    return name;
}

static struct span get_checked(struct sender_reader *reader, size_t max,
                               bool (*is_fine)(struct span text))
{
    struct span text = sender_get_text(reader, max);

    refuse_unless(reader, is_fine(text));
    return text;
}

static bool is_reason(struct span text)
{
    size_t at;

    return sender_is_printable(text) && !span_find(text, SPAN("\""), &at) &&
           !span_find(text, SPAN("\\"), &at);
}

static void read_lacks(struct sender_reader *reader, struct sender_result *result)
{
    result->lack_count = (size_t)sender_get_max(reader, 1, SENDER_NAMES_MAX);
    for (size_t i = 0; i < result->lack_count; i++) {
        result->lacks[i].type = (enum dns_type)sender_get(reader, 1);
        result->lacks[i].name = sender_get_text(reader, DNS_NAME_MAX);
        refuse_unless(reader, sender_is_lack(&result->lacks[i]));
    }
}

static void read_signature(struct sender_reader *reader, struct sender_signature *signature)
{
    signature->result = get_word(reader, dkim_names);
    signature->is_whole = get_bool(reader);
    signature->domain = get_name(reader);
    signature->selector = get_name(reader);
    signature->identity = get_checked(reader, SENDER_IDENTITY_MAX, sender_is_printable);
    signature->algorithm = get_checked(reader, SENDER_ALGORITHM_MAX, sender_is_token);
    signature->begin = get_checked(reader, SENDER_BEGIN_MAX, sender_is_base64);
    signature->reason = get_checked(reader, SENDER_REASON_MAX, is_reason);
    if (sender_is_word(dkim_names, signature->result, "pass"))
        refuse_unless(reader, signature->domain.len > 0 && signature->selector.len > 0);
    else
        refuse_unless(reader, !signature->is_whole);
}

static void read_signatures(struct sender_reader *reader, struct sender_result *result)
{
    result->signature_count = (size_t)sender_get_max(reader, 1, SENDER_SIGNATURES_MAX);
    result->has_more_signatures = get_bool(reader);
    for (size_t i = 0; i < result->signature_count; i++)
        read_signature(reader, &result->signatures[i]);
}

static void read_arc(struct sender_reader *reader, struct sender_result *result)
{
    result->arc = get_word(reader, arc_names);
    result->arc_reason = get_checked(reader, SENDER_REASON_MAX, is_reason);
    result->seal_count = (size_t)sender_get_max(reader, 1, SENDER_SEALS_MAX);
    refuse_unless(reader,
                  result->seal_count == 0 || sender_is_word(arc_names, result->arc, "pass"));
    for (size_t i = 0; i < result->seal_count; i++) {
        result->seals[i].domain = get_name(reader);
        result->seals[i].selector = get_name(reader);
        result->seals[i].dmarc_domain = get_name(reader);
    }
}

static void read_taken(struct sender_reader *reader, struct sender_taken *taken)
{
    taken->is_there = get_bool(reader);
    if (!taken->is_there)
        return;
    taken->id = get_checked(reader, SENDER_IDENTITY_MAX, sender_is_printable);
    taken->spf = get_word(reader, spf_names);
    taken->dkim = get_word(reader, dkim_names);
    taken->dmarc = get_word(reader, dmarc_names);
    taken->arc = get_word(reader, arc_names);
    taken->spf_domain = get_name(reader);
    taken->dmarc_domain = get_name(reader);
    taken->dkim_count = (size_t)sender_get_max(reader, 1, SENDER_SIGNATURES_MAX);
    for (size_t i = 0; i < taken->dkim_count; i++)
        taken->dkim_domains[i] = get_name(reader);
}

static void read_said(struct sender_reader *reader, struct sender_result *result)
{
    result->spf = get_word(reader, spf_names);
    result->spf_domain = get_name(reader);
    result->spf_explanation = get_checked(reader, SENDER_TEXT_MAX, sender_is_printable);
    result->spf_reason = get_checked(reader, SENDER_TEXT_MAX, is_reason);
    read_signatures(reader, result);
    read_arc(reader, result);
    result->from_count = (size_t)sender_get(reader, 2);
    read_taken(reader, &result->taken);
}

int sender_result_read(struct span bytes, struct sender_result *result_r, struct err *err)
{
    struct sender_reader reader = {.rest = bytes};

    memset(result_r, 0, sizeof *result_r);
    if (bytes.len > SENDER_RESULT_BYTES)
        return err_set(err, "a result of %zu bytes", bytes.len);
    read_lacks(&reader, result_r);
    if (result_r->lack_count == 0)
        read_said(&reader, result_r);
    if (!sender_is_whole(&reader))
        return err_set(err, "its result does not read");
    return 0;
}
