/* Walks and compares conditions. Private to rules/. */
#ifndef RULES_WALK_H
#define RULES_WALK_H
#include "rules/ruleset.h"

/* Calls visit for each term that is a fact, left before right, in order. asks_unknown: the term
 * stands before `unknown`, which can always be answered. */
struct walk_term {
    const struct term *term;
    bool asks_unknown;
};
void walk_facts(const struct expr *expr, void (*visit)(void *ctx, const struct walk_term *term),
                void *ctx);
/* The same condition, written alike. */
bool walk_equal(const struct expr *a, const struct expr *b);
/* Whenever a holds, b holds too, by its form alone; false when that cannot be seen, or not with the fuel there is: every step takes one. */
#define WALK_FUEL 2000000 /* for all questions about one file */
bool walk_implies(const struct expr *a, const struct expr *b, size_t *fuel);
/* Holds in every alternative of the ors: some operand of each `and` satisfies test. not, all and no satisfy nothing. */
bool walk_binds(const struct expr *expr, bool (*test)(const void *ctx, const struct expr *leaf),
                const void *ctx);
#endif
