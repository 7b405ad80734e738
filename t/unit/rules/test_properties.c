/* What must hold for every rule set and all facts: nothing depends on when and in which order facts come in. */
#include <stdio.h>
#include "facts/block.h"
#include "rules/eval.h"
#include "rules/explain.h"
#include "t/lib/random.h"
#include "t/lib/rule_gen.h"
#include "t/lib/suite.h"

#define RULE_SETS 250
#define FACT_SETS 8
#define NEEDS_MAX 200

struct world {
    uint64_t seed, state;
    struct ruleset *rules;
    struct str text;
    struct lists lists;
    struct facts *message, *recipient;
    struct arena *arena;
};

static void world_begin(struct world *w, uint64_t seed)
{
    *w = (struct world){.seed = seed, .state = random_seeded(seed), .arena = arena_new()};
    w->rules = rule_gen_filter(&w->state, &w->text);
    ck_assert_msg(w->rules != NULL, "seed %ju does not compile:\n%s", (uintmax_t)seed,
                  str_cstr(&w->text));
    w->lists = (struct lists){.rules = w->rules};
}

static void world_facts(struct world *w)
{
    facts_free(&w->message);
    facts_free(&w->recipient);
    w->message = facts_new();
    w->recipient = facts_new();
    rule_gen_facts(&w->state, w->message, w->recipient);
    arena_reset(w->arena);
}

static void world_end(struct world *w)
{
    facts_free(&w->message);
    facts_free(&w->recipient);
    ruleset_unpin(&w->rules);
    str_clear(&w->text);
    arena_free(&w->arena);
}

static struct evaluation ask(struct world *w, const struct facts *message,
                             const struct facts *recipient, enum stage stage)
{
    struct facts_view view = {message, recipient};
    struct evaluation evaluation;

    evaluate(w->arena, &w->lists, CHAIN_FILTER, &view, stage, &evaluation);
    return evaluation;
}

/* All that has an effect, and which rules applied (warned too, if asked). What was held back or lacked a fact may differ: what
 * need not be asked is not known. */
static void tell(struct str *out, const struct outcome *o, bool with_warned)
{
    str_printf(out, "%d rule %d %s %.*s keep %d quarantine %d %.*s score %jd..%jd\n",
               (int)o->disposition, o->rule, o->code, SPAN_ARG(o->text), o->wants_keep,
               o->wants_quarantine, SPAN_ARG(o->quarantine_reason), (intmax_t)o->score_low,
               (intmax_t)o->score_high);
    for (size_t i = 0; i < o->tag_count; i++)
        str_printf(out, "tag %.*s\n", SPAN_ARG(o->tags[i]));
    for (size_t i = 0; i < o->log_count; i++)
        str_printf(out, "log %.*s\n", SPAN_ARG(o->logs[i]));
    for (size_t i = 0; i < o->edit_count; i++)
        str_printf(out, "edit %d %.*s %.*s\n", (int)o->edits[i].kind,
                   SPAN_ARG(o->edits[i].name), SPAN_ARG(o->edits[i].value));
    for (size_t i = 0; i < o->reason_count; i++)
        if (o->reasons[i].what == REASON_APPLIED ||
            (with_warned && o->reasons[i].what == REASON_WARNED))
            str_printf(out, "rule %u %d\n", o->reasons[i].rule, (int)o->reasons[i].what);
}

static void same(const struct world *w, const char *what, const struct outcome *got,
                 const struct outcome *want, bool with_warned)
{
    struct str one = STR_EMPTY, other = STR_EMPTY;

    tell(&one, got, with_warned);
    tell(&other, want, with_warned);
    ck_assert_msg(span_equal(str_span(&one), str_span(&other)),
                  "%s, seed %ju:\n%s\n--- got\n%s--- with all facts\n%s", what,
                  (uintmax_t)w->seed, str_cstr(&w->text), str_cstr(&one), str_cstr(&other));
    str_clear(&one);
    str_clear(&other);
}

static const struct outcome *all_at_the_end(struct world *w)
{
    struct evaluation evaluation = ask(w, w->message, w->recipient, STAGE_EOM);

    ck_assert_msg(evaluation.result == EVAL_DECIDED, "seed %ju: not decided by all facts",
                  (uintmax_t)w->seed);
    return evaluation.outcome;
}

