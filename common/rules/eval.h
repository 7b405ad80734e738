/* evaluate: pure. verdict = f(revision, list generation, facts). No I/O, no clock, no threads; fuel bounds it. */
#ifndef RULES_EVAL_H
#define RULES_EVAL_H
#include "rules/lists.h"
#include "rules/verdict.h"

#define EVAL_FUEL                                                                              \
    1000000 /* comparisons of one walk; when it is used up: DECIDED defer "4.3.0 ..." and a reason that names the rule */

enum eval_result { EVAL_DECIDED = 1, EVAL_NEED, EVAL_PENDING };

struct evaluation {
    enum eval_result result;
    const struct outcome *outcome; /* DECIDED */
    size_t
        need_count; /* NEED: facts of this stage or earlier that are not learnt; at least the leftmost missing one */
    const struct fact_ref *needs;
    enum stage pending; /* PENDING: the earliest stage at which the walk can go on */
};

/* Walks `chain` top to bottom with what is known at `stage`. A fact that is PENDING in the view and whose row says stage <= `stage` is
 * NEEDed; a later one makes the result PENDING when the walk cannot go on without it. Everything in *out lives in arena.
 * - What is known is used first, a certain exception too; of what is missing, the leftmost fact that can be learnt now is asked for, and
 *   only when there is none is a later stage waited for. Facts that a rule's texts print belong to what it needs.
 * - A (warn) rule asks what can be learnt now, but is not waited for: it cannot change the verdict.
 * - A rule whose text prints what `any` found waits for the alternatives and elements before, so that it prints the same early and late.
 * - What a (not warn) rule of unknown condition would give as points or tags is in doubt below: an interval, an unknown tag.
 * - Without a recipient in the view its facts are unknown. */
void evaluate(struct arena *arena, const struct lists *lists, enum chain chain,
              const struct facts_view *view, enum stage stage, struct evaluation *out);

/* direction as rule-language.md says (derived from auth.user, client.ip, $relay_networks, domain.accepted). Part of the evaluation; also for explain. */
void evaluate_direction(const struct lists *lists, const struct facts_view *view,
                        struct fact *out);
/* Expands a template; every value is escaped for a reply (sink_reply, 200 bytes each). */
struct span evaluate_text(struct arena *arena, const struct lists *lists,
                          const struct text_template *text, const struct facts_view *view,
                          int record_index);
#endif
