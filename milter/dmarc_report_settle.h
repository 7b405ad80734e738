/* What becomes of one report: is it asked for, by whom, was it sent before; makes and sends it. */
#ifndef MILTER_DMARC_REPORT_SETTLE_H
#define MILTER_DMARC_REPORT_SETTLE_H
#include "milter/dmarc_report.h"
#include "milter/dmarc_report_sent.h"
#include "milter/gate.h"

struct report_making {
    struct gate *gate;
    struct report_set set;
    struct report_about about;
    struct sent *sent; /* NULL: nothing was */
    bool sends;        /* else only what would be done */
};
struct report_fate {
    const char *state; /* in words */
    struct str why;    /* what is to be said to that; may be empty */
    bool is_failed;    /* to be sent, and not, or nobody knows */
};
/* Asks DNS and waits; sends and waits. */
void report_settle(const struct report_making *making, struct report *report,
                   struct report_fate *fate);
#endif
