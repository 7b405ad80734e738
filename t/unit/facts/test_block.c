/* test_block.c - the flat block: writing and reading is identity; what is cut, changed or forged is refused. */
#include <stdio.h>
#include "facts/block.h"
#include "t/lib/suite.h"

#define CASES 400

/* xorshift: the cases are the same on every machine; the seed is printed with a failure. */
static uint64_t next(uint64_t *state)
{
    *state ^= *state << 13;
    *state ^= *state >> 7;
    *state ^= *state << 17;
    return *state;
}

static struct span make_text(uint64_t *seed, char buf[64])
{
    size_t len = 1 + next(seed) % 63;

    for (size_t i = 0; i < len; i++)
        buf[i] = (char)(0x20 + next(seed) % 95);
    return span_from(buf, len);
}

static void make_value(uint64_t *seed, const struct fact_row *row, struct value *value,
                       char buf[64])
{
    *value = (struct value){.number = 0};
    if (row->type == TYPE_BOOL)
        value->number = (int64_t)(next(seed) & 1);
    else if (row->type == TYPE_ENUM)
        value->number = row->words[0].value;
    else if (row->type == TYPE_IP)
        for (size_t i = 0; i < 16; i++)
            value->ip.byte[i] = (uint8_t)next(seed);
    else if (row->type >= TYPE_DOMAIN)
        value->text = make_text(seed, buf);
    else
        value->number = (int64_t)(next(seed) >> 1);
}

static struct fact make_fact(uint64_t *seed, enum fact_id id, struct value values[8],
                             char bufs[8][64])
{
    const struct fact_row *row = &fact_table[id];
    struct fact fact = {.state = FACT_VALUE, .count = 1, .values = values};

    if (next(seed) % 5 == 0) {
        fact.state = FACT_UNKNOWN;
        fact.reason = make_text(seed, bufs[0]);
        return fact;
    }
    if ((row->flags & FACT_IS_SET) != 0)
        fact.count = (uint32_t)(next(seed) % 8);
    for (uint32_t i = 0; i < fact.count; i++)
        make_value(seed, row, &values[i], bufs[i]);
    return fact;
}

static void fill_element(uint64_t *seed, struct facts *facts, enum record record)
{
    size_t index = (size_t)facts_record_add(facts, record);
    struct value values[8];
    char bufs[8][64];

    for (size_t j = 0; j < record_count(record); j++) {
        enum fact_id id = (enum fact_id)(record_first(record) + j);
        struct fact fact = make_fact(seed, id, values, bufs);
        if (next(seed) & 1)
            ck_assert(facts_record_set(facts, record, index, id, &fact));
    }
}

static struct facts *make_facts(uint64_t *seed)
{
    struct facts *facts = facts_new();
    struct value values[8];
    char bufs[8][64];

    for (int id = 0; id < FACT_MESSAGE__COUNT; id++) {
        struct fact fact = make_fact(seed, (enum fact_id)id, values, bufs);
        if (id == FACT_SCORE || next(seed) % 3 == 0)
            continue;
        if (fact.state == FACT_UNKNOWN)
            facts_set_unknown(facts, (enum fact_id)id, fact.reason);
        else if ((fact_table[id].flags & FACT_MAY_ABSENT) != 0 && next(seed) % 4 == 0)
            facts_set_absent(facts, (enum fact_id)id);
        else
            facts_set_many(facts, (enum fact_id)id, fact.values, fact.count);
    }
    for (size_t n = next(seed) % 5; n > 0; n--)
        fill_element(seed, facts, RECORD_ATTACHMENT);
    facts_records_learnt(facts, RECORD_ATTACHMENT, next(seed) & 1, SPAN("too many parts"));
    if (next(seed) & 1)
        facts_records_unknown(facts, RECORD_URL, SPAN("not learnt"));
    for (size_t n = next(seed) % 4; n > 0; n--) {
        char key[16];
        struct fact fact = make_fact(seed, FACT_HEADER, values, bufs);
        snprintf(key, sizeof key, "x-%zu", n);
        facts_set_keyed(facts, FACT_HEADER, span_of(key), &fact);
    }
    return facts;
}

static void ck_same(const struct fact *a, const struct fact *b, uint64_t seed)
{
    ck_assert_msg(a->state == b->state && a->count == b->count &&
                      span_equal(a->reason, b->reason),
                  "seed %llu", (unsigned long long)seed);
    for (uint32_t i = 0; i < a->count; i++)
        ck_assert_msg(a->values[i].number == b->values[i].number &&
                          ip_equal(&a->values[i].ip, &b->values[i].ip) &&
                          span_equal(a->values[i].text, b->values[i].text),
                      "seed %llu", (unsigned long long)seed);
}

