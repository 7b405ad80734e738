/* rule_gen.c - makes up rules and facts that meet often enough to be interesting. */
#include "t/lib/rule_gen.h"
#include <stdio.h>
#include "facts/derive.h"
#include "t/lib/random.h"

#define PICK(state, array) (array)[random_below((state), sizeof(array) / sizeof((array)[0]))]
#define RULES_MOST         12

static const char *const leaves[] = {
    "path = staging",
    "client.ip in $relay_networks",
    "client.ip in { 192.0.2.0/24 10.1.2.3 }",
    "client.country = \"DE\"",
    "client.country != \"DE\"",
    "helo.name = \"bad\"",
    "auth.user known",
    "sender.domain = \"a.example\"",
    "sender = <>",
    "recipient contains \"b\"",
    "domain.accepted",
    "direction = inbound",
    "direction in { outbound internal }",
    "message.declared_size absent",
    "message.size > 1000",
    "spf = fail",
    "spf known",
    "subject contains \"x\"",
    "subject = helo.name",
    "from.domain in $partners",
    "from.domain not in $partners",
    "header(\"X\") = \"x\"",
    "header(\"X\") absent",
    "mime.broken",
    "virus known",
    "virus != \"bad\"",
    "text contains \"x\"",
    "loop.hops >= 2",
    "score >= 2",
    "score < 1",
    "tag(\"t1\")",
    "tag(\"t2\")",
    "any attachment (extension = \"exe\")",
    "any attachment (size > 100 and extension != \"exe\")",
    "any attachment (uninspected known)",
    "no attachment (size > 100)",
    "all attachment (size > 100 or deceptive)",
};

static const char *const restricting[] = {
    "reject \"5.7.1 {sender} at {helo.name}\"",
    "reject \"5.7.1 about {subject}\"",
    "quarantine \"{from}\"",
    "quarantine, reject \"5.7.1 kept\"",
    "defer \"4.7.1 later\"",
    "discard",
    "score 2",
    "score 1, tag \"t1\"",
};
static const char *const permitting[] = {"accept", "score -1", "skip last"};
static const char *const neutral[] = {"tag \"t1\"", "tag \"t2\"",
                                      "log \"{subject} {direction}\"", "keep",
                                      "add header \"X-A\" \"{client.ip}\""};
static const char *const modes[] = {"unknown passes",       "unknown passes",
                                    "unknown passes",       "unknown passes",
                                    "warn, unknown passes", "off, unknown passes"};

static void add_condition(uint64_t *state, struct str *text, int depth)
{
    uint64_t kind = depth > 0 ? random_below(state, 6) : 0;

    if (kind >= 3) {
        str_adds(text, "(");
        add_condition(state, text, depth - 1);
        str_adds(text, kind == 3 ? " and " : " or ");
        add_condition(state, text, depth - 1);
        str_adds(text, ")");
    } else if (kind == 2) {
        str_adds(text, "not (");
        add_condition(state, text, depth - 1);
        str_adds(text, ")");
    } else {
        str_adds(text, PICK(state, leaves));
    }
}

static void add_action(uint64_t *state, struct str *text)
{
    uint64_t kind = random_below(state, 5);

    str_adds(text, " then ");
    if (kind < 2)
        str_adds(text, PICK(state, restricting));
    else if (kind == 2)
        str_adds(text, PICK(state, permitting));
    else
        str_adds(text, PICK(state, neutral));
    str_adds(text, "\n");
}

/* One that prints what it found needs it in every alternative. */
static void add_printing_rule(uint64_t *state, struct str *text, size_t number)
{
    str_printf(text,
               "rule r%zu (unknown passes) when any attachment (extension = \"exe\") and ",
               number);
    str_adds(text, PICK(state, leaves));
    str_adds(text, " or any attachment (size > 100) and ");
    str_adds(text, PICK(state, leaves));
    str_adds(text, " then reject \"5.7.1 {attachment.name}\"\n");
}

static struct ruleset *compile(struct str *text)
{
    struct problems problems;
    struct ruleset *rules;
    struct str shown = STR_EMPTY;

    problems_init(&problems, "generated", str_span(text));
    rules = ruleset_compile(str_span(text), "generated", &problems);
    if (rules == NULL) {
        problems_print(&shown, &problems);
        printf("%s\n", str_cstr(&shown));
    }
    str_clear(&shown);
    problems_clear(&problems);
    return rules;
}