/* Facts as they come in, stage by stage: whatever is decided early is what the end says. */
static size_t check_stages(struct world *w)
{
    const struct outcome *want = all_at_the_end(w);
    enum stage due = STAGE_CONNECT;
    size_t early = 0;

    for (enum stage stage = STAGE_CONNECT; stage <= STAGE_EOM; stage++) {
        struct facts *message = facts_new(), *recipient = facts_new();
        struct evaluation evaluation;
        rule_gen_copy_until(message, w->message, stage);
        rule_gen_copy_until(recipient, w->recipient, stage);
        evaluation = ask(w, message, recipient, stage);
        ck_assert_msg(evaluation.result != EVAL_NEED, "seed %ju: needs %s at stage %d",
                      (uintmax_t)w->seed, fact_table[evaluation.needs[0].fact].name, stage);
        if (evaluation.result == EVAL_DECIDED) {
            same(w, "stage by stage", evaluation.outcome, want, false);
            early += stage < STAGE_EOM;
        } else {
            ck_assert_msg(evaluation.pending > stage, "seed %ju", (uintmax_t)w->seed);
            ck_assert_msg(stage < STAGE_EOM, "seed %ju", (uintmax_t)w->seed);
        }
        ck_assert_msg(evaluation.result == EVAL_DECIDED || due <= evaluation.pending,
                      "seed %ju", (uintmax_t)w->seed);
        due = evaluation.result == EVAL_DECIDED ? due : evaluation.pending;
        facts_free(&message);
        facts_free(&recipient);
    }
    return early;
}

static void give(struct world *w, struct facts *message, struct facts *recipient,
                 const struct fact_ref *need)
{
    bool is_recipients =
        need->record == RECORD_NONE && (fact_table[need->fact].flags & FACT_PER_RECIPIENT) != 0;

    if (is_recipients)
        rule_gen_copy(recipient, w->recipient, need);
    else
        rule_gen_copy(message, w->message, need);
}

/* Nothing is known but what is asked for. */
static const struct outcome *by_need(struct world *w, struct facts *message,
                                     struct facts *recipient)
{
    for (size_t i = 0; i < NEEDS_MAX; i++) {
        struct evaluation evaluation = ask(w, message, recipient, STAGE_EOM);
        if (evaluation.result == EVAL_DECIDED)
            return evaluation.outcome;
        ck_assert_msg(evaluation.result == EVAL_NEED && evaluation.need_count > 0, "seed %ju",
                      (uintmax_t)w->seed);
        for (size_t k = 0; k < evaluation.need_count; k++)
            give(w, message, recipient, &evaluation.needs[k]);
    }
    ck_abort_msg("seed %ju: needs without end", (uintmax_t)w->seed);
    return NULL;
}

static struct facts *through_block(const struct facts *facts)
{
    struct facts *again = facts_new();
    struct str bytes = STR_EMPTY;
    struct err err;

    ck_assert_int_eq(block_write(&bytes, facts, &err), 0);
    ck_assert_msg(block_read(again, str_span(&bytes), &err) == 0, "%s", err.text);
    str_clear(&bytes);
    return again;
}

/* What was learnt, written to a block and read again, gives the same in every word. */
static void check_replay(struct world *w, const struct facts *message,
                         const struct facts *recipient, const struct outcome *live)
{
    struct facts *message_again = through_block(message);
    struct facts *recipient_again = through_block(recipient);
    struct evaluation evaluation = ask(w, message_again, recipient_again, STAGE_EOM);
    struct str one = STR_EMPTY, other = STR_EMPTY;

    ck_assert_int_eq(evaluation.result, EVAL_DECIDED);
    explain_outcome(&one, w->rules, live);
    explain_outcome(&other, w->rules, evaluation.outcome);
    ck_assert_msg(span_equal(str_span(&one), str_span(&other)),
                  "replay, seed %ju:\n%s--- live\n%s--- again\n%s", (uintmax_t)w->seed,
                  str_cstr(&w->text), str_cstr(&one), str_cstr(&other));
    str_clear(&one);
    str_clear(&other);
    facts_free(&message_again);
    facts_free(&recipient_again);
}

