/* What the files of the evaluation share: the walk in hand, answers in three states and "missing", operands. Private to eval*.c and direction.c. */
#ifndef RULES_EVAL_INSIDE_H
#define RULES_EVAL_INSIDE_H
#include "base/str.h"
#include "rules/eval.h"

enum truth {
    NO = 0,
    YES,
    UNKNOWN, /* a fact could not be learnt */
    MISSING  /* a fact is not learnt yet, and what is known does not settle it */
};

/* What a condition gives; of UNKNOWN and MISSING also which fact did it: the leftmost one, but one that can be had at this stage
 * stands before one of a later stage. */
struct answer {
    enum truth truth;
    struct fact_ref fact;
    bool is_now;      /* MISSING: can be learnt at this stage */
    enum stage later; /* MISSING and not now: the earliest stage that may settle it */
};

#define ELEMENT_NONE  (-1)
#define ELEMENT_EXTRA (-2) /* stands for what an incomplete list does not hold */

/* The elements that `any` found, by record: what {attachment.name} and {url.host} print. */
struct bound {
    int of[RECORD__COUNT];
};

/* A walk over one chain. */
struct eval {
    const struct lists *lists;
    const struct ruleset *rules;
    const struct facts_view *view;
    enum stage stage;
    struct arena *arena; /* of this walk */
    int64_t fuel;        /* below zero: used up */
    int64_t detail_fuel; /* for telling what was found; used up: nothing more is told */

    int element; /* inside any, all, no: the element in hand */
    struct bound bound;
    bool prints_record; /* the rule in hand prints a fact of it */

    int64_t score_low, score_high;
    size_t tag_count, maybe_tag_count;
    struct span *tags, *maybe_tags; /* maybe: the rule that gives it was unknown */
    bool *is_skipped;               /* by rule, or NULL while none is */

    struct outcome outcome; /* being made; its arrays grow in arena */
    bool is_verify;
    int permit_rule, verify_rule;
};

/* An operand as it stands; PENDING and UNKNOWN come with `why`. */
struct operand {
    struct fact fact;
    struct answer why;
    struct value own; /* what fact.values points to when the value is made here */
};

static inline struct answer answer_of(bool is_true)
{
    return (struct answer){.truth = is_true ? YES : NO};
}

/* eval_answer.c: Kleene's logic. */
struct answer answer_not(struct answer a);
struct answer answer_unknown(struct fact_ref fact);
struct answer answer_missing(const struct eval *e, struct fact_ref fact, enum stage known_at);
/* Takes b into a, a conjunction (decisive: NO) or alternative (decisive: YES) of what stands to the left of b. Neither may be decisive. */
void answer_join(struct answer *a, struct answer b);

/* eval_expr.c */
struct answer eval_expr(struct eval *e, const struct expr *expr);
/* eval_compare.c */
struct answer eval_compare(struct eval *e, const struct expr *expr);
/* One pair of values; `in` and `=` alike. */
bool eval_values_match(struct eval *e, enum compare_op op, enum value_type type,
                       const struct value *left, const struct value *right);
/* eval_operand.c */
void eval_operand(const struct eval *e, const struct term *term, struct operand *out);
struct fact_ref eval_ref(const struct term *term);
bool eval_has_tag(const struct span *tags, size_t count, struct span name);
/* direction.c */
struct answer direction_is_outbound(const struct eval *e);
struct direction_state {
    unsigned possible; /* bits 1 << enum direction; 0: absent */
    struct answer why; /* when several are possible */
};
void direction_of(const struct eval *e, struct direction_state *out);
/* eval_text.c: expands with the facts of the elements in `e->bound`; sink by action. MISSING when a fact of it is not learnt yet. */
struct answer eval_text_ready(const struct eval *e, const struct text_template *text);
struct span eval_text(const struct eval *e, enum action_kind kind,
                      const struct text_template *text);
/* eval_detail.c: the facts that made expr what it is, as text in e->arena. */
struct span eval_detail(struct eval *e, const struct expr *expr, enum truth truth);
/* eval_action.c: MISSING when the rule greylists and how long the client has been trying is not learnt yet. */
struct answer eval_greylist_ready(const struct eval *e, const struct rule *rule);
/* Does what the rule says; true when the walk ends with it. */
bool eval_actions(struct eval *e, uint32_t rule);
void eval_end_of_chain(struct eval *e, enum chain chain, int accepting_rule);
void eval_add_reason(struct eval *e, struct reason reason);
void eval_add_charges(struct eval *e, enum chain chain);
/* Room for one more behind count elements. */
void *eval_grow(struct arena *arena, const void *array, size_t count, size_t size);
struct outcome *eval_outcome_copy(struct arena *arena, const struct outcome *outcome);
#endif
