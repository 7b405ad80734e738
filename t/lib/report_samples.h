/* Decisions for tests of DMARC reports: facts of one message as they are recorded, counted by a tally. */
#ifndef T_LIB_REPORT_SAMPLES_H
#define T_LIB_REPORT_SAMPLES_H
#include "facts/block.h"
#include "facts/fact_words.h"
#include "milter/dmarc_report.h"
#include "t/lib/suite.h"

/* NULL: as in defaults; "-": the fact is absent. */
struct sample_mail {
    const char *ip, *from, *sender, *spf, *spf_domain, *dkim, *dmarc, *policy, *rescued;
    const char *disposition, *gateway;
    int passes;
};
static const struct sample_mail sample_defaults = {
    "192.0.2.7", "a.example", "x@b.example", "fail",    "b.example", "-",
    "fail",      "reject",    "-",           "deliver", "-",         0};
#define SAMPLE_OF(mail, field) ((mail)->field != NULL ? (mail)->field : sample_defaults.field)

static inline void sample_text(struct facts *facts, enum fact_id id, const char *text)
{
    struct value value = {.text = span_of(text)};

    if (strcmp(text, "-") == 0)
        facts_set_absent(facts, id);
    else if (fact_table[id].flags & FACT_IS_SET)
        facts_set_many(facts, id, &value, 1);
    else
        facts_set_text(facts, id, value.text);
}

static inline void sample_word(struct facts *facts, enum fact_id id, const char *word)
{
    int value = 0;

    if (strcmp(word, "-") == 0) {
        facts_set_absent(facts, id);
        return;
    }
    ck_assert(names_value(fact_table[id].words, span_of(word), &value));
    facts_set_number(facts, id, value);
}

static inline void sample_take(struct tally *tally, const struct sample_mail *mail)
{
    struct decision_record record = {.disposition = span_of(SAMPLE_OF(mail, disposition))};
    struct facts *facts = facts_new();
    struct str block = STR_EMPTY;
    struct ip ip;

    if (strcmp(SAMPLE_OF(mail, ip), "-") != 0) {
        ck_assert(ip_parse(span_of(SAMPLE_OF(mail, ip)), &ip));
        facts_set_ip(facts, FACT_CLIENT_IP, &ip);
    }
    sample_text(facts, FACT_DMARC_DOMAIN, SAMPLE_OF(mail, from));
    sample_text(facts, FACT_SENDER, SAMPLE_OF(mail, sender));
    sample_text(facts, FACT_SPF_DOMAIN, SAMPLE_OF(mail, spf_domain));
    sample_text(facts, FACT_DKIM_RESULTS, SAMPLE_OF(mail, dkim));
    sample_text(facts, FACT_ARC_DMARC, SAMPLE_OF(mail, rescued));
    sample_text(facts, FACT_AUTHRES_ID, SAMPLE_OF(mail, gateway));
    sample_word(facts, FACT_SPF, SAMPLE_OF(mail, spf));
    sample_word(facts, FACT_DMARC, SAMPLE_OF(mail, dmarc));
    sample_word(facts, FACT_DMARC_POLICY, SAMPLE_OF(mail, policy));
    facts_set_number(facts, FACT_LOOP_PASSES, mail->passes);
    ck_assert_int_eq(block_write(&block, facts, NULL), 0);
    record.facts = str_span(&block);
    tally_take(tally, &record);
    str_clear(&block);
    facts_free(&facts);
}
#endif
