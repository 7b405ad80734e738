/* Changes to the message, at end of message only: headers it must not be fooled by are removed, recipients who do not get it are
 * removed, headers the rules ask for are added, and our mark is set. */
#ifndef MILTER_EDITS_H
#define MILTER_EDITS_H
#include <libmilter/mfapi.h>
#include "milter/transaction.h"

/* -1 when the MTA did not take a change: the message must then be deferred, never delivered half changed. */
int edits_apply(SMFICTX *ctx, struct transaction *t, struct err *err);

/* As the MTA gets them, for whoever signs: the value of a header that a rule adds, with its leading blank; and the subject with the prefixes
 * of the rules. False: there is nothing to put in front of it. Appended. */
void edits_header_value(struct str *out, struct span value);
bool edits_subject_value(const struct transaction *t, struct str *out);
#endif
