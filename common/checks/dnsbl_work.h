/* What the lists were asked about one message, and what became of it. */
#ifndef CHECKS_DNSBL_WORK_H
#define CHECKS_DNSBL_WORK_H
#include "checks/check.h"
#include "checks/dnsbl_list.h"

struct dnsbl_asked {
    struct dnsbl_work *work;
    struct dnsbl_list *list;
    enum dnsbl_said said;
};
struct dnsbl_work {
    struct check_request *request;
    bool is_wanted[DNSBL_KIND__COUNT];
    bool is_short; /* little time was left: no answer is nobody's fault */
    unsigned open; /* answers still to come */
    size_t count;
    struct dnsbl_asked asked[];
};

/* dnsbl, dnsbl.allow and dnsbl.sender, in the order of the kinds. */
extern const enum fact_id dnsbl_kind_facts[DNSBL_KIND__COUNT];

/* The facts of the kinds that are wanted; dnsbl.score when all are. A list that gave no answer makes its fact unknown unless another
 * list of the kind lists. */
struct facts *dnsbl_facts(const struct dnsbl_work *work);
#endif
