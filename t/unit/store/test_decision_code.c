/* The decision code is a permutation, its text survives people; the node key is made once. */
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "store/decision_code.h"
#include "store/node_key.h"
#include "t/lib/random.h"
#include "t/lib/suite.h"
#include "t/lib/temp_dir.h"

static const uint8_t key[HASH_KEY_SIZE] = {1, 2, 3};

static int compare(const void *a, const void *b)
{
    uint64_t left = *(const uint64_t *)a, right = *(const uint64_t *)b;

    return (left > right) - (left < right);
}

START_TEST(test_bijection)
{
    enum { SAMPLES = 20000 };
    uint64_t *codes = calloc(SAMPLES, sizeof(*codes));
    uint64_t random = random_seeded(11);

    for (int i = 0; i < SAMPLES; i++) {
        /* half of them neighbours, half anywhere */
        uint64_t bits = i % 2 == 0 ? (uint64_t)i : random_next(&random);
        struct decision_id id = {(uint16_t)(bits >> 48 & DECISION_NODE_MAX),
                                 (enum decision_program)(bits >> 47 & 1),
                                 (uint16_t)(bits >> 32 & DECISION_DAY_MAX), (uint32_t)bits};
        struct decision_id back;

        codes[i] = decision_code_seal(key, &id);
        ck_assert_uint_eq(codes[i] >> 60, 0);
        decision_code_open(key, codes[i], &back);
        ck_assert_msg(back.node == id.node && back.program == id.program &&
                          back.day == id.day && back.row == id.row,
                      "sample %d", i);
    }
    qsort(codes, SAMPLES, sizeof(*codes), compare);
    for (int i = 1; i < SAMPLES; i++)
        ck_assert_uint_ne(codes[i - 1], codes[i]);
    free(codes);
}
END_TEST

START_TEST(test_other_way)
{
    uint64_t random = random_seeded(12);

    for (int i = 0; i < 5000; i++) {
        uint64_t code = random_next(&random) >> 4;
        struct decision_id id;

        decision_code_open(key, code, &id);
        ck_assert_uint_eq(decision_code_seal(key, &id), code);
    }
}
END_TEST

START_TEST(test_text)
{
    uint64_t random = random_seeded(13);

    for (int i = 0; i < 5000; i++) {
        uint64_t code = random_next(&random) >> 4, back;
        char text[DECISION_CODE_SIZE];

        decision_code_print(code, text);
        ck_assert_uint_eq(strlen(text), 14);
        ck_assert(text[4] == '-' && text[9] == '-');
        ck_assert(decision_code_parse(span_of(text), &back));
        ck_assert_uint_eq(back, code);
    }
}
END_TEST

static const struct spelling {
    const char *text;
    bool is_good;
} spellings[] = {
    {"M7K2-9QF4-T3WX", true},
    {"m7k2-9qf4-t3wx", true},
    {"M7K29QF4T3WX", true},
    {"[M7K2-9QF4-T3WX]", true},
    {" M7K2 9QF4 T3WX\n", true},
    {"M7K2-9QF4-T3W", false},
    {"M7K2-9QF4-T3WXX", false},
    {"M7K2-9QF4-T3WU", false},
    {"", false},
    {"[]", false},
    {"M7K2-9QF4-T3W\xc3", false},
    {"4F2kXH1Qz8z3P2", false},
    {"------------", false},
};

START_TEST(test_spellings)
{
    uint64_t right, code;

    ck_assert(decision_code_parse(SPAN("M7K2-9QF4-T3WX"), &right));
    for (size_t i = 0; i < COUNT_OF(spellings); i++) {
        bool is_good = decision_code_parse(span_of(spellings[i].text), &code);

        ck_assert_msg(is_good == spellings[i].is_good, "%s", spellings[i].text);
        ck_assert(!is_good || code == right);
    }
    ck_assert(decision_code_parse(SPAN("0000-1111-0000"), &right));
    ck_assert(decision_code_parse(SPAN("oO00-iIlL-0OOo"), &code));
    ck_assert_uint_eq(code, right);
    ck_assert(!decision_code_parse(SPAN("M7K2-9QF4\0T3WX"), &code));
}
END_TEST

START_TEST(test_node_key)
{
    uint8_t trace[HASH_KEY_SIZE], release[HASH_KEY_SIZE];
    struct node_key first, second;
    char dir[200], path[300];
    struct stat st;
    struct err err;

    temp_dir_make(dir);
    snprintf(path, sizeof(path), "%s/node.key", dir);
    ck_assert_int_eq(node_key_load(dir, &first, &err), 0);
    ck_assert_int_eq(node_key_load(dir, &second, &err), 0);
    ck_assert_mem_eq(&first, &second, sizeof(first));
    ck_assert_uint_le(first.node, DECISION_NODE_MAX);
    ck_assert_int_eq(stat(path, &st), 0);
    ck_assert_int_eq(st.st_mode & 0777, 0640);
    ck_assert_int_eq(st.st_size, HASH_KEY_SIZE);
    node_key_subkey(&first, NODE_KEY_TRACE, trace);
    node_key_subkey(&first, NODE_KEY_RELEASE, release);
    ck_assert_mem_ne(trace, release, HASH_KEY_SIZE);
    ck_assert_int_eq(chmod(path, 0644), 0);
    ck_assert_int_eq(node_key_load(dir, &second, &err), -1);
    ck_assert_msg(strstr(err.text, "chmod 0640") != NULL, "%s", err.text);
    ck_assert_int_eq(truncate(path, 5), 0);
    ck_assert_int_eq(node_key_load(dir, &second, &err), -1);
    temp_dir_remove(dir);
}
END_TEST

SUITE_MAIN("decision_code", test_bijection, test_other_way, test_text, test_spellings,
           test_node_key)
