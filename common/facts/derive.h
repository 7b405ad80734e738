/* Facts that follow from others by pure code: the same code live, in tests and in replay.
 * sender.domain, recipient.domain, recipient.routed, from.domain, author.domain; attachment.extension and .deceptive from the names; url.domain from the host.
 * (direction needs lists and is derived by rules/.) */
#ifndef FACTS_DERIVE_H
#define FACTS_DERIVE_H
#include "facts/facts.h"

/* Derives everything that is not set yet and whose source is set (absent gives absent, unknown gives unknown). */
void facts_derive(struct facts *facts);
/* The same for one element of a record. */
void facts_derive_record(struct facts *facts, enum record record, size_t index);
/* Sets sender or recipient from an SMTP path ("<a@b>" or "a@b"; empty or "<>": absent) and derives from it. */
void facts_set_path(struct facts *facts, enum fact_id sender_or_recipient,
                    struct span smtp_path);
#endif