static void ck_same_list(const struct facts *a, const struct facts *b, enum record record,
                         uint64_t seed)
{
    const struct record_list *x = facts_records(a, record), *y = facts_records(b, record);

    ck_assert_msg(x->state == y->state && x->count == y->count &&
                      x->is_incomplete == y->is_incomplete && span_equal(x->reason, y->reason),
                  "seed %llu", (unsigned long long)seed);
    for (size_t i = 0; i < x->count; i++)
        for (size_t j = 0; j < record_count(record); j++) {
            enum fact_id id = (enum fact_id)(record_first(record) + j);
            ck_same(facts_record_get(a, record, i, id), facts_record_get(b, record, i, id),
                    seed);
        }
}

static void ck_same_all(const struct facts *a, const struct facts *b, uint64_t seed)
{
    for (int id = 0; id < FACT_MESSAGE__COUNT; id++)
        ck_same(facts_get(a, (enum fact_id)id), facts_get(b, (enum fact_id)id), seed);
    ck_same_list(a, b, RECORD_ATTACHMENT, seed);
    ck_same_list(a, b, RECORD_URL, seed);
    ck_assert_uint_eq(facts_keyed_count(a), facts_keyed_count(b));
    for (size_t i = 0; i < facts_keyed_count(a); i++) {
        const struct keyed_fact *k = facts_keyed_at(a, i);
        ck_same(&k->fact, facts_keyed(b, k->id, k->key), seed);
    }
}

START_TEST(test_identity)
{
    for (uint64_t seed = 1; seed <= CASES; seed++) {
        uint64_t state = seed * 0x9e3779b97f4a7c15u;
        struct facts *facts = make_facts(&state), *read = facts_new(),
                     *copy = facts_copy(facts);
        struct str block = STR_EMPTY;
        struct err err;
        ck_assert_int_eq(block_write(&block, facts, &err), 0);
        ck_assert_msg(block_read(read, str_span(&block), &err) == 0, "seed %llu: %s",
                      (unsigned long long)seed, err.text);
        ck_same_all(facts, read, seed);
        ck_same_all(facts, copy, seed);
        str_clear(&block);
        facts_free(&facts);
        facts_free(&read);
        facts_free(&copy);
    }
}
END_TEST

START_TEST(test_every_cut_is_refused)
{
    uint64_t state = 77;
    struct facts *facts = make_facts(&state), *read = facts_new();
    struct str block = STR_EMPTY;
    struct err err;

    ck_assert_int_eq(block_write(&block, facts, &err), 0);
    for (size_t len = 0; len < block.len; len++)
        ck_assert_int_eq(block_read(read, span_from(block.ptr, len), &err), -1);
    str_addc(&block, 'x');
    ck_assert_int_eq(block_read(read, str_span(&block), &err), -1);
    ck_assert_int_eq(facts_get(read, FACT_PATH)->state, FACT_PENDING);
    str_clear(&block);
    facts_free(&facts);
    facts_free(&read);
}
END_TEST

/* No flipped byte may crash or read beyond; most are refused. */
START_TEST(test_every_flip_is_survived)
{
    uint64_t state = 99;
    struct facts *facts = make_facts(&state);
    struct str block = STR_EMPTY;
    struct err err;

    ck_assert_int_eq(block_write(&block, facts, &err), 0);
    for (size_t i = 0; i < block.len; i++) {
        struct facts *read = facts_new();
        char kept = block.ptr[i];
        block.ptr[i] = (char)(kept ^ (char)(1 << i % 8));
        block_read(read, str_span(&block), &err);
        block.ptr[i] = kept;
        facts_free(&read);
    }
    str_clear(&block);
    facts_free(&facts);
}
END_TEST

