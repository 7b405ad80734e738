/* Our own Authentication-Results: everything it says is a fact, so that record, explanation and header never differ. */
#ifndef MILTER_AUTHRES_HEADER_H
#define MILTER_AUTHRES_HEADER_H
#include "facts/facts.h"

/* Appends the value, folded, without a leading blank. One spf (of MAIL FROM; of HELO when the sender is <>), a dkim for each signature, dmarc, arc and a
 * login; what was not learnt is left out, "none" is said. Taken over from an inner gateway: each result names it in a comment. A DMARC
 * that fails says why, one that passes by ARC alone who sealed the chain. */
void authres_write(struct str *out, const struct facts *facts, struct span authserv_id);
#endif
