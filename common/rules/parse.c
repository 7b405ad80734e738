/* parse.c - the structure of a rules file: lists, chains, rules, tests; goes on after an error at the next one of them. */
#include "rules/parse.h"

/* Instead of a chain: none was named yet, or one that does not exist (said once). */
#define CHAIN_NONE       (-1)
#define CHAIN_UNREADABLE (-2)

static bool parse_list(struct parser *p)
{
    struct raw_list *lists =
        parse_grow(p->arena, p->file.lists, p->file.list_count, sizeof(*lists));
    struct raw_list *list = &lists[p->file.list_count];
    int type;

    p->file.lists = lists;
    *list = (struct raw_list){.place = p->token.place};
    if (p->file.list_count == RULES_MAX_LISTS)
        return parse_fail(p, p->token.place, "more than %d lists", RULES_MAX_LISTS);
    if (!parse_name(p, "list", &list->name))
        return false;
    if (p->token.kind != TOKEN_WORD || !names_value(list_type_names, p->token.text, &type))
        return parse_fail(p, p->token.place,
                          "after the name of a list comes its type: ip, domain, address, "
                          "string or pattern; found %s",
                          parse_found(p));
    list->type = (enum list_type)type;
    parse_advance(p);
    list->has_items = p->token.kind == TOKEN_OPEN;
    if (list->has_items && !parse_items(p, type == LIST_PATTERN, &list->count, &list->items))
        return false;
    p->file.list_count++;
    return true;
}

/* (warn), (off), (unknown passes), several with commas. */
static bool parse_modes(struct parser *p, struct raw_rule *rule)
{
    do {
        if (parse_take_word(p, "warn"))
            rule->is_warn = true;
        else if (parse_take_word(p, "off"))
            rule->is_off = true;
        else if (parse_take_word(p, "unknown") && parse_take_word(p, "passes"))
            rule->unknown_passes = true;
        else
            return parse_fail(p, p->token.place,
                              "a rule is (warn), (off) or (unknown passes), or several of them "
                              "with commas; found %s",
                              parse_found(p));
    } while (parse_take(p, TOKEN_COMMA));
    return parse_expect(p, TOKEN_CLOSE_ROUND, ")");
}

static bool missing_when(struct parser *p, const struct raw_rule *rule)
{
    if (parse_is_word(p, "if") || parse_is_word(p, "where"))
        return parse_fail(p, p->token.place, "%s is not used in rules; write when",
                          parse_found(p));
    return parse_fail(p, p->token.place,
                      "found %s; a rule is written: rule %.*s when CONDITION then ACTION",
                      parse_found(p), SPAN_ARG(rule->name));
}

static bool missing_then(struct parser *p, const struct raw_rule *rule)
{
    if (p->token.kind == TOKEN_END || p->token.kind == TOKEN_OPEN_SQUARE ||
        parse_is_word(p, "rule") || parse_is_word(p, "test") || parse_is_word(p, "list"))
        return parse_fail(
            p, rule->place,
            "rule %.*s does nothing; write then and an action after its condition",
            SPAN_ARG(rule->name));
    if (parse_is_action(p))
        return parse_fail(p, p->token.place, "then is missing before %s", parse_found(p));
    if (parse_is_word(p, "except") || parse_is_word(p, "but"))
        return parse_fail(p, p->token.place, "%s is not used in rules; write unless",
                          parse_found(p));
    if (p->token.kind == TOKEN_STRING || p->token.kind == TOKEN_LIST ||
        p->token.kind == TOKEN_PATTERN)
        return parse_fail(p, p->token.place,
                          "an operator is missing before %s: = != < > in contains matches",
                          parse_found(p));
    if (p->token.kind == TOKEN_CLOSE_ROUND)
        return parse_fail(p, p->token.place,
                          "this ) closes nothing; is a ( missing before it?");
    return parse_fail(p, p->token.place,
                      "found %s; after the condition comes and, or, unless or then",
                      parse_found(p));
}

