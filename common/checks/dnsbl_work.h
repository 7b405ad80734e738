/* Questions about one message to lists, all sent together, and what became of them. */
#ifndef CHECKS_DNSBL_WORK_H
#define CHECKS_DNSBL_WORK_H
#include "base/arena.h"
#include "checks/check.h"
#include "checks/dnsbl_lists.h"
#include "dns/dns.h"

struct dnsbl_asked {
    struct dnsbl_work *work;
    struct dnsbl_list *list;
    enum dnsbl_said said;
    size_t name; /* which of those that dnsbl_work_ask was given */
};

struct dnsbl_work {
    struct check_request *request;
    /* What follows, when the last answer is in: posted as the check's answer. From any thread. */
    struct facts *(*conclude)(const struct dnsbl_work *work);
    bool is_wanted[DNSBL_KIND__COUNT];
    bool is_short; /* little time was left: no answer is nobody's fault */
    unsigned open; /* answers still to come, and one until all is sent */
    struct dnsbl_batch {
        struct arena *arena; /* names */
        int64_t deadline;
        uint64_t asker;
        size_t count;
        struct dns_question *questions;
    } batch;
    size_t count, max;
    struct dnsbl_asked asked[];
};

/* Questions that go out together; they need room for max. The client of the facts is who asks. */
void dnsbl_batch_begin(struct dnsbl_batch *batch, const struct facts *facts, int64_t deadline,
                       size_t max);
/* The question for this name, to be completed; the name is copied. */
struct dns_question *dnsbl_batch_add(struct dnsbl_batch *batch, struct span name);
void dnsbl_batch_send(struct dnsbl_batch *batch);

/* max: names asked of all lists together. */
struct dnsbl_work *dnsbl_work_new(struct check_request *request, size_t max,
                                  struct facts *(*conclude)(const struct dnsbl_work *work));
/* All of these names but the empty ones, unless the list is left out; it is tried with the first when its time has come. */
void dnsbl_work_ask(struct dnsbl_work *work, struct dnsbl_list *list, const struct str *names,
                    size_t count);
/* Sends what was asked; the work is no longer the caller's. */
void dnsbl_work_send(struct dnsbl_work **work);

/* What the lists of one kind said; each list counts once, however many names it was asked. */
struct dnsbl_tally {
    size_t listed_count, silent_count;
    int64_t weight; /* of those that list */
    struct value listed[DNSBL_ZONES_MAX];
    struct span silent; /* the first */
};
void dnsbl_tally(const struct dnsbl_work *work, enum dnsbl_kind kind,
                 struct dnsbl_tally *tally_r);
void dnsbl_set_silent(struct facts *facts, enum fact_id id, const struct dnsbl_tally *tally);
/* The zones that list; unknown when none does and one is silent; else absent. */
void dnsbl_set_listed(struct facts *facts, enum fact_id id, const struct dnsbl_tally *tally);

/* In dnsbl_facts.c: the facts of the kinds that are wanted; dnsbl.score when all are that it is made of. A list that gave no answer makes its
 * fact unknown unless another list of the kind lists. */
struct facts *dnsbl_facts(const struct dnsbl_work *work);
#endif
