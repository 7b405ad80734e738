/* test_fact_equal.c - which facts say the same: by state, type and order. */
#include "facts/facts.h"
#include "t/lib/suite.h"

#define TEXT(s)                                                                                \
    {                                                                                          \
        .text = { s, sizeof(s) - 1 }                                                           \
    }
#define NUMBER(n)                                                                              \
    {                                                                                          \
        .number = n                                                                            \
    }

START_TEST(test_pairs)
{
    static const struct value a[] = {TEXT("a"), TEXT("b")}, b[] = {TEXT("b"), TEXT("a")},
                              c[] = {TEXT("A"), TEXT("b")}, one[] = {NUMBER(1)},
                              two[] = {NUMBER(2)},
                              v4[] = {{.ip = {{0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 255, 255, 1, 2, 3,
                                               4}}}},
                              v6[] = {{.ip = {{32, 1}}}};
    static const struct {
        const char *name;
        enum fact_id id;
        struct fact a, b;
        bool is_equal;
    } cases[] = {
        {"texts",
         FACT_FROM,
         {FACT_VALUE, {NULL, 0}, 2, a},
         {FACT_VALUE, {NULL, 0}, 2, a},
         true},
        {"order counts",
         FACT_FROM,
         {FACT_VALUE, {NULL, 0}, 2, a},
         {FACT_VALUE, {NULL, 0}, 2, b},
         false},
        {"case counts",
         FACT_FROM,
         {FACT_VALUE, {NULL, 0}, 2, a},
         {FACT_VALUE, {NULL, 0}, 2, c},
         false},
        {"fewer",
         FACT_FROM,
         {FACT_VALUE, {NULL, 0}, 2, a},
         {FACT_VALUE, {NULL, 0}, 1, a},
         false},
        {"empty sets",
         FACT_FROM,
         {FACT_VALUE, {NULL, 0}, 0, NULL},
         {FACT_VALUE, {NULL, 0}, 0, NULL},
         true},
        {"numbers",
         FACT_MESSAGE_SIZE,
         {FACT_VALUE, {NULL, 0}, 1, one},
         {FACT_VALUE, {NULL, 0}, 1, one},
         true},
        {"other numbers",
         FACT_MESSAGE_SIZE,
         {FACT_VALUE, {NULL, 0}, 1, one},
         {FACT_VALUE, {NULL, 0}, 1, two},
         false},
        {"addresses",
         FACT_CLIENT_IP,
         {FACT_VALUE, {NULL, 0}, 1, v4},
         {FACT_VALUE, {NULL, 0}, 1, v4},
         true},
        {"other addresses",
         FACT_CLIENT_IP,
         {FACT_VALUE, {NULL, 0}, 1, v4},
         {FACT_VALUE, {NULL, 0}, 1, v6},
         false},
        {"states",
         FACT_FROM,
         {FACT_ABSENT, {NULL, 0}, 0, NULL},
         {FACT_VALUE, {NULL, 0}, 0, NULL},
         false},
        {"absent",
         FACT_FROM,
         {FACT_ABSENT, {NULL, 0}, 0, NULL},
         {FACT_ABSENT, {NULL, 0}, 0, NULL},
         true},
        {"unknown for one reason",
         FACT_FROM,
         {FACT_UNKNOWN, {"x", 1}, 0, NULL},
         {FACT_UNKNOWN, {"x", 1}, 0, NULL},
         true},
        {"unknown for two",
         FACT_FROM,
         {FACT_UNKNOWN, {"x", 1}, 0, NULL},
         {FACT_UNKNOWN, {"y", 1}, 0, NULL},
         false},
        {"not learnt",
         FACT_FROM,
         {FACT_PENDING, {NULL, 0}, 0, NULL},
         {FACT_PENDING, {NULL, 0}, 0, NULL},
         true},
    };

    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        ck_assert_msg(fact_equal(cases[i].id, &cases[i].a, &cases[i].b) == cases[i].is_equal,
                      "%s", cases[i].name);
        ck_assert_msg(fact_equal(cases[i].id, &cases[i].b, &cases[i].a) == cases[i].is_equal,
                      "%s, turned", cases[i].name);
    }
}
END_TEST

SUITE_MAIN("facts/fact_equal", test_pairs)
