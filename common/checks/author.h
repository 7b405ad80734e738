/* Who certainly wrote a message: facts in, author out. Pure. Exceptions in rules hang on it, so every doubt means: nobody. */
#ifndef CHECKS_AUTHOR_H
#define CHECKS_AUTHOR_H
#include "facts/facts.h"

struct author_terms {
    struct span login_domain; /* normalised, of logins without @; empty: those prove nobody */
    bool is_dkim_strict,
        is_spf_strict; /* as the domain of From asks; strict, too, where it could not be asked */
};

/* Puts author, author.domain and author.by into `to`, or all absent. Read are: from, mime.ambiguous, auth.user, dkim.authors, spf,
 * spf.domain, authres.id. There is one only if From holds exactly one mailbox and is not ambiguous, and
 *   login  it is the login's address, or
 *   dkim   an aligned signature covers all that a reader sees (dkim.authors), or
 *   spf    SPF passed for an aligned domain, as we saw ourselves: a gateway's word for it is not enough.
 * A rescue by ARC is none of these. */
void author_learn(const struct facts *facts, const struct author_terms *terms,
                  struct facts *to);
/* Is it the login's? */
bool author_is_login(const struct facts *facts, struct span login_domain);
void author_learn_absent(struct facts *to);
#endif
