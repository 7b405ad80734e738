/* ruleset.c - from text to a compiled rule set, its life, and what its rules ask. */
#include "rules/ruleset.h"

#include "base/xalloc.h"
#include "rules/check.h"

/* Who counts on derived facts counts on these. */
static const struct {
    enum fact_id derived, source;
} sources[] = {
    {FACT_DIRECTION, FACT_AUTH_USER},        {FACT_DIRECTION, FACT_CLIENT_IP},
    {FACT_DIRECTION, FACT_DOMAIN_ACCEPTED},  {FACT_SENDER_DOMAIN, FACT_SENDER},
    {FACT_RECIPIENT_DOMAIN, FACT_RECIPIENT}, {FACT_RECIPIENT_ROUTED, FACT_RECIPIENT},
    {FACT_FROM_DOMAIN, FACT_FROM},           {FACT_AUTHOR_DOMAIN, FACT_AUTHOR},
};

struct asking {
    struct arena *arena;
    size_t count;
    struct fact_ref *asks;
};

void ruleset_own_patterns(struct ruleset *rules, struct patterns *patterns)
{
    rules->patterns = parse_grow(rules->arena, rules->patterns, rules->pattern_count,
                                 sizeof(*rules->patterns));
    rules->patterns[rules->pattern_count++] = patterns;
}

void ruleset_own_image(struct ruleset *rules, struct list_image *image)
{
    rules->images =
        parse_grow(rules->arena, rules->images, rules->image_count, sizeof(*rules->images));
    rules->images[rules->image_count++] = image;
}

static void ruleset_free(struct ruleset *rules)
{
    struct arena *arena = rules->arena;

    for (size_t i = 0; i < rules->pattern_count; i++)
        patterns_free(&rules->patterns[i]);
    for (size_t i = 0; i < rules->image_count; i++)
        list_image_close(&rules->images[i]);
    arena_free(&arena);
}

static void add_ask(struct asking *asking, struct fact_ref ref)
{
    if (ref.record != RECORD_NONE) {
        ref.fact = record_first(ref.record);
        ref.key = (struct span){"", 0};
    }
    for (size_t i = 0; i < asking->count; i++)
        if (asking->asks[i].fact == ref.fact && span_equal(asking->asks[i].key, ref.key))
            return;
    asking->asks =
        parse_grow(asking->arena, asking->asks, asking->count, sizeof(*asking->asks));
    asking->asks[asking->count++] = ref;
}

static void add_fact(struct asking *asking, enum fact_id fact, struct span key)
{
    if ((fact_table[fact].flags & FACT_EVALUATION) != 0)
        return;
    add_ask(asking, (struct fact_ref){fact, key, fact_table[fact].record});
    for (size_t i = 0; i < sizeof(sources) / sizeof(sources[0]); i++)
        if (sources[i].derived == fact)
            add_ask(asking, (struct fact_ref){.fact = sources[i].source, .key = {"", 0}});
}

static void ask_term(void *ctx, const struct walk_term *walked)
{
    const struct term *term = walked->term;
    struct asking *asking = ctx;

    add_fact(asking, term->fact, term->key);
    for (int i = 0; i < 2; i++)
        if (term->key_fact[i] != FACT_NONE)
            add_fact(asking, (enum fact_id)term->key_fact[i], (struct span){"", 0});
}

/* The extra element of an incomplete list counts even where an any asks nothing of the record. */
static void ask_records(struct asking *asking, const struct expr *expr)
{
    if (expr->record != RECORD_NONE)
        add_ask(asking,
                (struct fact_ref){.fact = record_first(expr->record), .record = expr->record});
    for (size_t i = 0; i < expr->child_count; i++)
        ask_records(asking, expr->children[i]);
}

static void ask_condition(struct asking *asking, const struct expr *expr)
{
    if (expr == NULL)
        return;
    walk_facts(expr, ask_term, asking);
    ask_records(asking, expr);
}

