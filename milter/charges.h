/* The milter's word that counters are charged by (rules/charge.h): what was delivered, told to policyd. */
#ifndef MILTER_CHARGES_H
#define MILTER_CHARGES_H
#include "milter/transaction.h"

/* At the end of a message, after the notice that is part 0: further parts with "charges" alone, for the recipients that it is delivered to. Sends nothing
 * when disposition is another than DELIVER, for a trial, and when no rule of [policy] counts. */
void charges_tell(struct transaction *t, enum disposition disposition);
#endif
