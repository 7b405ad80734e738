/* charge.c - a counter's name taken apart, its key made of facts, and what a delivered message charges. */
#include "base/hash.h"
#include "rules/charge.h"
#include "rules/eval.h"

#define FIRST_ROOM 16
#define PART_END   ' ' /* in no part: blanks are escaped there */

static const struct {
    const char *word;
    enum charge_kind kind;
} words[] = {
    {"messages", CHARGE_MESSAGES},
    {"recipients", CHARGE_RECIPIENTS},
    {"size", CHARGE_SIZE},
};

static bool is_single_fact(int id)
{
    return id != FACT_NONE && id < FACT_MESSAGE__COUNT &&
           (fact_table[id].flags & FACT_IS_SET) == 0;
}

static bool parse_what(struct span what, struct charge_counter *counter)
{
    for (size_t i = 0; i < sizeof words / sizeof words[0]; i++) {
        if (span_is(what, words[i].word)) {
            counter->kind = words[i].kind;
            return true;
        }
    }
    counter->kind = CHARGE_DISTINCT;
    counter->member = fact_find(what, RECORD_NONE);
    return is_single_fact(counter->member);
}

static bool parse_key(struct span names, struct charge_counter *counter)
{
    struct span name;

    for (size_t i = 0; span_cut(&names, ',', &name); i++) {
        if (i == 2)
            return false;
        counter->key[i] = fact_find(name, RECORD_NONE);
        if (!is_single_fact(counter->key[i]))
            return false;
    }
    return counter->key[0] != FACT_NONE;
}

bool charge_counter_parse(struct span name, struct charge_counter *counter_r)
{
    struct span what, key, window;
    uint64_t seconds;

    *counter_r = (struct charge_counter){.member = FACT_NONE, .key = {FACT_NONE, FACT_NONE}};
    if (name.len > CHARGE_NAME_MAX || !span_cut(&name, ' ', &what) ||
        !span_cut(&name, ' ', &key) || !span_cut(&name, ' ', &window) || name.ptr != NULL)
        return false;
    if (!span_to_u64(window, CHARGE_WINDOW_MAX, &seconds) || seconds == 0)
        return false;
    counter_r->window = (int64_t)seconds;
    return parse_what(what, counter_r) && parse_key(key, counter_r);
}

static struct fact fact_of(int id, const struct lists *lists, const struct facts_view *view)
{
    struct fact fact;

    if (id != FACT_DIRECTION || lists == NULL)
        return *facts_view_get(view, (enum fact_id)id);
    evaluate_direction(lists, view, &fact);
    return fact;
}

/* Printable ASCII alone, so that a key travels unchanged through whatever carries it. */
static void add_folded(struct str *out, struct span text)
{
    for (size_t i = 0; i < text.len; i++) {
        unsigned char c = (unsigned char)text.ptr[i];
        if (c <= ' ' || c > '~' || c == '%')
            str_printf(out, "%%%02x", c);
        else
            str_addc(out, c >= 'A' && c <= 'Z' ? (char)(c + 32) : (char)c);
    }
}

static void add_value(struct str *out, enum value_type type, const struct value *value)
{
    char ip[IP_TEXT_SIZE];

    if (type == TYPE_IP)
        str_adds(out, ip_text(&value->ip, ip));
    else if (type == TYPE_DOMAIN || type == TYPE_ADDRESS || type == TYPE_STRING)
        add_folded(out, value->text);
    else
        str_printf(out, "%lld", (long long)value->number);
}

static bool add_fact(struct str *out, int id, const struct lists *lists,
                     const struct facts_view *view)
{
    struct fact fact = fact_of(id, lists, view);

    if (fact.state != FACT_VALUE || fact.count != 1)
        return false;
    add_value(out, fact_table[id].type, fact.values);
    return true;
}

/* What is longer than any key should be stands for itself as a digest. */
static void bound(struct str *out, size_t from)
{
    uint8_t digest[HASH_SHA256_SIZE];

    if (out->len - from <= CHARGE_KEY_MAX)
        return;
    hash_sha256(span_from(out->ptr + from, out->len - from), digest);
    str_truncate(out, from);
    hash_hex(out, digest, sizeof digest);
}

