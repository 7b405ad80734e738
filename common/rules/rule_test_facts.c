/* rule_test_facts.c - the facts of a test: what it sets, what follows from that, and the fact table's defaults for the rest. */
#include "base/xalloc.h"
#include "facts/derive.h"
#include "rules/rule_test_inside.h"

static const struct name_value truth_words[] = {{"false", 0}, {"true", 1}, {NULL, 0}};

static bool read_number(const struct fact_row *row, struct span text, struct value *value)
{
    const struct name_value *words = row->type == TYPE_BOOL ? truth_words : row->words;
    uint64_t number;
    int word;

    if (row->type == TYPE_ENUM || row->type == TYPE_BOOL) {
        if (!names_value(words, text, &word))
            return false;
        value->number = word;
        return true;
    }
    if (!span_to_u64(text, INT64_MAX / 1000, &number))
        return false;
    value->number = (int64_t)number * (row->type == TYPE_SCORE ? 1000 : 1);
    return true;
}

/* The table's test_default: a word, a number, an address, or text in quotes. False: absent. */
static bool read_default(const struct fact_row *row, struct value *value)
{
    struct span text = span_of(row->test_default);

    *value = (struct value){.text = {"", 0}};
    if (row->test_default == NULL || span_is(text, "absent"))
        return false;
    if (row->type == TYPE_IP)
        return ip_parse(text, &value->ip);
    if (row->type != TYPE_DOMAIN && row->type != TYPE_ADDRESS && row->type != TYPE_STRING)
        return read_number(row, text, value);
    if (text.len >= 2 && text.ptr[0] == '"')
        text = span_from(text.ptr + 1, text.len - 2);
    value->text = text;
    return true;
}

static struct fact default_of(enum fact_id id, struct value *value)
{
    if (!read_default(&fact_table[id], value))
        return (struct fact){.state = FACT_ABSENT};
    return (struct fact){.state = FACT_VALUE, .count = 1, .values = value};
}

static void set_plain(struct facts *facts, enum fact_id id, const struct fact *fact)
{
    if (fact->state == FACT_VALUE)
        facts_set_many(facts, id, fact->values, fact->count);
    else if (fact->state == FACT_ABSENT)
        facts_set_absent(facts, id);
    else
        facts_set_unknown(facts, id, fact->reason);
}

static struct facts *owner_of(struct facts *message, struct facts *recipient, enum fact_id id)
{
    return (fact_table[id].flags & FACT_PER_RECIPIENT) != 0 ? recipient : message;
}

/* is_derived: those that follow from others, if nothing followed. The direction is found by the evaluation. */
static void set_defaults(struct facts *message, struct facts *recipient, bool is_derived)
{
    for (enum fact_id id = 0; id < FACT_MESSAGE__COUNT; id++) {
        struct facts *facts = owner_of(message, recipient, id);
        bool is_wanted = ((fact_table[id].flags & FACT_DERIVED) != 0) == is_derived;
        struct value value;
        struct fact fact;

        if (!is_wanted || id == FACT_DIRECTION ||
            (fact_table[id].flags & FACT_EVALUATION) != 0 ||
            facts_get(facts, id)->state != FACT_PENDING)
            continue;
        fact = default_of(id, &value);
        set_plain(facts, id, &fact);
    }
}

void rule_test_defaults(struct facts *message, struct facts *recipient)
{
    set_defaults(message, recipient, false);
    for (int record = RECORD_NONE + 1; record < RECORD__COUNT; record++)
        facts_records_learnt(message, (enum record)record, false, (struct span){NULL, 0});
}

static bool is_set_by(const struct test_set *set, enum fact_id id)
{
    for (size_t i = 0; i < set->member_count; i++)
        if (set->members[i].fact == id)
            return true;
    return false;
}

static void add_record(struct facts *message, const struct test_set *set)
{
    int index = facts_record_add(message, set->record);
    enum fact_id first = record_first(set->record);

    if (index < 0)
        return;
    for (size_t i = 0; i < set->member_count; i++)
        facts_record_set(message, set->record, (size_t)index, set->members[i].fact,
                         &set->members[i].value);
    facts_derive_record(message, set->record, (size_t)index);
    for (enum fact_id id = first; id < first + record_count(set->record); id++) {
        struct value value;
        struct fact fact = default_of(id, &value);
        if (!is_set_by(set, id) &&
            facts_record_get(message, set->record, (size_t)index, id)->state == FACT_ABSENT)
            facts_record_set(message, set->record, (size_t)index, id, &fact);
    }
    facts_records_learnt(message, set->record, false, (struct span){NULL, 0});
}

