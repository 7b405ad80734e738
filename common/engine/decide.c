/* decide.c - the product in forty lines: evaluate, learn what is needed, evaluate again. */
#include "engine/decide.h"
#include "engine/needs.h"

/* Each turn settles at least one fact or waits; a rule set asks fewer distinct facts than this. */
#define MAX_TURNS 4096
/* How far back a recipient of the same class is looked for. */
#define MAX_CLASSES 64

static const struct outcome out_of_turns = {
    .disposition = DISPOSITION_DEFER,
    .rule = -1,
    .code = "4.3.0",
    .text = {"the rules could not be decided", 30},
};

static struct facts *recipient_of(const struct deciding *d, size_t recipient)
{
    return recipient < d->recipient_count ? d->recipients[recipient] : NULL;
}

static enum decide_state decide_one(struct deciding *d, size_t recipient, enum stage stage,
                                    const struct outcome **outcome_r)
{
    struct facts_view view = {d->message, recipient_of(d, recipient)};
    struct evaluation evaluation;

    *outcome_r = &out_of_turns;
    for (size_t turn = 0; turn < MAX_TURNS; turn++) {
        evaluate(d->arena, &d->snapshot->lists, d->chain, &view, stage, &evaluation);
        if (evaluation.result == EVAL_PENDING)
            return DECIDE_PENDING;
        if (evaluation.result == EVAL_DECIDED) {
            *outcome_r = evaluation.outcome;
            break;
        }
        if (needs_meet(d, recipient_of(d, recipient), &evaluation) && !needs_take_answers(d))
            return DECIDE_WAIT;
    }
    return DECIDE_DONE;
}

enum decide_state decide_recipient(struct deciding *d, size_t recipient, enum stage stage,
                                   const struct outcome **outcome_r)
{
    (void)needs_take_answers(d);
    return decide_one(d, recipient, stage, outcome_r);
}

static bool is_equal(const struct deciding *d, size_t a, size_t b, enum fact_id id)
{
    return fact_equal(id, facts_get(d->recipients[a], id), facts_get(d->recipients[b], id));
}

/* Recipients are of one class when every fact of theirs that the rules ask is the same: then so is the outcome. */
static bool is_one_class(const struct deciding *d, size_t a, size_t b)
{
    const struct ruleset *rules = d->snapshot->rules;

    if (!rules->reads_recipient[d->chain])
        return true;
    for (size_t i = 0; i < rules->ask_count[d->chain]; i++) {
        enum fact_id id = rules->asks[d->chain][i].fact;
        if ((fact_table[id].flags & FACT_PER_RECIPIENT) != 0 && !is_equal(d, a, b, id))
            return false;
    }
    return is_equal(d, a, b, FACT_DOMAIN_ACCEPTED); /* direction is made of it */
}

/* The outcome of a recipient before it whose class it shares, or NULL. */
static const struct outcome *known_outcome(const struct deciding *d, size_t recipient,
                                           const struct outcome *const *outcomes)
{
    size_t from = recipient > MAX_CLASSES ? recipient - MAX_CLASSES : 0;

    for (size_t i = from; i < recipient; i++)
        if (outcomes[i] != NULL && is_one_class(d, i, recipient))
            return outcomes[i];
    return NULL;
}

/* Answers are taken before the first recipient: what comes past the deadline, between two of them, is not for some of them only. */
enum decide_state decide(struct deciding *d, enum stage stage, const struct verdict **verdict_r)
{
    const struct outcome **outcomes =
        arena_array(d->arena, d->recipient_count + 1, sizeof *outcomes);
    enum decide_state worst = DECIDE_DONE;

    (void)needs_take_answers(d);
    for (size_t i = 0; i < d->recipient_count && worst == DECIDE_DONE; i++) {
        outcomes[i] = known_outcome(d, i, outcomes);
        if (outcomes[i] == NULL)
            worst = decide_one(d, i, stage, &outcomes[i]);
    }
    if (worst == DECIDE_DONE)
        *verdict_r = verdict_combine(d->arena, outcomes, d->recipient_count);
    return worst;
}

void decide_want(struct deciding *d, enum fact_id fact)
{
    struct fact_ref ref = {.fact = fact, .record = fact_table[fact].record};
    int check = needs_check_of(&ref);

    if (check >= 0 && !needs_is_learnt(d, &ref))
        needs_want(d, (size_t)check);
}

static void want_asked(struct deciding *d)
{
    const struct ruleset *rules = d->snapshot->rules;

    for (size_t i = 0; i < rules->ask_count[d->chain]; i++) {
        const struct fact_ref *ref = &rules->asks[d->chain][i];
        int check = needs_check_of(ref);
        if (check >= 0 && !needs_is_learnt(d, ref))
            needs_want(d, (size_t)check);
    }
}

bool decide_may_ask(struct deciding *d, enum fact_id fact)
{
    int check = checks_for(fact);

    want_asked(d);
    return check >= 0 && (d->wanted >> check & 1) != 0;
}

/* Needs of a later stage hold a check back by themselves: only what may begin is started. */
void decide_start_early(struct deciding *d, enum stage stage)
{
    want_asked(d);
    for (size_t i = 0; i < checks_count(); i++)
        if ((d->wanted >> i & 1) != 0 && checks_at(i)->stage <= stage)
            needs_start(d, i);
}

enum decide_state decide_learn(struct deciding *d, enum fact_id fact)
{
    int check = checks_for(fact);

    (void)needs_take_answers(d);
    if (check < 0)
        return DECIDE_DONE;
    needs_start(d, (size_t)check);
    return needs_wait_for(d, (size_t)check) ? DECIDE_WAIT : DECIDE_DONE;
}

void decide_again(struct deciding *d, int64_t deadline)
{
    d->deadline = deadline;
    (void)needs_take_answers(d);
    needs_reopen(d);
}
