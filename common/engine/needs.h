/* From "this fact is needed" to "the check that learns it is under way", and to unknown when nobody can learn it. */
#ifndef ENGINE_NEEDS_H
#define ENGINE_NEEDS_H
#include "engine/decide.h"

/* Starts check number `index` unless it was started; it is told everything the chain's rules ask of it. A start that fails answers
 * at once: its facts are unknown. */
void needs_start(struct deciding *d, size_t index);
/* Takes the answers in and merges them; what an answering check was asked and did not say is unknown.
 * True when there was one. */
bool needs_take_answers(struct deciding *d);
/* Sees to each need: starts its check, or settles it as unknown when no check learns it, its check has answered, or the deadline
 * is over. True when an answer has to be waited for. */
bool needs_meet(struct deciding *d, struct facts *recipient,
                const struct evaluation *evaluation);
#endif
