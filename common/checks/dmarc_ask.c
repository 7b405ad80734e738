/* dmarc_ask.c - two questions per domain, all together; the last answer tells the asker. */
#include <stdatomic.h>
#include <stdio.h>
#include "base/xalloc.h"
#include "checks/dmarc_ask.h"
#include "dns/dns.h"
#include "mail/domain.h"
#include "mail/domain_list.h"
#include "mail/org_domain.h"

#define PREFIX "_dmarc."

struct asking;

/* One name: a domain's own, or its organisational domain's. */
struct question_of {
    struct asking *asking;
    char name[sizeof PREFIX + DOMAIN_SIZE]; /* empty: not asked */
    enum dmarc_found found;
    bool is_unasked;
    struct dmarc_record record;
};

struct asking {
    struct dmarc_inquiry inquiry; /* its domains are not looked at any more */
    struct question_of own[DMARC_DOMAINS_MAX], org[DMARC_DOMAINS_MAX];
    atomic_size_t left;
};

/* The record at the domain itself, whatever it says; only where there is none, that of its organisational domain (section 6.6.3). */
static struct dmarc_terms terms_of(const struct question_of *own, const struct question_of *org)
{
    bool is_inherited = own->found == DMARC_NO_RECORD && org->name[0] != '\0';
    const struct question_of *from = is_inherited ? org : own;

    return (struct dmarc_terms){.found = from->found,
                                .is_inherited = is_inherited,
                                .is_unasked = from->is_unasked,
                                .record = from->record};
}

static void finish(struct asking *asking)
{
    struct dmarc_terms terms[DMARC_DOMAINS_MAX];

    for (size_t i = 0; i < asking->inquiry.count; i++)
        terms[i] = terms_of(&asking->own[i], &asking->org[i]);
    asking->inquiry.done(asking->inquiry.ctx, terms);
    xfree(&asking);
}

/* Each answer writes its own place; the last one reads all. */
static void on_answer(void *ctx, const struct dns_answer *answer)
{
    struct question_of *question = ctx;

    question->found = dmarc_record_choose(answer, &question->record, NULL);
    question->is_unasked = answer->status == DNS_LIMITED;
    question->record.reports_to = SPAN(""); /* it points into the answer */
    if (atomic_fetch_sub(&question->asking->left, 1) == 1)
        finish(question->asking);
}

static void prepare(struct question_of *question, struct asking *asking, struct span domain,
                    const char *never_ask)
{
    *question = (struct question_of){.asking = asking, .found = DMARC_NO_RECORD};
    if (domain.len >= DOMAIN_SIZE || domain_list_holds(never_ask, domain))
        return;
    snprintf(question->name, sizeof question->name, PREFIX "%.*s", SPAN_ARG(domain));
    if (domain.len == 0 || domain.ptr[0] == '[' || !dns_name_is_valid(span_of(question->name)))
        question->name[0] = '\0';
}

static void prepare_domain(struct asking *asking, size_t i, struct span domain,
                           const char *never_ask)
{
    struct span org = org_domain(domain);

    prepare(&asking->own[i], asking, domain, never_ask);
    if (span_equal(org, domain))
        org.len = 0;
    prepare(&asking->org[i], asking, org, never_ask);
}

/* The policy of a message's one domain is not kept back by what else its sender makes us ask. The bound of a zone holds all the same: one
 * that never answers would else let each of its messages wait. */
static uint64_t asker_of(const struct dmarc_inquiry *inquiry)
{
    return inquiry->asker | (inquiry->asker != 0 && inquiry->count == 1 ? DNS_ASKER_APART : 0);
}

static size_t add_question(struct dns_question *questions, size_t count,
                           struct question_of *question)
{
    if (question->name[0] == '\0')
        return count;
    questions[count] = (struct dns_question){.type = DNS_TXT,
                                             .name = span_of(question->name),
                                             .asker = asker_of(&question->asking->inquiry),
                                             .deadline = question->asking->inquiry.deadline,
                                             .done = on_answer,
                                             .ctx = question};
    return count + 1;
}

void dmarc_ask(const struct dmarc_inquiry *inquiry, const char *never_ask)
{
    struct asking *asking = xcalloc(1, sizeof *asking);
    struct dns_question questions[2 * DMARC_DOMAINS_MAX];
    size_t count = 0;

    asking->inquiry = *inquiry;
    for (size_t i = 0; i < inquiry->count; i++) {
        prepare_domain(asking, i, inquiry->domains[i], never_ask);
        count = add_question(questions, count, &asking->own[i]);
        count = add_question(questions, count, &asking->org[i]);
    }
    atomic_init(&asking->left, count);
    if (count == 0)
        finish(asking);
    else
        dns_ask(questions, count); /* asking may be gone before this returns */
}
