/* dmarc_record.c - from TXT records to a policy. */
#include "mail/dmarc_record.h"
#include "base/names.h"
#include "mail/dmarc_uri.h"
#include "mail/tags.h"

static const struct name_value policies[] = {
    {"none", DMARC_POLICY_NONE},
    {"quarantine", DMARC_POLICY_QUARANTINE},
    {"reject", DMARC_POLICY_REJECT},
    {NULL, 0},
};

static const struct name_value alignments[] = {{"r", false}, {"s", true}, {NULL, 0}};

/* Words of DMARC are literals of ABNF: upper or lower case. */
static bool word_value(const struct name_value *table, struct span word, int *value_r)
{
    for (; table->name != NULL; table++)
        if (span_iequal(word, span_of(table->name))) {
            *value_r = table->value;
            return true;
        }
    return false;
}

bool dmarc_record_is(struct span text)
{
    struct span rest = text, spec, name;

    span_cut(&rest, ';', &spec);
    span_cut(&spec, '=', &name);
    return spec.ptr != NULL && span_is(span_trim(name), "v") &&
           span_is(span_trim(spec), "DMARC1");
}

static int read_alignment(const struct tags *tags, const char *name, bool *is_strict_r,
                          struct err *err)
{
    const struct tag *tag = tags_find(tags, name);
    int value = false;

    if (tag != NULL && !word_value(alignments, tag->value, &value))
        return err_set(err, "%s= must be r or s", name);
    *is_strict_r = value;
    return 0;
}

static int read_percent(const struct tags *tags, unsigned *percent_r, struct err *err)
{
    uint64_t value = 100;
    const struct tag *tag = tags_find(tags, "pct");

    if (tag != NULL && (tag->value.len > 3 || !span_to_u64(tag->value, 100, &value)))
        return err_set(err, "pct= must be 0 to 100");
    *percent_r = (unsigned)value;
    return 0;
}

/* p= stands right behind v=; sp= anywhere. */
static int read_policies(const struct tags *tags, struct dmarc_record *record, struct err *err)
{
    const struct tag *sub = tags_find(tags, "sp");
    int policy = 0, sub_policy = 0;

    if (tags->count < 2 || !span_is(tags->list[1].name, "p") ||
        !word_value(policies, tags->list[1].value, &policy))
        return err_set(err, "p= must follow v= and be none, quarantine or reject");
    if (sub != NULL && !word_value(policies, sub->value, &sub_policy))
        return err_set(err, "sp= must be none, quarantine or reject");
    record->policy = (enum dmarc_policy)policy;
    record->subdomain_policy = (enum dmarc_policy)(sub != NULL ? sub_policy : policy);
    return 0;
}

static void read_reporting(const struct tags *tags, struct dmarc_record *record)
{
    uint64_t interval = DMARC_INTERVAL;

    if (!span_to_u64(tags_value(tags, "ri", SPAN("")), UINT32_MAX, &interval))
        interval = DMARC_INTERVAL;
    record->report_interval = (uint32_t)interval;
    record->reports_to = tags_value(tags, "rua", SPAN(""));
}

int dmarc_record_parse(struct span text, struct dmarc_record *record_r, struct err *err)
{
    struct dmarc_record *record = record_r;
    struct tags tags;

    *record = (struct dmarc_record){.policy = DMARC_POLICY_NONE,
                                    .subdomain_policy = DMARC_POLICY_NONE};
    if (!dmarc_record_is(text))
        return err_set(err, "no DMARC record: it does not begin with v=DMARC1");
    if (tags_read(text, &tags, err) != 0 ||
        read_alignment(&tags, "adkim", &record->is_dkim_strict, err) != 0 ||
        read_alignment(&tags, "aspf", &record->is_spf_strict, err) != 0 ||
        read_percent(&tags, &record->percent, err) != 0)
        return -1;
    read_reporting(&tags, record);
    if (read_policies(&tags, record, err) == 0)
        return 0;
    if (!dmarc_uri_any(record->reports_to))
        return -1;
    err_reset(err);
    return 0;
}

enum dmarc_found dmarc_record_choose(const struct dns_answer *answer,
                                     struct dmarc_record *record_r, struct err *err)
{
    const struct span *chosen = NULL;

    if (answer->status == DNS_NONE)
        return DMARC_NO_RECORD;
    if (answer->status != DNS_FOUND)
        return DMARC_UNAVAILABLE;
    for (size_t i = 0; i < answer->count; i++) {
        if (!dmarc_record_is(answer->records[i]))
            continue;
        if (chosen != NULL)
            return DMARC_SEVERAL;
        chosen = &answer->records[i];
    }
    if (chosen == NULL)
        return DMARC_NO_RECORD;
    return dmarc_record_parse(*chosen, record_r, err) == 0 ? DMARC_FOUND : DMARC_BROKEN;
}