static void set_fact(struct test_world *world, const struct test_set *set)
{
    if (set->record != RECORD_NONE)
        add_record(world->message, set);
    else if (set->fact >= FACT_FUNCTION__FIRST)
        facts_set_keyed(world->message, set->fact, set->key, &set->value);
    else
        set_plain(owner_of(world->message, world->recipient, set->fact), set->fact,
                  &set->value);
}

static void make_facts(struct test_world *world, const struct rule_test *test)
{
    world->message = facts_new();
    world->recipient = facts_new();
    rule_test_defaults(world->message, world->recipient);
    for (size_t i = 0; i < test->set_count; i++)
        if (test->sets[i].list < 0)
            set_fact(world, &test->sets[i]);
    facts_derive(world->message);
    facts_derive(world->recipient);
    set_defaults(world->message, world->recipient, true);
}

/* "/text/" or "/text/i", as check_pattern_item writes it. */
static struct pattern_source pattern_of(struct span item)
{
    bool ignore_case = !span_ends(item, SPAN("/"));

    return (struct pattern_source){span_from(item.ptr + 1, item.len - (ignore_case ? 3 : 2)),
                                   ignore_case};
}

static int add_patterns(struct test_world *world, const struct test_set *set, struct err *err)
{
    struct pattern_source *sources =
        xcalloc(set->item_count > 0 ? set->item_count : 1, sizeof *sources);
    struct patterns *patterns = NULL;
    size_t failed;

    for (size_t i = 0; i < set->item_count; i++)
        sources[i] = pattern_of(set->items[i]);
    patterns_free(&world->patterns[set->list]);
    if (set->item_count > 0)
        patterns = patterns_compile(sources, set->item_count, &failed, err);
    world->patterns[set->list] = patterns;
    world->each[set->list].patterns = patterns;
    xfree(&sources);
    return patterns == NULL && set->item_count > 0 ? -1 : 0;
}

static void add_items(struct test_world *world, const struct test_set *set)
{
    enum list_type type = world->lists.rules->lists[set->list].type;
    struct list_change *changes =
        xcalloc(set->item_count > 0 ? set->item_count : 1, sizeof *changes);

    for (size_t i = 0; i < set->item_count; i++)
        changes[i].item = set->items[i];
    list_overlay_free(&world->overlays[set->list]);
    world->overlays[set->list] = list_overlay_new(type, changes, set->item_count);
    world->each[set->list].overlay = world->overlays[set->list];
    xfree(&changes);
}

static int make_lists(struct test_world *world, const struct rule_test *test, struct err *err)
{
    for (size_t i = 0; i < test->set_count; i++) {
        const struct test_set *set = &test->sets[i];
        if (set->list < 0)
            continue;
        if (world->lists.rules->lists[set->list].type != LIST_PATTERN)
            add_items(world, set);
        else if (add_patterns(world, set, err) < 0)
            return -1;
    }
    return 0;
}

int test_world_make(struct test_world *world, const struct ruleset *rules,
                    const struct rule_test *test, struct err *err)
{
    size_t count = rules->list_count > 0 ? rules->list_count : 1;

    world->each = xcalloc(count, sizeof *world->each);
    world->overlays = xcalloc(count, sizeof(struct list_overlay *));
    world->patterns = xcalloc(count, sizeof(struct patterns *));
    world->lists =
        (struct lists){.rules = rules, .count = rules->list_count, .each = world->each};
    make_facts(world, test);
    return make_lists(world, test, err);
}

void test_world_clear(struct test_world *world)
{
    for (size_t i = 0; i < world->lists.count; i++) {
        list_overlay_free(&world->overlays[i]);
        patterns_free(&world->patterns[i]);
    }
    facts_free(&world->message);
    facts_free(&world->recipient);
    xfree(&world->each);
    xfree(&world->overlays);
    xfree(&world->patterns);
}

void test_world_settle(struct test_world *world, const struct fact_ref *need)
{
    struct value value;
    struct fact fact = default_of(need->fact, &value);

    if (need->record != RECORD_NONE)
        facts_records_learnt(world->message, need->record, false, (struct span){NULL, 0});
    else if (need->fact >= FACT_FUNCTION__FIRST)
        facts_set_keyed(world->message, need->fact, need->key, &fact);
    else
        set_plain(owner_of(world->message, world->recipient, need->fact), need->fact, &fact);
}
