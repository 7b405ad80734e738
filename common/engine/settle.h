/* What stands in the place of facts that could not be learnt. */
#ifndef ENGINE_SETTLE_H
#define ENGINE_SETTLE_H
#include "engine/decide.h"

/* Puts facts of `from` into the message: after the decision only where nothing stands yet, so that what was decided with stays what is
 * recorded. False past a limit. */
bool settle_merge(struct deciding *d, const struct facts *from);
/* One fact is unknown. */
void settle_unknown(struct deciding *d, struct facts *recipient, const struct fact_ref *ref,
                    const char *reason);
/* All that the check was asked and has not said: as its `without` says, else unknown. */
void settle_check(struct deciding *d, size_t index, const char *reason);
/* The same of one that said nothing at all: without a `without` all its facts are unknown, whoever works with them. */
void settle_missing(struct deciding *d, size_t index, const char *reason);
#endif