START_TEST(stage_by_stage)
{
    size_t early = 0;

    for (uint64_t seed = 1; seed <= RULE_SETS; seed++) {
        struct world w;
        world_begin(&w, seed);
        for (size_t i = 0; i < FACT_SETS; i++) {
            world_facts(&w);
            early += check_stages(&w);
        }
        world_end(&w);
    }
    ck_assert_msg(early > RULE_SETS, "only %zu early verdicts: the property shows nothing",
                  early);
}
END_TEST

START_TEST(driven_by_need)
{
    for (uint64_t seed = 1; seed <= RULE_SETS; seed++) {
        struct world w;
        world_begin(&w, seed);
        for (size_t i = 0; i < FACT_SETS; i++) {
            struct facts *message = facts_new(), *recipient = facts_new();
            const struct outcome *live;
            world_facts(&w);
            live = by_need(&w, message, recipient);
            same(&w, "by need", live, all_at_the_end(&w), true);
            check_replay(&w, message, recipient, live);
            facts_free(&message);
            facts_free(&recipient);
        }
        world_end(&w);
    }
}
END_TEST

static void tell_charges(struct str *out, const struct outcome *o)
{
    for (size_t i = 0; i < o->charge_count; i++)
        str_printf(out, "%s(%.*s)\n", fact_table[o->charges[i].fact].name,
                   SPAN_ARG(o->charges[i].key));
}

/* Tags are a set. */
static uint64_t tag_bits(const struct outcome *o)
{
    uint64_t bits = 0, number;

    for (size_t i = 0; i < o->tag_count; i++) {
        ck_assert(span_to_u64(span_from(o->tags[i].ptr + 1, o->tags[i].len - 1), 63, &number));
        bits |= (uint64_t)1 << number;
    }
    return bits;
}

static const struct outcome *count_once(struct arena *arena, const struct ruleset *rules,
                                        uint64_t seed)
{
    struct facts *message = facts_new(), *recipient = facts_new();
    struct lists lists = {.rules = rules};
    struct facts_view view = {message, recipient};
    uint64_t state = random_seeded(seed);
    struct evaluation evaluation;

    rule_gen_facts(&state, message, recipient);
    evaluate(arena, &lists, CHAIN_POLICY, &view, STAGE_RCPT, &evaluation);
    while (evaluation.result == EVAL_NEED) {
        struct value reading = {.number = (int64_t)(evaluation.needs[0].key.len % 7)};
        struct fact fact = {FACT_VALUE, {NULL, 0}, 1, &reading};
        ck_assert(
            facts_set_keyed(message, evaluation.needs[0].fact, evaluation.needs[0].key, &fact));
        evaluate(arena, &lists, CHAIN_POLICY, &view, STAGE_RCPT, &evaluation);
    }
    facts_free(&message);
    facts_free(&recipient);
    ck_assert_int_eq(evaluation.result, EVAL_DECIDED);
    return evaluation.outcome;
}

START_TEST(counters_in_any_order)
{
    unsigned charged = 0;

    for (uint64_t seed = 1; seed <= RULE_SETS; seed++) {
        struct str text = STR_EMPTY, shuffled = STR_EMPTY, one = STR_EMPTY, other = STR_EMPTY;
        struct ruleset *rules = rule_gen_counters(seed, false, &text);
        struct ruleset *mixed = rule_gen_counters(seed, true, &shuffled);
        struct arena *arena = arena_new();
        const struct outcome *first, *second;

        ck_assert(rules != NULL && mixed != NULL);
        first = count_once(arena, rules, seed);
        second = count_once(arena, mixed, seed);
        tell_charges(&one, first);
        tell_charges(&other, second);
        charged += one.len > 0; /* a key without a value is not */
        ck_assert_msg(span_equal(str_span(&one), str_span(&other)), "seed %ju:\n%s%s",
                      (uintmax_t)seed, str_cstr(&one), str_cstr(&other));
        ck_assert_msg(tag_bits(first) == tag_bits(second), "seed %ju", (uintmax_t)seed);
        ruleset_unpin(&rules);
        ruleset_unpin(&mixed);
        arena_free(&arena);
        str_clear(&text);
        str_clear(&shuffled);
        str_clear(&one);
        str_clear(&other);
    }
    ck_assert_uint_gt(charged, RULE_SETS / 2);
}
END_TEST

SUITE_MAIN("rule properties", stage_by_stage, driven_by_need, counters_in_any_order)
