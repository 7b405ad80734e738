/* One log line and one record for each decision of this daemon. */
#ifndef MILTER_VERDICT_LOG_H
#define MILTER_VERDICT_LOG_H
#include "milter/transaction.h"
#include "store/decisions.h"

/* A refusal at RCPT: makes the answer with a code of its own, logs, records. */
void verdict_log_recipient(struct transaction *t, size_t recipient,
                           const struct outcome *outcome, struct answer *answer_r);
/* End of message: t->ticket was reserved before. */
void verdict_log_message(struct transaction *t, const struct answer *answer);
#endif
