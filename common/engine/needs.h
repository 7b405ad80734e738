/* From "this fact is needed" to "the check that learns it is under way", and to what stands when nobody can learn it. */
#ifndef ENGINE_NEEDS_H
#define ENGINE_NEEDS_H
#include "engine/decide.h"

/* Notes check number `index`, and those it works with, as wanted; starts nothing. */
void needs_want(struct deciding *d, size_t index);
/* Starts check number `index` unless it was started; it is told everything the chain's rules ask of it. What it works with (its `needs`) is
 * started first, and the check itself when that has answered. A start that fails answers at once. */
void needs_start(struct deciding *d, size_t index);
/* Takes the answers in and merges them, starts the checks that waited for them; what an answering check was asked and did not say is
 * settled. True when there was one. */
bool needs_take_answers(struct deciding *d);
/* Sees to each need: starts its check, or settles it when no check learns it, its check has answered, or the deadline
 * is over. True when an answer has to be waited for. */
bool needs_meet(struct deciding *d, struct facts *recipient,
                const struct evaluation *evaluation);
/* Is the check still to answer? Past the deadline no more: it is settled. */
bool needs_wait_for(struct deciding *d, size_t index);
/* What was settled for want of time is pending again, where its check may still answer. */
void needs_reopen(struct deciding *d);
bool needs_is_learnt(const struct deciding *d, const struct fact_ref *ref);
int needs_check_of(const struct fact_ref *ref); /* index of the check that learns it, or -1 */
#endif
