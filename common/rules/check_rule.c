/* check_rule.c - one rule as a whole: what its condition must bind, what its texts may print, whom it reads. */
#include "rules/check.h"

#define EDITS                                                                                  \
    (1u << ACTION_ADD_HEADER | 1u << ACTION_REMOVE_HEADER | 1u << ACTION_PREFIX_SUBJECT |      \
     1u << ACTION_APPEND_TEXT | 1u << ACTION_STRIP)

static bool is_twice(struct checker *c, size_t index)
{
    const struct raw_rule *rule = &c->raw->rules[index];

    for (size_t i = 0; i < index; i++) {
        if (!span_equal(c->raw->rules[i].name, rule->name))
            continue;
        check_error(c, rule->place,
                    "there is a rule %.*s already, in line %u; logs and tests name rules, so "
                    "each needs its own name",
                    SPAN_ARG(rule->name), c->raw->rules[i].place.line);
        return true;
    }
    return false;
}

static bool names_client(const struct term *term)
{
    return term->kind == TERM_FACT &&
           (term->fact == FACT_CLIENT_IP || term->fact == FACT_AUTH_USER);
}

/* 0.0.0.0/0 binds nobody. */
static bool holds_everybody(const struct term *term)
{
    for (size_t i = 0; term->kind == TERM_LITERALS && term->type == TYPE_IP && i < term->count;
         i++)
        if (ipnet_family_prefix(&term->nets[i]) == 0)
            return true;
    return false;
}

static bool binds_client(const void *ctx, const struct expr *leaf)
{
    bool is_positive = leaf->kind == EXPR_COMPARE && (leaf->op == OP_EQ || leaf->op == OP_IN);

    (void)ctx;
    if (leaf->kind == EXPR_STATE)
        return leaf->state == FACT_VALUE && leaf->left.fact == FACT_AUTH_USER;
    return is_positive && (names_client(&leaf->left) || names_client(&leaf->right)) &&
           !holds_everybody(&leaf->right) &&
           !(leaf->right.kind == TERM_FACT && leaf->left.fact == leaf->right.fact);
}

static bool binds_record(const void *ctx, const struct expr *leaf)
{
    return leaf->kind == EXPR_ANY && leaf->record == *(const enum record *)ctx;
}

static const struct action *find_action(const struct rule *rule, enum action_kind kind)
{
    for (size_t i = 0; i < rule->action_count; i++)
        if (rule->actions[i].kind == kind)
            return &rule->actions[i];
    return NULL;
}

static void check_permit(struct checker *c, const struct rule *rule)
{
    const struct action *permit = find_action(rule, ACTION_PERMIT_RELAY);

    if (permit == NULL || walk_binds(rule->when, binds_client, NULL))
        return;
    check_error(
        c, permit->place,
        "permit relay must say for whom: every alternative of the condition needs client.ip or "
        "auth.user after `=` or `in` (client.ip in $relay_networks), or `auth.user known`");
}

static void check_strip(struct checker *c, const struct rule *rule)
{
    const struct action *strip = find_action(rule, ACTION_STRIP);
    enum record record = RECORD_ATTACHMENT;

    if (strip != NULL && !walk_binds(rule->when, binds_record, &record))
        check_error(c, strip->place,
                    "strip removes what was found; every alternative of the condition needs "
                    "any attachment (...)");
}

/* One {fact} of one text. */
static void check_part(struct checker *c, const struct rule *rule, const struct action *action,
                       const struct text_part *part)
{
    const struct fact_row *row = &fact_table[part->fact];
    bool is_reply = action->kind == ACTION_REJECT || action->kind == ACTION_DEFER;

    if (row->record != RECORD_NONE && !walk_binds(rule->when, binds_record, &row->record))
        check_error(c, action->place,
                    "{%s} needs any %s (...) in every alternative of the condition, to say "
                    "which one is meant",
                    row->name, names_name(record_names, (int)row->record));
    else if (is_reply && (row->flags & FACT_CLIENT_SENT) == 0)
        check_warn(c, action->place, "the reply tells {%s} to the client, who did not send it",
                   row->name);
}

static void check_parts(struct checker *c, const struct rule *rule)
{
    for (size_t i = 0; i < rule->action_count; i++)
        for (size_t k = 0; k < rule->actions[i].text.count; k++)
            if (rule->actions[i].text.parts[k].is_fact)
                check_part(c, rule, &rule->actions[i], &rule->actions[i].text.parts[k]);
}

