/* Hands one report to Postfix over the release listener, with a mark of our own. */
#ifndef MILTER_DMARC_REPORT_SEND_H
#define MILTER_DMARC_REPORT_SEND_H
#include "milter/dmarc_report.h"
#include "milter/dmarc_report_sent.h"
#include "milter/gate.h"

enum report_outcome {
    REPORT_DONE = 1, /* Postfix has it */
    REPORT_FAILED,   /* surely not: err says why; tried again next time */
    REPORT_UNKNOWN   /* sent, and no answer came: never sent again by itself */
};
struct report_letter {
    const char *domain; /* the report's, for what is noted */
    const struct report_target *targets;
    size_t target_count;
    struct span message;
};
/* refused: appended, targets that Postfix did not take; it has the report for the others. */
enum report_outcome report_send(struct gate *gate, const struct report_letter *letter,
                                struct sent *sent, struct str *refused, struct err *err);
#endif
