/* check_unknown.c - what cannot be known must be decided: each fact of [filter] that a refusal needs and that may be unknown has a rule that
 * says what happens then. */
#include "rules/check.h"

/* Does the condition ask `fact unknown`, or for parts `any attachment (uninspected known)`, or for links `any url (host unknown)`, not under
 * not? What stands beside it in an `and` is added to the conditions that narrow it. */
#define NARROWING_MAX 64

struct decision {
    enum fact_id
        fact; /* what is asked; of a record: FACT_ATTACHMENT_UNINSPECTED, FACT_URL_HOST */
    struct span key;
    size_t count;
    const struct expr *beside[NARROWING_MAX];
};

struct needing {
    struct checker *c;
    const struct rule *rule;
    uint32_t index; /* of rule */
    const uint32_t *
        asker; /* the rule that restricts by the tag or points that rule gives; NULL: it restricts itself */
    uint32_t *asked_by; /* by rule: who asks for what it gives, or NOBODY */
    bool is_done;       /* one finding a rule is enough */
};
#define NOBODY UINT32_MAX

static bool asks_unknown(const struct decision *d, const struct expr *expr)
{
    enum fact_state wanted = d->fact == FACT_ATTACHMENT_UNINSPECTED ? FACT_VALUE : FACT_UNKNOWN;

    if (expr->kind != EXPR_STATE || expr->state != wanted)
        return false;
    if (d->fact == FACT_URL_HOST) /* one is as unknown as the others */
        return fact_table[expr->left.fact].record == RECORD_URL;
    return expr->left.fact == d->fact && span_equal(expr->left.key, d->key);
}

static bool decides(struct decision *d, const struct expr *expr);

static bool decides_beside(struct decision *d, const struct expr *expr)
{
    size_t at = 0;

    while (at < expr->child_count && !decides(d, expr->children[at]))
        at++;
    for (size_t i = 0; at < expr->child_count && i < expr->child_count; i++)
        if (i != at && d->count < NARROWING_MAX)
            d->beside[d->count++] = expr->children[i];
    return at < expr->child_count;
}

static bool decides(struct decision *d, const struct expr *expr)
{
    if (asks_unknown(d, expr))
        return true;
    if (expr->kind == EXPR_AND)
        return decides_beside(d, expr);
    for (size_t i = 0;
         (expr->kind == EXPR_OR || expr->kind == EXPR_ANY) && i < expr->child_count; i++)
        if (decides(d, expr->children[i]))
            return true;
    return false;
}

/* The condition is one of those that rule's condition is made of, inside its any RECORD (...) too. Without fuel: not, and the children are
 * not looked at either. */
static bool has_condition(struct checker *c, const struct expr *expr, const struct expr *wanted)
{
    if (walk_implies(expr, wanted, &c->fuel))
        return true;
    for (size_t i = 0; c->fuel > 0 && (expr->kind == EXPR_AND || expr->kind == EXPR_ANY) &&
                       i < expr->child_count;
         i++)
        if (has_condition(c, expr->children[i], wanted))
            return true;
    return false;
}

static bool is_narrower(struct checker *c, const struct decision *d,
                        const struct rule *deciding, const struct rule *needing)
{
    if (deciding->unless != NULL &&
        (needing->unless == NULL || !walk_implies(deciding->unless, needing->unless, &c->fuel)))
        return true;
    for (size_t i = 0; i < d->count; i++)
        if (!has_condition(c, needing->when, d->beside[i]))
            return true;
    return false;
}

static bool is_enforced(const struct rule *rule)
{
    return !rule->is_warn && !rule->is_off;
}

/* Who refuses by what this rule gives, when it does not itself. */
static const char *on_whose_behalf(const struct needing *n)
{
    const struct rule *asker = n->asker != NULL ? &n->c->rules->rules[*n->asker] : NULL;

    if (asker == NULL)
        return "";
    return arena_printf(n->c->arena, "rule %.*s (line %u) restricts by what rule %.*s gives, ",
                        SPAN_ARG(asker->name), asker->place.line, SPAN_ARG(n->rule->name));
}

/* What makes it unknown for days, so that who defers then defers all mail; NULL: nothing does. */
static const char *stays_unknown(enum fact_id fact)
{
    if (fact >= FACT_DNSBL && fact <= FACT_DNSBL_URL_SCORE)
        return "a block list is dead";
    if (fact >= FACT_CLIENT_COUNTRY && fact <= FACT_CLIENT_AS_NAME)
        return "a file of geoip_country or geoip_asn is missing";
    return NULL;
}

