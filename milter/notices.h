/* What policyd is told of this daemon's decisions (control/notice.h): for statistics, shared counters and the index of the quarantine. Never waits. */
#ifndef MILTER_NOTICES_H
#define MILTER_NOTICES_H
#include "milter/transaction.h"

/* The end of a message, with what became of it. */
void notices_message(struct transaction *t, enum disposition disposition,
                     const struct outcome *outcome);
/* A recipient refused at RCPT. */
void notices_refused(struct transaction *t, size_t recipient, const struct outcome *outcome);
/* An entry of the quarantine was stored or changed its state; state as names of quarantine_state_names, "gone" when it was removed. */
void notices_quarantine(struct span id, const char *state);
#endif
