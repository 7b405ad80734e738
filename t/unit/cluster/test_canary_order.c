/* Orders of a trial: what is printed comes back, and no other shape is taken. */
#include "policyd/cluster/canary_order.h"

#include "t/lib/suite.h"

static struct envelope envelope = {.number = 9, .author = {"anna", 4}};

START_TEST(test_comes_back)
{
    struct canary_order order = {.node = "00112233445566aa",
                                 .by = "00112233445566bb",
                                 .note = "try \"it\"",
                                 .for_s = 60,
                                 .base = 12},
                        again;
    struct str payload = STR_EMPTY;

    str_adds(&order.text, "[policy]\n");
    ck_assert_int_eq(canary_order_begin(&payload, &order, NULL), 0);
    ck_assert_int_eq(canary_order_parse(&envelope, str_span(&payload), &again, NULL), 0);
    ck_assert(again.is_begin && again.number == 9 && again.for_s == 60 && again.base == 12);
    ck_assert_str_eq(again.node, order.node);
    ck_assert_str_eq(again.by, order.by);
    ck_assert_str_eq(again.note, order.note);
    ck_assert_str_eq(again.author, "anna");
    ck_assert_str_eq(str_cstr(&again.text), "[policy]\n");
    canary_order_clear(&again);
    str_reset(&payload);
    canary_order_end(&payload, "stopped\nby anna");
    ck_assert_int_eq(canary_order_parse(&envelope, str_span(&payload), &again, NULL), 0);
    ck_assert(!again.is_begin && again.text.len == 0);
    ck_assert_str_eq(again.why, "stopped\nby anna");
    canary_order_clear(&again);
    canary_order_clear(&order);
    str_clear(&payload);
}
END_TEST

START_TEST(test_no_utf8)
{
    static const struct span texts[] = {{"\xff\xfe", 2}, {"a\0b", 3}};
    struct str payload = STR_EMPTY;

    for (size_t i = 0; i < COUNT_OF(texts); i++) {
        struct canary_order order = {.for_s = 60, .base = 1};
        struct err err;

        str_add(&order.text, texts[i]);
        ck_assert_int_eq(canary_order_begin(&payload, &order, &err), -1);
        ck_assert_ptr_nonnull(strstr(err.text, "--canary"));
        canary_order_clear(&order);
    }
    str_clear(&payload);
}
END_TEST

#define IDS "\"node\":\"00112233445566aa\",\"by\":\"00112233445566bb\""

START_TEST(test_shapes)
{
    static const char *const bad[] = {
        "",
        "[]",
        "{}",
        "{\"verb\":\"go\"}",
        "{\"verb\":1}",
        "{\"verb\":\"begin\"}",
        "{\"verb\":\"begin\"," IDS ",\"text\":\"x\",\"for_s\":9,\"base\":1}",
        "{\"verb\":\"begin\"," IDS ",\"text\":\"x\",\"for_s\":86401,\"base\":1}",
        "{\"verb\":\"begin\"," IDS ",\"text\":\"x\",\"for_s\":60,\"base\":0}",
        "{\"verb\":\"begin\"," IDS ",\"text\":\"\",\"for_s\":60,\"base\":1}",
        "{\"verb\":\"begin\"," IDS ",\"text\":7,\"for_s\":60,\"base\":1}",
        ("{\"verb\":\"begin\",\"node\":\"x\",\"by\":\"y\",\"text\":\"x\",\"for_s\":60,"
         "\"base\":1}"),
        "{\"verb\":\"end\",\"verb\":\"end\"}",
    };

    for (size_t i = 0; i < COUNT_OF(bad); i++) {
        struct canary_order order;
        struct err err;

        ck_assert_msg(canary_order_parse(&envelope, span_of(bad[i]), &order, &err) == -1, "%s",
                      bad[i]);
        ck_assert_uint_eq(order.number, 0);
    }
}
END_TEST

SUITE_MAIN("canary_order", test_comes_back, test_no_utf8, test_shapes)