static void undecided(struct needing *n, const struct term *term)
{
    const char *name = fact_table[term->fact].name, *behalf = on_whose_behalf(n);
    const char *cause = stays_unknown(term->fact);

    if (fact_table[term->fact].record == RECORD_URL)
        check_error(n->c, term->place,
                    "not all links of a message can always be found, %sand no rule of [filter] "
                    "decides that; add one like: rule not-all-links when any url (host "
                    "unknown) then quarantine \"not all of its links could be looked at\", or "
                    "mark rule %.*s (unknown passes)",
                    behalf, SPAN_ARG(n->rule->name));
    else if (fact_table[term->fact].record == RECORD_ATTACHMENT)
        check_error(n->c, term->place,
                    "what is in an attachment cannot always be known, %sand no rule of "
                    "[filter] decides that; add one like: rule not-inspected when any "
                    "attachment (uninspected known) then quarantine \"could not be "
                    "inspected\", or mark rule %.*s (unknown passes)",
                    behalf, SPAN_ARG(n->rule->name));
    else if (cause != NULL)
        check_error(n->c, term->place,
                    "%s can be unknown, for as long as %s, %sand no rule of [filter] decides "
                    "that; mark rule %.*s (unknown passes), since a rule that defers what is "
                    "unknown would defer all mail from outside",
                    name, cause, behalf, SPAN_ARG(n->rule->name));
    else
        check_error(n->c, term->place,
                    "%s can be unknown, %sand no rule of [filter] decides that; add one like: "
                    "rule could-not-know when %s unknown then defer \"4.7.1 Try again "
                    "later\", or mark rule %.*s (unknown passes)",
                    name, behalf, name, SPAN_ARG(n->rule->name));
}

/* What a rule must ask to decide what term may lack. */
static enum fact_id decided_by(const struct term *term)
{
    static const enum fact_id of_records[RECORD__COUNT] = {
        [RECORD_ATTACHMENT] = FACT_ATTACHMENT_UNINSPECTED, [RECORD_URL] = FACT_URL_HOST};
    enum record record = fact_table[term->fact].record;

    return record != RECORD_NONE ? of_records[record] : term->fact;
}

/* Is what term may lack decided? 1: for this rule wholly; 0: by nobody; -1: by *narrow_r, under conditions that this rule does not have. */
static int find_decision(const struct needing *n, const struct term *term,
                         const struct rule **narrow_r)
{
    int found = 0;

    for (size_t i = 0; i < n->c->rules->rule_count; i++) {
        const struct rule *rule = &n->c->rules->rules[i];
        struct decision d = {.fact = decided_by(term), .key = term->key};

        if (rule->chain != CHAIN_FILTER || !is_enforced(rule) || !rule->is_final ||
            !decides(&d, rule->when))
            continue;
        if (rule == n->rule || !is_narrower(n->c, &d, rule, n->rule))
            return 1;
        *narrow_r = rule;
        found = -1;
    }
    return found;
}

static void look(struct needing *n, const struct term *term)
{
    const struct rule *narrow = NULL;
    int found = find_decision(n, term, &narrow);

    n->is_done = found <= 0;
    if (found == 0)
        undecided(n, term);
    else if (found < 0)
        check_warn(n->c, term->place,
                   "%s can be unknown, and rule %.*s (line %u) decides that only under "
                   "conditions that this rule does not have; elsewhere an unknown passes here",
                   fact_table[term->fact].name, SPAN_ARG(narrow->name), narrow->place.line);
}

/* A tag in doubt, or points off in doubt, keep this rule from applying. Points given restrict, so who gives them is asked itself. */
static bool gives(const struct rule *rule, const struct term *term)
{
    for (size_t i = 0; i < rule->action_count; i++) {
        const struct action *action = &rule->actions[i];

        if (term->fact == FACT_TAG && action->kind == ACTION_TAG &&
            span_equal(action->name, term->key))
            return true;
        if (term->fact == FACT_SCORE && action->kind == ACTION_SCORE && action->number < 0)
            return true;
    }
    return false;
}

static void ask_givers(struct needing *n, const struct term *term)
{
    const struct rule *narrow;

    if (find_decision(n, term, &narrow) != 0)
        return;
    for (uint32_t i = 0; i < n->index; i++)
        if (n->c->rules->rules[i].chain == CHAIN_FILTER && gives(&n->c->rules->rules[i], term))
            n->asked_by[i] = n->asker != NULL ? *n->asker : n->index;
}

static void note_need(void *ctx, const struct walk_term *walked)
{
    struct needing *n = ctx;
    unsigned flags = fact_table[walked->term->fact].flags;

    if (walked->asks_unknown)
        return;
    if ((flags & FACT_EVALUATION) != 0)
        ask_givers(n, walked->term);
    else if (!n->is_done && (flags & FACT_MAY_UNKNOWN) != 0)
        look(n, walked->term);
}

/* From below, so that who asks for a tag or points comes before who gives them. */
void check_unknown(struct checker *c)
{
    size_t count = c->rules->rule_count;
    uint32_t *asked_by = arena_array(c->arena, count > 0 ? count : 1, sizeof(*asked_by));

    for (size_t i = 0; i < count; i++)
        asked_by[i] = NOBODY;
    for (uint32_t i = (uint32_t)count; i-- > 0;) {
        const struct rule *rule = &c->rules->rules[i];
        struct needing n = {.c = c, .rule = rule, .index = i, .asked_by = asked_by};

        if (!rule->restricts && asked_by[i] != NOBODY)
            n.asker = &asked_by[i];
        if (rule->chain == CHAIN_FILTER && (rule->restricts || n.asker != NULL) &&
            is_enforced(rule) && !rule->unknown_passes)
            walk_facts(rule->when, note_need, &n);
    }
}
