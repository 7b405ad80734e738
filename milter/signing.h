/* DKIM signatures (RFC 6376, RFC 8463) on mail of our own people that leaves through us: over the fields as they will be when all edits are
 * made, so it comes last of them. */
#ifndef MILTER_SIGNING_H
#define MILTER_SIGNING_H
#include <libmilter/mfapi.h>
#include "milter/transaction.h"

/* May this message be signed? Staging or submission, not from outside. From is needed then. */
bool signing_is_due(const struct transaction *t);
/* Adds a DKIM-Signature of each kind of key that the domain of From has. Mail of domains without one, of several From or of none, is left as it
 * is; so is mail that cannot be signed, with a warning once. -1 when the MTA did not take a signature. */
int signing_apply(SMFICTX *ctx, struct transaction *t, struct err *err);
#endif
