/* Gives meaning to what was parsed: names are looked up, types compared, and everything the language promises is made sure of, before any
 * mail is judged by it. Private to the front half of rules/. */
#ifndef RULES_CHECK_H
#define RULES_CHECK_H
#include "rules/list_image.h"
#include "rules/parse.h"
#include "rules/pattern.h"
#include "rules/walk.h"

struct checker {
    struct arena *arena; /* of the rule set */
    struct problems *problems;
    const struct raw_file *raw;
    struct ruleset *rules;
    struct rule *rule_list;      /* rules->rules, while it is being made */
    struct rule_test *test_list; /* rules->tests, likewise */
    enum chain chain;            /* of the rule or test in hand */
    size_t fuel;                 /* of walk_implies */
    enum record inside;          /* any RECORD (...) around the expression in hand */
};

/* Everything. rules->text is set; on return it is complete, if problems->errors is still 0. */
void check_file(struct checker *c);

/* ruleset.c: freed with the rule set. */
void ruleset_own_patterns(struct ruleset *rules, struct patterns *patterns);
void ruleset_own_image(struct ruleset *rules, struct list_image *image);

void check_error(struct checker *c, struct place place, const char *fmt, ...)
    __attribute__((format(printf, 3, 4)));
void check_warn(struct checker *c, struct place place, const char *fmt, ...)
    __attribute__((format(printf, 3, 4)));

/* check_list.c */
void check_lists(struct checker *c);
/* An item of type pattern, alone: appended as /text/ or /text/i. False after an error. */
bool check_pattern_item(struct checker *c, const struct raw_term *raw, struct str *out);
/* check_literal.c: a value as written, read as the type says. False after an error. of: who it is compared with, for the error. */
struct literal_type {
    enum value_type type;
    const struct name_value *words; /* TYPE_ENUM */
    const char *of;
};
bool check_literal(struct checker *c, const struct literal_type *type,
                   const struct raw_term *raw, struct value *value_r, struct ipnet *net_r);
bool check_size(struct span text, int64_t *bytes_r);
bool check_duration(struct span text, int64_t *seconds_r);
bool check_points(struct span text, int64_t *thousandths_r);
const char *check_advice(enum value_type type); /* "compare it with ..." */

/* check_fact.c: terms that are facts. */
int check_find(const struct checker *c,
               const struct raw_term *raw); /* FACT_NONE: it is none; says nothing */
bool check_fact(struct checker *c, const struct raw_term *raw, struct term *term_r);
bool check_usable(struct checker *c, enum fact_id fact,
                  struct place place); /* in this chain and record */
/* check_function.c: header("Name"), tag("name"), count(...). */
bool check_function(struct checker *c, const struct raw_term *raw, struct term *term_r);

/* check_expr.c, check_compare.c */
bool check_expr(struct checker *c, const struct raw_expr *raw, const struct expr **expr_r);
bool check_compare(struct checker *c, const struct raw_expr *raw, struct expr *expr);

/* check_action.c, check_template.c */
bool check_actions(struct checker *c, const struct raw_rule *raw, struct rule *rule);
bool check_template(struct checker *c, struct span text, struct place place,
                    struct text_template *template_r);

/* check_rule.c: one rule as a whole; check_set.c: all rules beside each other; check_unknown.c: what cannot be known is decided;
 * check_test.c */
void check_rules(struct checker *c);
void check_set(struct checker *c);
void check_slips(struct checker *c); /* check_slips.c: values that never hold */
void check_unknown(struct checker *c);
void check_tests(struct checker *c);
#endif