/* What follows the length; the test writes the right length in front. */
static const struct forged {
    const char *name;
    struct span bytes;
    const char *want; /* part of the error; NULL: readable */
} forged[] = {
    {"nothing learnt", SPAN("\0\0"), NULL},
    {"a fact is an evaluation's", SPAN("\x01\0\x02\x05score"), "evaluation"},
    {"another type", SPAN("\x01\0\x04\x04path"), "another type"},
    {"no such kind", SPAN("\x01\0\x05\x04path"), "kind of value"},
    {"more names than allowed", SPAN("\xff\xff"), "too many names"},
    {"no such name", SPAN("\x01\0\x02\x04path\x01\0\x01\x02\0\0\0\0"), "a name that"},
    {"no such state", SPAN("\x01\0\x02\x04path\0\0\x01\x00\0\0\0\0"), "form or state"},
    {"no such enum word",
     SPAN("\x01\0\x02\x04path\0\0\x01\x01\0\0\0\0\x01\0\0\0\x63\0\0\0\0\0\0\0"), "cannot have"},
    {"a control in a domain",
     SPAN("\x01\0\x04\x0dsender.domain\0\0\x01\x01\0\0\0\0\x01\0\0\0\x03\0\0\0a\nb"),
     "cannot have"},
    {"a record's fact as a plain one",
     SPAN("\x01\0\x04\x0f"
          "attachment.type\0\0\x01\x02\0\0\0\0"),
     "another's place"},
    {"a plain fact as an element", SPAN("\x01\0\x02\x04path\0\0\x04\x02\0\0\0\0"),
     "another's place"},
    {"absent where it cannot be", SPAN("\x01\0\x02\x0cmessage.size\0\0\x01\x02\0\0\0\0"),
     "absent that cannot"},
    {"two values of one", SPAN("\x01\0\x02\x04path\0\0\x01\x01\0\0\0\0\x02\0\0\0"),
     "wrong number"},
    {"a fact twice", SPAN("\x01\0\x02\x04path\0\0\x01\x02\0\0\0\0\0\0\x01\x02\0\0\0\0"),
     "twice"},
    {"element of no list",
     SPAN("\x01\0\x02\x10"
          "attachment.depth\0\0\x04\x03\0\0\0\0\0\0\0\0"),
     "no element"},
    {"a list of four thousand million",
     SPAN("\x01\0\x01\x0a"
          "attachment\0\0\x03\x01\xff\xff\xff\xff\0\0\0\0\0"),
     "list that cannot be"},
    {"an unknown list with elements",
     SPAN("\x01\0\x01\x0a"
          "attachment\0\0\x03\x03\x01\0\0\0\0\0\0\0\0"),
     "has elements"},
    {"a later version's fact is passed over",
     SPAN("\x01\0\x04\x06"
          "future\0\0\x01\x01\0\0\0\0\x02\0\0\0\x02\0\0\0ab\x01\0\0\0c"),
     NULL},
};

static void add_block(struct str *out, struct span bytes)
{
    size_t total = bytes.len + 8;

    str_adds(out, "PGF1");
    for (size_t i = 0; i < 4; i++)
        str_addc(out, (char)(total >> 8 * i & 0xff));
    str_add(out, bytes);
}

START_TEST(test_forged_blocks)
{
    for (size_t i = 0; i < COUNT_OF(forged); i++) {
        struct facts *facts = facts_new();
        struct str block = STR_EMPTY;
        struct err err;
        int result;
        err_reset(&err);
        add_block(&block, forged[i].bytes);
        result = block_read(facts, str_span(&block), &err);
        ck_assert_msg(result == (forged[i].want != NULL ? -1 : 0), "%s: %s", forged[i].name,
                      err.text);
        if (forged[i].want != NULL)
            ck_assert_msg(strstr(err.text, forged[i].want) != NULL, "%s: %s", forged[i].name,
                          err.text);
        ck_assert_int_eq(facts_get(facts, FACT_PATH)->state, FACT_PENDING);
        str_clear(&block);
        facts_free(&facts);
    }
}
END_TEST

START_TEST(test_too_large_is_not_written)
{
    struct facts *facts = facts_new();
    struct str out = STR_EMPTY, text = STR_EMPTY;
    struct value values[5];
    struct err err;

    for (size_t i = 0; i < FACTS_MAX_TEXT; i++)
        str_addc(&text, 'x');
    for (size_t i = 0; i < COUNT_OF(values); i++)
        values[i] = (struct value){.text = str_span(&text)};
    ck_assert(facts_set_many(facts, FACT_TEXT, values, COUNT_OF(values)));
    str_adds(&out, "before");
    ck_assert_int_eq(block_write(&out, facts, &err), -1);
    ck_assert_str_eq(str_cstr(&out), "before");
    str_clear(&out);
    str_clear(&text);
    facts_free(&facts);
}
END_TEST

SUITE_MAIN("facts/block", test_identity, test_every_cut_is_refused, test_every_flip_is_survived,
           test_forged_blocks, test_too_large_is_not_written)