struct ruleset *rule_gen_filter(uint64_t *state, struct str *text)
{
    size_t count = 2 + random_below(state, RULES_MOST);

    str_adds(text, "list relay_networks ip { 10.0.0.0/8 }\nlist partners domain { a.example "
                   ".b.example }\n[filter]\n");
    for (size_t i = 0; i < count; i++) {
        if (random_below(state, 8) == 0) {
            add_printing_rule(state, text, i);
            continue;
        }
        str_printf(text, "rule r%zu (%s) when ", i, PICK(state, modes));
        add_condition(state, text, 2);
        if (random_below(state, 3) == 0) {
            str_adds(text, " unless ");
            add_condition(state, text, 1);
        }
        add_action(state, text);
    }
    str_adds(text, "rule last (unknown passes) when message.size > 0 then tag \"last\"\n");
    return compile(text);
}

static const char *const counters[] = {
    "count(messages, client.ip, 1h)",
    "count(recipients, auth.user, 1d)",
    "sum(size, sender.domain, 1h)",
    "distinct(sender.domain, auth.user, 1d)",
    "count(messages, (sender.domain, client.ip), 15m)",
};

struct ruleset *rule_gen_counters(uint64_t seed, bool shuffle, struct str *text)
{
    uint64_t state = random_seeded(seed);
    struct str lines[RULES_MOST] = {STR_EMPTY};
    size_t order[RULES_MOST], count = 3 + random_below(&state, RULES_MOST - 3);

    for (size_t i = 0; i < count; i++) {
        str_printf(&lines[i], "rule r%zu when %s > %d and ", i, PICK(&state, counters),
                   (int)random_below(&state, 5));
        str_printf(&lines[i], "%s then tag \"g%zu\"\n",
                   random_below(&state, 2) == 0 ? "domain.accepted" : "helo.name = \"bad\"", i);
        order[i] = i;
    }
    for (size_t i = count; shuffle && i-- > 1;) {
        size_t other = random_below(&state, i + 1), was = order[i];
        order[i] = order[other];
        order[other] = was;
    }
    str_adds(text, "[policy]\n");
    for (size_t i = 0; i < count; i++)
        str_add(text, str_span(&lines[order[i]]));
    for (size_t i = 0; i < count; i++)
        str_clear(&lines[i]);
    return compile(text);
}

/* ---- facts ---- */

static struct fact value_for(uint64_t *state, enum fact_id id, struct value values[2])
{
    static const char *const texts[] = {"x", "bad", "DE", "exe", "y x"};
    static const char *const domains[] = {"a.example", "m.b.example", "c.example"};
    static const char *const addresses[] = {"u@a.example", "b@m.b.example", "v@c.example"};
    static const char *const ips[] = {"10.1.2.3", "192.0.2.1", "198.51.100.7"};
    const struct fact_row *row = &fact_table[id];
    struct fact fact = {.state = FACT_VALUE, .count = 1, .values = values};

    if ((row->flags & FACT_IS_SET) != 0)
        fact.count = 1 + (uint32_t)random_below(state, 2);
    for (uint32_t i = 0; i < fact.count; i++) {
        values[i] = (struct value){.number = (int64_t)random_below(state, 4)};
        if (row->type == TYPE_BOOL)
            values[i].number &= 1;
        else if (row->type == TYPE_ENUM)
            values[i].number = row->words[random_below(state, 2)].value;
        else if (row->type == TYPE_SIZE)
            values[i].number *= 600;
        else if (row->type == TYPE_IP)
            ip_parse(span_of(PICK(state, ips)), &values[i].ip);
        else if (row->type == TYPE_DOMAIN)
            values[i].text = span_of(PICK(state, domains));
        else if (row->type == TYPE_ADDRESS)
            values[i].text = span_of(PICK(state, addresses));
        else if (row->type == TYPE_STRING)
            values[i].text = span_of(PICK(state, texts));
    }
    return fact;
}

static struct fact fact_for(uint64_t *state, enum fact_id id, struct value values[2])
{
    unsigned flags = fact_table[id].flags;
    uint64_t kind = random_below(state, 8);

    if (kind == 0 && (flags & FACT_MAY_UNKNOWN) != 0)
        return (struct fact){.state = FACT_UNKNOWN, .reason = SPAN("made up")};
    if (kind <= 2 && (flags & FACT_MAY_ABSENT) != 0)
        return (struct fact){.state = FACT_ABSENT};
    return value_for(state, id, values);
}

