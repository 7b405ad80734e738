/* explain.c - tells an outcome: in several lines for people, in one for the log. */
#include "base/sinks.h"
#include "rules/explain.h"

static const struct name_value reason_words[] = {
    {"applied", REASON_APPLIED},     {"would have applied (warn)", REASON_WARNED},
    {"held back", REASON_HELD_BACK}, {"not decided", REASON_UNKNOWN},
    {"skipped", REASON_SKIPPED},     {NULL, 0},
};

/* Keys of the log line, in its order. */
static const struct name_value line_words[] = {
    {"warn", REASON_WARNED},
    {"held", REASON_HELD_BACK},
    {"skipped", REASON_SKIPPED},
    {"unknown", REASON_UNKNOWN},
    {NULL, 0},
};

static void add_ref(struct str *out, const struct fact_ref *ref)
{
    if ((int)ref->fact == FACT_NONE) {
        str_adds(out, "too many comparisons");
        return;
    }
    str_adds(out, fact_table[ref->fact].name);
    if (ref->key.len > 0)
        str_printf(out, "(%.*s)", SPAN_ARG(ref->key));
}

static void add_score(struct str *out, int64_t low, int64_t high)
{
    struct value from = {.number = low}, to = {.number = high};

    fact_print(out, FACT_SCORE, &(struct fact){FACT_VALUE, {NULL, 0}, 1, &from});
    if (low == high)
        return;
    str_adds(out, "..");
    fact_print(out, FACT_SCORE, &(struct fact){FACT_VALUE, {NULL, 0}, 1, &to});
}

static void add_tags(struct str *out, const struct outcome *outcome, const char *between)
{
    for (size_t i = 0; i < outcome->tag_count; i++) {
        str_adds(out, i > 0 ? between : "");
        sink_terminal(out, outcome->tags[i]);
    }
}

static void add_decision(struct str *out, const struct ruleset *rules,
                         const struct outcome *outcome)
{
    str_adds(out, names_name(disposition_names, (int)outcome->disposition));
    if (outcome->rule >= 0) {
        const struct rule *rule = &rules->rules[outcome->rule];
        str_printf(out, " by %.*s (line %u)", SPAN_ARG(rule->name), rule->place.line);
    } else {
        str_adds(out, ": no rule decided");
    }
    if (outcome->code[0] != '\0' || outcome->text.len > 0)
        str_printf(out, ": %s%s", outcome->code, outcome->code[0] != '\0' ? " " : "");
    sink_terminal(out, outcome->text);
    if (outcome->disposition == DISPOSITION_REJECT && outcome->wants_quarantine)
        str_adds(out, " (kept in quarantine)");
    str_addc(out, '\n');
}

static void add_reason(struct str *out, const struct ruleset *rules,
                       const struct reason *reason)
{
    const struct rule *rule = &rules->rules[reason->rule];

    str_printf(out, "  %.*s (line %u) %s", SPAN_ARG(rule->name), rule->place.line,
               names_name(reason_words, (int)reason->what));
    if (reason->what == REASON_UNKNOWN) {
        str_adds(out, " for want of ");
        add_ref(out, &reason->missing);
    }
    if (reason->detail.len > 0) {
        str_adds(out, ": ");
        sink_terminal(out, reason->detail);
    }
    str_addc(out, '\n');
}

void explain_outcome(struct str *out, const struct ruleset *rules,
                     const struct outcome *outcome)
{
    add_decision(out, rules, outcome);
    for (size_t i = 0; i < outcome->reason_count; i++)
        add_reason(out, rules, &outcome->reasons[i]);
    if (outcome->score_low != 0 || outcome->score_high != 0) {
        str_adds(out, "  score ");
        add_score(out, outcome->score_low, outcome->score_high);
        str_addc(out, '\n');
    }
    if (outcome->tag_count > 0) {
        str_adds(out, "  tags ");
        add_tags(out, outcome, ", ");
        str_addc(out, '\n');
    }
}

/* " warn=a,b": rules of one kind; of unknown ones also the fact. */
static void add_rules(struct str *out, const struct ruleset *rules,
                      const struct outcome *outcome, const struct name_value *word)
{
    const char *before = " ";

    for (size_t i = 0; i < outcome->reason_count; i++) {
        const struct reason *reason = &outcome->reasons[i];
        if ((int)reason->what != word->value)
            continue;
        if (before[0] == ' ')
            str_printf(out, " %s=", word->name);
        else
            str_adds(out, before);
        before = ",";
        str_add(out, rules->rules[reason->rule].name);
        if (reason->what == REASON_UNKNOWN) {
            str_addc(out, '(');
            add_ref(out, &reason->missing);
            str_addc(out, ')');
        }
    }
}

void explain_line(struct str *out, const struct ruleset *rules, const struct outcome *outcome)
{
    if (outcome->rule >= 0)
        str_printf(out, "rule=%.*s line=%u", SPAN_ARG(rules->rules[outcome->rule].name),
                   rules->rules[outcome->rule].place.line);
    else
        str_adds(out, "rule=none");
    if (outcome->score_low != 0 || outcome->score_high != 0) {
        str_adds(out, " score=");
        add_score(out, outcome->score_low, outcome->score_high);
    }
    if (outcome->tag_count > 0) {
        str_adds(out, " tags=");
        add_tags(out, outcome, ",");
    }
    for (size_t i = 0; line_words[i].name != NULL; i++)
        add_rules(out, rules, outcome, &line_words[i]);
}
