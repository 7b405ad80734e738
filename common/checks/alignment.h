/* Identifier alignment (RFC 7489 section 3.1): does an authenticated domain speak for the domain that stands in From? */
#ifndef CHECKS_ALIGNMENT_H
#define CHECKS_ALIGNMENT_H
#include "base/span.h"

/* Both normalised (mail/domain.h). Strict: the same name. Relaxed: the same organisational domain, so that nobody who registered
 * below a public suffix speaks for another, nor for the suffix. Empty aligns with nothing. */
bool alignment_holds(struct span from_domain, struct span authenticated, bool is_strict);
#endif
