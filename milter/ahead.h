/* Asks DNS ahead of the checks, as soon as what they will ask can be guessed, so that their answers are in the cache or on their way: lookups
 * together cost one round trip. Only what rules or Authentication-Results will need; nothing is decided from a guess. */
#ifndef MILTER_AHEAD_H
#define MILTER_AHEAD_H
#include "milter/session.h"
#include "milter/transaction.h"

void ahead_connect(const struct session *session); /* block lists of clients */
void ahead_mail(struct transaction *t);            /* the DMARC record of the sender's domain */
void ahead_headers(struct transaction *t);         /* keys, and the DMARC record of From */
#endif
