/* parse_action.c - what stands after then: the words of the action table with their arguments. */
#include "rules/parse.h"

/* What each takes: t text in quotes, T the same or nothing, w a word (number, duration), r names of rules. */
static const char *const shapes[ACTION__COUNT] = {
    [ACTION_REJECT] = "t",        [ACTION_DEFER] = "t",          [ACTION_GREYLIST] = "w",
    [ACTION_QUARANTINE] = "T",    [ACTION_SCORE] = "w",          [ACTION_TAG] = "t",
    [ACTION_LOG] = "t",           [ACTION_SKIP] = "r",           [ACTION_ADD_HEADER] = "tt",
    [ACTION_REMOVE_HEADER] = "t", [ACTION_PREFIX_SUBJECT] = "t", [ACTION_APPEND_TEXT] = "t",
    [ACTION_REDIRECT] = "t",      [ACTION_COPY] = "t",
};

/* Words of other filters, and ours. */
static const struct {
    const char *word, *ours;
} foreign_words[] = {
    {"deny", "reject \"5.7.1 text\""},
    {"block", "reject \"5.7.1 text\""},
    {"refuse", "reject \"5.7.1 text\""},
    {"allow", "accept"},
    {"ok", "accept"},
    {"pass", "accept"},
    {"permit", "permit relay"},
    {"deliver", "accept"},
    {"tempfail", "defer \"4.7.1 text\""},
    {"drop", "discard"},
    {"warn", "log \"text\""},
    {"tempreject", "defer \"4.7.1 text\""},
    {"prepend", "add header \"Name\" \"value\""},
};

static bool first_word_is(enum action_kind kind, struct span word)
{
    struct span words = span_of(action_table[kind].name), first;

    span_cut(&words, ' ', &first);
    return span_equal(word, first);
}

static const char *action_name(const void *ctx, size_t i)
{
    (void)ctx;
    return i + 1 < ACTION__COUNT ? action_table[i + 1].name : NULL;
}

static bool no_action(struct parser *p)
{
    const char *near =
        p->token.kind == TOKEN_WORD ? names_nearest(p->token.text, action_name, NULL) : NULL;

    if (p->token.kind != TOKEN_WORD)
        return parse_fail(
            p, p->token.place,
            "an action is missing here, before %s: reject, quarantine, accept, ...",
            parse_found(p));
    for (size_t i = 0; i < sizeof(foreign_words) / sizeof(foreign_words[0]); i++)
        if (parse_is_word(p, foreign_words[i].word))
            return parse_fail(p, p->token.place, "%s is no action; write %s",
                              foreign_words[i].word, foreign_words[i].ours);
    if (near != NULL)
        return parse_fail(p, p->token.place, "%s is no action; did you mean %s?",
                          parse_found(p), near);
    return parse_fail(p, p->token.place,
                      "%s is no action; there are accept, reject, defer, quarantine, score, "
                      "tag, log, skip and more: see postgate-rules(5)",
                      parse_found(p));
}

/* The action's one or two words. */
static bool parse_verb(struct parser *p, struct raw_action *action)
{
    const char *second;

    action->place = p->token.place;
    for (int kind = 1; kind < ACTION__COUNT && action->kind == 0; kind++)
        if (p->token.kind == TOKEN_WORD && first_word_is((enum action_kind)kind, p->token.text))
            action->kind = (enum action_kind)kind;
    if (action->kind == 0)
        return no_action(p);
    second = strchr(action_table[action->kind].name, ' ');
    parse_advance(p);
    if (second == NULL || parse_take_word(p, second + 1))
        return true;
    return parse_fail(p, p->token.place, "the action is written %s%s%s",
                      action_table[action->kind].name,
                      action_table[action->kind].arguments[0] != '\0' ? " " : "",
                      action_table[action->kind].arguments);
}

static bool wrong_argument(struct parser *p, const struct raw_action *action)
{
    const struct action_row *row = &action_table[action->kind];

    if (row->arguments[0] == '\0')
        return parse_fail(p, p->token.place, "%s takes nothing after it; found %s", row->name,
                          parse_found(p));
    if (p->token.kind == TOKEN_WORD && shapes[action->kind][0] != 'w')
        return parse_fail(p, p->token.place, "text stands in double quotes; write %s %s",
                          row->name, row->arguments);
    return parse_fail(p, action->place, "%s needs more after it; write %s %s", row->name,
                      row->name, row->arguments);
}

static void add_argument(struct parser *p, struct raw_action *action, enum raw_kind kind)
{
    struct raw_term *arguments =
        parse_grow(p->arena, action->arguments, action->count, sizeof(*arguments));

    p->nodes++; /* names of rules are looked up one by one */
    arguments[action->count++] =
        (struct raw_term){.kind = kind, .text = p->token.text, .place = p->token.place};
    action->arguments = arguments;
    parse_advance(p);
}

bool parse_is_action(const struct parser *p)
{
    for (int kind = 1; kind < ACTION__COUNT; kind++)
        if (p->token.kind == TOKEN_WORD && first_word_is((enum action_kind)kind, p->token.text))
            return true;
    return false;
}

/* skip RULE, RULE, ...: ends before an action, whose words name no rule. *has_comma_r: the comma before it was taken. */
static bool parse_rule_names(struct parser *p, struct raw_action *action, bool *has_comma_r)
{
    do {
        if (action->count > 0 && parse_is_action(p)) {
            *has_comma_r = true;
            return true;
        }
        if (p->token.kind != TOKEN_WORD || parse_is_action(p))
            return wrong_argument(p, action);
        if (p->nodes > RULES_MAX_NODES || action->count == PARSE_MAX_ARGUMENTS)
            return parse_fail(p, p->token.place, "more than %d rules to skip",
                              PARSE_MAX_ARGUMENTS);
        add_argument(p, action, RAW_WORD);
    } while (parse_take(p, TOKEN_COMMA));
    return true;
}

static bool parse_action(struct parser *p, struct raw_action *action, bool *has_comma_r)
{
    *has_comma_r = false;
    if (!parse_verb(p, action))
        return false;
    for (const char *shape = shapes[action->kind]; shape != NULL && *shape != '\0'; shape++) {
        bool is_text = *shape == 't' || *shape == 'T';

        if (*shape == 'r')
            return parse_rule_names(p, action, has_comma_r);
        if (p->token.kind == (is_text ? TOKEN_STRING : TOKEN_WORD))
            add_argument(p, action, is_text ? RAW_STRING : RAW_WORD);
        else if (*shape != 'T')
            return wrong_argument(p, action);
    }
    if (p->token.kind == TOKEN_STRING)
        return wrong_argument(p, action);
    return true;
}

bool parse_actions(struct parser *p, struct raw_rule *rule)
{
    struct raw_action *actions = NULL;
    bool has_comma;

    do {
        if (rule->action_count == PARSE_MAX_ACTIONS)
            return parse_fail(p, p->token.place, "more than %d actions in one rule",
                              PARSE_MAX_ACTIONS);
        actions = parse_grow(p->arena, actions, rule->action_count, sizeof(*actions));
        rule->actions = actions;
        if (!parse_action(p, &actions[rule->action_count], &has_comma))
            return false;
        rule->action_count++;
    } while (has_comma || parse_take(p, TOKEN_COMMA));
    if (parse_is_action(p) || parse_is_word(p, "and"))
        return parse_fail(p, p->token.place,
                          "actions are separated by commas; put one before %s", parse_found(p));
    return true;
}