static void set(struct facts *to, enum fact_id id, const struct fact *fact)
{
    if (fact->state == FACT_VALUE)
        facts_set_many(to, id, fact->values, fact->count);
    else if (fact->state == FACT_ABSENT)
        facts_set_absent(to, id);
    else if (fact->state == FACT_UNKNOWN)
        facts_set_unknown(to, id, fact->reason);
}

static void add_attachments(uint64_t *state, struct facts *message)
{
    static const char *const names[] = {"a.exe", "b.txt", "c.scr", "d\342\200\256.pdf"};
    size_t count = random_below(state, 4);
    uint64_t kind = random_below(state, 8);

    for (size_t i = 0; i < count; i++) {
        struct value name = {.text = span_of(PICK(state, names))};
        struct value size[2];
        struct fact fact = {FACT_VALUE, {NULL, 0}, 1, &name};
        int index = facts_record_add(message, RECORD_ATTACHMENT);
        facts_record_set(message, RECORD_ATTACHMENT, (size_t)index, FACT_ATTACHMENT_NAME,
                         &fact);
        fact = fact_for(state, FACT_ATTACHMENT_SIZE, size);
        facts_record_set(message, RECORD_ATTACHMENT, (size_t)index, FACT_ATTACHMENT_SIZE,
                         &fact);
    }
    if (kind == 0)
        facts_records_unknown(message, RECORD_ATTACHMENT, SPAN("made up"));
    else
        facts_records_learnt(message, RECORD_ATTACHMENT, kind == 1, SPAN("made up"));
    facts_records_learnt(message, RECORD_URL, false, SPAN(""));
}

void rule_gen_facts(uint64_t *state, struct facts *message, struct facts *recipient)
{
    struct value values[2];
    struct fact fact;

    for (enum fact_id id = 0; id < FACT_MESSAGE__COUNT; id++) {
        unsigned flags = fact_table[id].flags;
        if ((flags & (FACT_DERIVED | FACT_EVALUATION)) != 0)
            continue;
        fact = fact_for(state, id, values);
        set((flags & FACT_PER_RECIPIENT) != 0 ? recipient : message, id, &fact);
    }
    fact = fact_for(state, FACT_HEADER, values);
    facts_set_keyed(message, FACT_HEADER, SPAN("x"), &fact);
    add_attachments(state, message);
    facts_derive(message);
    facts_derive(recipient);
}

/* ---- copies ---- */

static void copy_record(struct facts *to, const struct facts *from, enum record record)
{
    const struct record_list *list = facts_records(from, record);
    enum fact_id first = record_first(record);

    if (list->state == FACT_UNKNOWN) {
        facts_records_unknown(to, record, list->reason);
        return;
    }
    for (size_t i = 0; i < list->count; i++) {
        int index = facts_record_add(to, record);
        for (enum fact_id id = first; id < first + record_count(record); id++)
            facts_record_set(to, record, (size_t)index, id,
                             facts_record_get(from, record, i, id));
    }
    if (list->state == FACT_VALUE)
        facts_records_learnt(to, record, list->is_incomplete, list->reason);
}

void rule_gen_copy(struct facts *to, const struct facts *from, const struct fact_ref *ref)
{
    if (ref->record != RECORD_NONE)
        copy_record(to, from, ref->record);
    else if (ref->fact >= FACT_FUNCTION__FIRST)
        facts_set_keyed(to, ref->fact, ref->key, facts_keyed(from, ref->fact, ref->key));
    else
        set(to, ref->fact, facts_get(from, ref->fact));
}

void rule_gen_copy_until(struct facts *to, const struct facts *from, enum stage stage)
{
    for (enum fact_id id = 0; id < FACT_MESSAGE__COUNT; id++)
        if (fact_table[id].stage <= stage)
            set(to, id, facts_get(from, id));
    for (size_t i = 0; i < facts_keyed_count(from); i++) {
        const struct keyed_fact *keyed = facts_keyed_at(from, i);
        if (fact_table[keyed->id].stage <= stage)
            facts_set_keyed(to, keyed->id, keyed->key, &keyed->fact);
    }
    for (int record = RECORD_NONE + 1; record < RECORD__COUNT; record++)
        if (fact_table[record_first((enum record)record)].stage <= stage &&
            facts_records(from, (enum record)record)->state != FACT_PENDING)
            copy_record(to, from, (enum record)record);
}