static bool parse_body(struct parser *p, struct raw_rule *rule)
{
    if (parse_take(p, TOKEN_OPEN_ROUND) && !parse_modes(p, rule))
        return false;
    if (!parse_take_word(p, "when"))
        return missing_when(p, rule);
    if (!parse_expr(p, &rule->when))
        return false;
    if (parse_take_word(p, "unless") && !parse_expr(p, &rule->unless))
        return false;
    if (!parse_take_word(p, "then"))
        return missing_then(p, rule);
    if (!parse_actions(p, rule))
        return false;
    if (parse_is_word(p, "unless") || parse_is_word(p, "when"))
        return parse_fail(p, p->token.place,
                          "%s stands before then: when CONDITION unless EXCEPTION then ACTION",
                          parse_found(p));
    if (parse_is_word(p, "else"))
        return parse_fail(p, p->token.place, "rules have no else; write another rule below");
    return true;
}

static bool parse_rule(struct parser *p)
{
    struct raw_rule *rules =
        parse_grow(p->arena, p->file.rules, p->file.rule_count, sizeof(*rules));
    struct raw_rule *rule = &rules[p->file.rule_count];

    p->file.rules = rules;
    *rule = (struct raw_rule){.place = p->token.place};
    if (p->file.rule_count == RULES_MAX_RULES)
        return parse_fail(p, p->token.place, "more than %d rules", RULES_MAX_RULES);
    if (!parse_name(p, "rule", &rule->name))
        return false;
    if (p->chain == CHAIN_UNREADABLE)
        return false;
    if (p->chain == CHAIN_NONE)
        return parse_fail(p, rule->place,
                          "rule %.*s belongs to no chain; write [policy] or [filter] above it",
                          SPAN_ARG(rule->name));
    rule->chain = (enum chain)p->chain;
    if (!parse_body(p, rule))
        return false;
    p->file.rule_count++;
    return true;
}

static bool parse_chain(struct parser *p)
{
    struct place place = p->token.place;
    int chain;

    p->chain = CHAIN_UNREADABLE;
    if (p->token.kind != TOKEN_WORD || !names_value(chain_names, p->token.text, &chain))
        return parse_fail(p, p->token.place, "the chains are [policy] and [filter]; found %s",
                          parse_found(p));
    p->chain = chain;
    if (p->has_chain[chain])
        return parse_fail(
            p, place,
            "[%s] stands here a second time; put its rules together, they are asked in order",
            names_name(chain_names, chain));
    p->has_chain[chain] = true;
    parse_advance(p);
    return parse_expect(p, TOKEN_CLOSE_SQUARE, "]");
}

static bool no_sentence(struct parser *p)
{
    if (parse_is_word(p, "if") || parse_is_word(p, "when"))
        return parse_fail(p, p->token.place,
                          "a rule has a name: rule NAME when CONDITION then ACTION");
    if (parse_is_word(p, "else"))
        return parse_fail(p, p->token.place, "rules have no else; write another rule below");
    return parse_fail(p, p->token.place,
                      "found %s where list, rule, test, [policy] or [filter] should begin",
                      parse_found(p));
}

static bool parse_sentence(struct parser *p)
{
    if (parse_take_word(p, "list"))
        return parse_list(p);
    if (parse_take_word(p, "rule"))
        return parse_rule(p);
    if (parse_take_word(p, "test"))
        return parse_test(p);
    if (parse_take(p, TOKEN_OPEN_SQUARE))
        return parse_chain(p);
    return no_sentence(p);
}

static bool begins_sentence(const struct parser *p)
{
    return p->token.begins_line &&
           (parse_is_word(p, "list") || parse_is_word(p, "rule") || parse_is_word(p, "test") ||
            p->token.kind == TOKEN_OPEN_SQUARE);
}

/* To the next sentence after an error: its first word stands first in a line. */
static void recover(struct parser *p)
{
    while (!begins_sentence(p) && p->token.kind != TOKEN_END)
        parse_advance(p);
}

void parse_file(struct parser *p, struct arena *arena, struct span text,
                struct problems *problems, struct raw_file *file_r)
{
    *p = (struct parser){.arena = arena, .problems = problems, .chain = CHAIN_NONE};
    if (lex_begin(&p->lexer, arena, text, problems)) {
        p->is_fresh = true;
        parse_advance(p);
        while (p->token.kind != TOKEN_END) {
            p->is_fresh = true;
            p->lexer.has_failed = p->lexer.has_failed && p->token.kind == TOKEN_BAD;
            if (!parse_sentence(p))
                recover(p);
        }
    }
    *file_r = p->file;
}
