/* From an attribute of Postfix's policy protocol (SMTPD_POLICY_README) to facts: one table, policyd and `policy test` read it. */
#ifndef FACTS_FROM_POLICY_H
#define FACTS_FROM_POLICY_H
#include "facts/facts.h"

/* One name=value pair. Unknown names are ignored. Bad values become unknown or absent, never an error.
 * message gets the connection and envelope, recipient the recipient's facts. auth.user is absent when sasl_method is XCLIENT:
 * call from_policy_end after the last attribute, which settles such pairs and sets absent what Postfix sends empty. */
struct policy_attributes; /* collected so far */
struct policy_attributes *from_policy_begin(void);
void from_policy_add(struct policy_attributes *attributes, struct span name, struct span value);
void from_policy_end(struct policy_attributes **attributes, struct facts *message,
                     struct facts *recipient);
#endif