bool charge_key(const struct charge_counter *counter, const struct lists *lists,
                const struct facts_view *view, struct str *out)
{
    size_t from = out->len;

    if (!add_fact(out, counter->key[0], lists, view))
        return false;
    if (counter->key[1] != FACT_NONE) {
        str_addc(out, PART_END);
        if (!add_fact(out, counter->key[1], lists, view))
            return false;
    }
    bound(out, from);
    return true;
}

bool charge_member(const struct charge_counter *counter, const struct lists *lists,
                   const struct facts_view *view, struct str *out)
{
    size_t from = out->len;

    if (counter->kind != CHARGE_DISTINCT || !add_fact(out, counter->member, lists, view))
        return false;
    bound(out, from);
    return true;
}

static uint64_t hash_of(const struct charges *c, const struct charge *charge)
{
    return hash_table64(c->seed, charge->counter) + 3 * hash_table64(c->seed, charge->key) +
           5 * hash_table64(c->seed, charge->member);
}

static bool is_same(const struct charge *a, const struct charge *b)
{
    return span_equal(a->counter, b->counter) && span_equal(a->key, b->key) &&
           span_equal(a->member, b->member);
}

/* Its slot, or the free one where it belongs; slots hold index + 1. */
static uint32_t *slot_of(const struct charges *c, const struct charge *charge)
{
    size_t at = hash_of(c, charge) & (c->slot_count - 1);

    while (c->slots[at] != 0 && !is_same(&c->of[c->slots[at] - 1], charge))
        at = (at + 1) & (c->slot_count - 1);
    return &c->slots[at];
}

static void grow(struct charges *c)
{
    size_t room = c->room == 0 ? FIRST_ROOM : 2 * c->room;
    struct charge *more = arena_array(c->arena, room, sizeof *more);

    if (c->count > 0)
        memcpy(more, c->of, c->count * sizeof *more);
    if (c->room == 0)
        hash_random(c->seed, sizeof c->seed);
    c->of = more;
    c->room = room;
    c->slot_count = 2 * room;
    c->slots = arena_array(c->arena, c->slot_count, sizeof *c->slots);
    for (size_t i = 0; i < c->count; i++)
        *slot_of(c, &c->of[i]) = (uint32_t)i + 1;
}

/* A recipient adds to what its message was charged for already; message and bytes count once. */
static void put(struct charges *c, const struct charge *charge, enum charge_kind kind)
{
    uint32_t *slot;

    if (c->count == c->room)
        grow(c);
    slot = slot_of(c, charge);
    if (*slot != 0) {
        if (kind == CHARGE_RECIPIENTS)
            c->of[*slot - 1].amount += charge->amount;
        return;
    }
    if (c->count == CHARGES_MAX)
        return;
    c->of[c->count] = (struct charge){arena_span(c->arena, charge->counter),
                                      arena_span(c->arena, charge->key),
                                      arena_span(c->arena, charge->member), charge->amount};
    *slot = (uint32_t)++c->count;
}

static void add_one(struct charges *c, struct span name, const struct lists *lists,
                    const struct facts_view *view, int64_t size)
{
    struct str key = STR_EMPTY, member = STR_EMPTY;
    struct charge_counter counter;
    bool is_there =
        charge_counter_parse(name, &counter) && charge_key(&counter, lists, view, &key) &&
        (counter.kind != CHARGE_DISTINCT || charge_member(&counter, lists, view, &member));
    struct charge charge = {.counter = name,
                            .key = str_span(&key),
                            .member = str_span(&member),
                            .amount = counter.kind == CHARGE_SIZE ? size : 1};

    if (is_there)
        put(c, &charge, counter.kind);
    str_clear(&key);
    str_clear(&member);
}

void charges_add(struct charges *charges, const struct lists *lists,
                 const struct facts_view *view, int64_t size)
{
    const struct ruleset *rules = lists->rules;

    for (size_t i = 0; i < rules->ask_count[CHAIN_POLICY]; i++) {
        enum fact_id id = rules->asks[CHAIN_POLICY][i].fact;
        if (id == FACT_COUNT_OF || id == FACT_SUM_OF || id == FACT_DISTINCT)
            add_one(charges, rules->asks[CHAIN_POLICY][i].key, lists, view, size);
    }
}
