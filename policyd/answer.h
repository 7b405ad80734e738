/* From an outcome to the one line that Postfix reads (SMTPD_POLICY_README, access(5)). Pure.
 *   pass, and what cannot be said here      DUNNO: the next restriction decides
 *   permit relay, on staging                OK, unless the recipient is source-routed (below)
 *   verify                                  reject_unverified_recipient
 *   reject, defer                           5NN 5.x.y text [CODE], 4NN 4.x.y text [CODE]
 * An answer of digits alone means OK to Postfix, so there is always a text after a number. OK also switches off Postfix's own check
 * for untrusted routing (user%elsewhere@ours, "user@elsewhere"@ours, elsewhere!user@ours): for recipient.routed the answer is
 * DUNNO, and what stands behind the policy service (permit_auth_destination, reject) decides. It refuses. */
#ifndef POLICYD_ANSWER_H
#define POLICYD_ANSWER_H
#include "base/str.h"
#include "facts/facts.h"
#include "rules/verdict.h"

/* RFC 5321 section 4.5.3.1.5: a reply line has at most 512 bytes, and Postfix puts the recipient before ours. */
#define ANSWER_MAX_TEXT 400

/* Appends "action=...\n\n". facts: of the recipient asked about, with path. code: decision code, or empty. */
void answer_write(struct str *out, const struct outcome *outcome,
                  const struct facts_view *facts, struct span code);
void answer_dunno(struct str *out);
/* Nothing can be decided: 451 4.3.0 with this text. */
void answer_later(struct str *out, const char *text);
/* This node is drained (engine/drain.h): Postfix answers 421 and hangs up, the client tries another. */
void answer_drained(struct str *out);
#endif