/* What anybody can write. */
static bool is_forgeable(enum fact_id fact)
{
    static const enum fact_id facts[] = {FACT_SENDER,      FACT_SENDER_DOMAIN, FACT_FROM,
                                         FACT_FROM_DOMAIN, FACT_REPLY_TO,      FACT_HEADER,
                                         FACT_SUBJECT,     FACT_MESSAGE_ID,    FACT_HELO_NAME};

    for (size_t i = 0; i < sizeof(facts) / sizeof(facts[0]); i++)
        if (facts[i] == fact)
            return true;
    return false;
}

struct forged {
    bool has_sender, has_other;
};

static void note_forgeable(void *ctx, const struct walk_term *term)
{
    struct forged *forged = ctx;

    if (is_forgeable(term->term->fact))
        forged->has_sender |=
            term->term->fact >= FACT_SENDER && term->term->fact <= FACT_FROM_DOMAIN;
    else
        forged->has_other = true;
}

/* Some alternative of the exception rests on a written sender alone. */
static bool trusts_sender(const struct expr *expr)
{
    struct forged forged = {false, false};

    for (size_t i = 0; expr->kind == EXPR_OR && i < expr->child_count; i++)
        if (trusts_sender(expr->children[i]))
            return true;
    walk_facts(expr, note_forgeable, &forged);
    return forged.has_sender && !forged.has_other;
}

/* Exceptions, from marks and banners too, and permissions. */
static void check_trust(struct checker *c, const struct rule *rule)
{
    const struct expr *trusting = rule->permits ? rule->when : rule->unless;

    if (trusting != NULL && trusts_sender(trusting))
        check_warn(c, trusting->place,
                   "anybody can write this sender; name author, which is proved by login, DKIM "
                   "or SPF, or add client.ip");
}

static void check_recipient(struct checker *c, const struct rule *rule)
{
    const struct action *hold = find_action(rule, ACTION_HOLD);

    if (!rule->reads_recipient || rule->chain != CHAIN_FILTER)
        return;
    if (hold != NULL)
        check_error(c, hold->place,
                    "hold is for the whole message, and this rule asks about a recipient; ask "
                    "about the message only");
    for (size_t i = 0; i < rule->action_count; i++)
        if ((1u << rule->actions[i].kind & EDITS) != 0)
            check_warn(
                c, rule->actions[i].place,
                "%s changes the message for all recipients, and this rule asks about one",
                action_table[rule->actions[i].kind].name);
}

static void note_stage(void *ctx, const struct walk_term *term)
{
    struct rule *rule = ctx;
    enum stage stage = fact_table[term->term->fact].stage;

    if (stage > rule->stage)
        rule->stage = stage;
}

/* A text is part of what is decided: its facts count like those of the condition. */
static void note_reads(struct rule *rule)
{
    rule->stage = STAGE_CONNECT;
    rule->reads_recipient =
        rule->when->reads_recipient || (rule->unless != NULL && rule->unless->reads_recipient);
    walk_facts(rule->when, note_stage, rule);
    if (rule->unless != NULL)
        walk_facts(rule->unless, note_stage, rule);
    for (size_t i = 0; i < rule->action_count; i++) {
        for (size_t k = 0; k < rule->actions[i].text.count; k++) {
            const struct text_part *part = &rule->actions[i].text.parts[k];
            struct term term = {.fact = part->fact};

            if (!part->is_fact)
                continue;
            note_stage(rule, &(struct walk_term){&term, false});
            rule->reads_recipient |= (fact_table[part->fact].flags & FACT_PER_RECIPIENT) != 0;
        }
    }
}

static void check_rule(struct checker *c, const struct raw_rule *raw, struct rule *rule)
{
    bool is_good;

    c->chain = raw->chain;
    *rule = (struct rule){.name = arena_span(c->arena, raw->name),
                          .chain = raw->chain,
                          .is_warn = raw->is_warn,
                          .is_off = raw->is_off,
                          .unknown_passes = raw->unknown_passes,
                          .place = raw->place};
    is_good = check_expr(c, raw->when, &rule->when);
    if (raw->unless != NULL)
        is_good &= check_expr(c, raw->unless, &rule->unless);
    is_good &= check_actions(c, raw, rule);
    if (!is_good)
        return;
    note_reads(rule);
    check_permit(c, rule);
    check_strip(c, rule);
    check_parts(c, rule);
    check_trust(c, rule);
    check_recipient(c, rule);
}

void check_rules(struct checker *c)
{
    c->rule_list = arena_array(c->arena, c->raw->rule_count, sizeof(*c->rule_list));
    c->rules->rules = c->rule_list;
    for (size_t i = 0; i < c->raw->rule_count; i++) {
        is_twice(c, i);
        check_rule(c, &c->raw->rules[i], &c->rule_list[i]);
        c->rules->rule_count++;
    }
}
