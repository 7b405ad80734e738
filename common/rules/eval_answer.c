/* eval_answer.c - Kleene's three-valued logic, with "missing" for what is not learnt yet. */
#include "rules/eval_inside.h"

struct answer answer_not(struct answer a)
{
    if (a.truth == YES || a.truth == NO)
        a.truth = a.truth == YES ? NO : YES;
    return a;
}

struct answer answer_unknown(struct fact_ref fact)
{
    return (struct answer){.truth = UNKNOWN, .fact = fact};
}

struct answer answer_missing(const struct eval *e, struct fact_ref fact, enum stage known_at)
{
    bool is_now = known_at <= e->stage;

    return (struct answer){
        .truth = MISSING, .fact = fact, .is_now = is_now, .later = is_now ? 0 : known_at};
}

static void join_missing(struct answer *a, struct answer b)
{
    enum stage later = b.later;

    if (a->later != 0 && (later == 0 || a->later < later))
        later = a->later;
    if (!a->is_now && b.is_now)
        *a = b;
    a->later = later;
}

void answer_join(struct answer *a, struct answer b)
{
    if (a->truth == MISSING && b.truth == MISSING)
        join_missing(a, b);
    else if (b.truth == MISSING || (b.truth == UNKNOWN && a->truth < UNKNOWN))
        *a = b;
}