static void ask_texts(struct asking *asking, const struct rule *rule)
{
    for (size_t i = 0; i < rule->action_count; i++)
        for (size_t k = 0; k < rule->actions[i].text.count; k++)
            if (rule->actions[i].text.parts[k].is_fact)
                add_fact(asking, rule->actions[i].text.parts[k].fact,
                         rule->actions[i].text.parts[k].key);
}

static void collect_asks(struct ruleset *rules, enum chain chain)
{
    struct asking asking = {.arena = rules->arena};

    for (size_t i = 0; i < rules->rule_count; i++) {
        const struct rule *rule = &rules->rules[i];

        if (rule->chain != chain || rule->is_off)
            continue;
        ask_condition(&asking, rule->when);
        ask_condition(&asking, rule->unless);
        ask_texts(&asking, rule);
        rules->reads_recipient[chain] |= rule->reads_recipient;
    }
    rules->asks[chain] = asking.asks;
    rules->ask_count[chain] = asking.count;
}

static void check_functions(const struct ruleset *rules, enum chain chain,
                            struct problems *problems)
{
    size_t count = 0, bytes = 0;

    for (size_t i = 0; i < rules->ask_count[chain]; i++) {
        if (rules->asks[chain][i].fact < FACT_FUNCTION__FIRST)
            continue;
        count++;
        bytes += rules->asks[chain][i].key.len + 1;
    }
    if (count > RULES_MAX_FUNCTIONS || bytes > RULES_MAX_FUNCTION_BYTES)
        problems_error(problems, 1, 1,
                       "the rules of [%s] ask for %zu different headers and counters, %zu "
                       "bytes of names; %d and %d are the most",
                       names_name(chain_names, (int)chain), count, bytes, RULES_MAX_FUNCTIONS,
                       RULES_MAX_FUNCTION_BYTES);
}

static struct ruleset *ruleset_new(struct span text, const char *file)
{
    struct arena *arena = arena_new();
    struct ruleset *rules = arena_alloc(arena, sizeof(*rules));

    rules->arena = arena;
    rules->text = arena_span(arena, text);
    rules->file = arena_strdup(arena, file != NULL ? file : "rules");
    rules->relay_networks = -1;
    rules->references = 1;
    return rules;
}

struct ruleset *ruleset_compile(struct span text, const char *file, struct problems *problems)
{
    struct ruleset *rules;
    struct raw_file raw;
    struct parser parser;

    if (problems->arena == NULL)
        problems_init(problems, file, text);
    if (text.len > RULES_MAX_BYTES) {
        problems_error(problems, 1, 1,
                       "a rules file has at most %d bytes; keep large lists in the store: list "
                       "NAME TYPE without braces",
                       RULES_MAX_BYTES);
        return NULL;
    }
    rules = ruleset_new(text, file);
    parse_file(&parser, rules->arena, rules->text, problems, &raw);
    check_file(&(struct checker){.arena = rules->arena,
                                 .problems = problems,
                                 .raw = &raw,
                                 .rules = rules,
                                 .fuel = WALK_FUEL});
    for (int chain = CHAIN_POLICY; chain <= CHAIN_FILTER && problems->errors == 0; chain++) {
        collect_asks(rules, (enum chain)chain);
        check_functions(rules, (enum chain)chain, problems);
    }
    if (problems->errors > 0) {
        ruleset_free(rules);
        return NULL;
    }
    return rules;
}

struct ruleset *ruleset_pin(struct ruleset *rules)
{
    __atomic_add_fetch(&rules->references, 1, __ATOMIC_RELAXED);
    return rules;
}

void ruleset_unpin(struct ruleset **rules)
{
    struct ruleset *old = *rules;

    *rules = NULL;
    if (old != NULL && __atomic_sub_fetch(&old->references, 1, __ATOMIC_ACQ_REL) == 0)
        ruleset_free(old);
}

int ruleset_list(const struct ruleset *rules, struct span name)
{
    for (size_t i = 0; i < rules->list_count; i++)
        if (span_equal(rules->lists[i].name, name))
            return (int)i;
    return -1;
}
