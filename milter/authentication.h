/* What stands in Authentication-Results is learnt for mail from outside even when no rule asks for it: begun early, together with what rules
 * ask, and waited for only after the decision, when the message is delivered. */
#ifndef MILTER_AUTHENTICATION_H
#define MILTER_AUTHENTICATION_H
#include "milter/transaction.h"

/* At MAIL, and when headers end: what can be asked ahead and begun is. */
void authentication_mail(struct transaction *t);
void authentication_headers(struct transaction *t);
/* At end of message, before the rules are asked: starts what is left, and takes the word of a gateway that brings the message. */
void authentication_end(struct transaction *t);
/* Waits, up to the deadline of the lookups, for what the header says. */
void authentication_finish(struct transaction *t);
/* Does this message get an Authentication-Results header of ours? */
bool authentication_is_wanted(const struct transaction *t);
#endif
