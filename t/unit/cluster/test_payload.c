/* Payloads of lists: what is printed reads back as it was, and what is none is refused. */
#include <stdlib.h>

#include "policyd/cluster/apply.h"
#include "t/lib/suite.h"

static struct err err;

START_TEST(test_round_trip)
{
    const struct span items[] = {SPAN("plain"), SPAN("gr\xc3\xbc\xc3\x9f"), SPAN("latin\xfc"),
                                 SPAN("\"quoted\" and \\"), SPAN("")};
    const struct list_payload list = {
        .type = LIST_STRING, .verb = LIST_REMOVE, .items = items, .count = COUNT_OF(items)};
    struct arena *arena = arena_new();
    struct str text = STR_EMPTY;
    struct list_payload read;

    list_payload_print(&text, &list);
    ck_assert_msg(list_payload_read(str_span(&text), arena, &read, &err) == 0, "%s", err.text);
    ck_assert_int_eq(read.type, LIST_STRING);
    ck_assert_int_eq(read.verb, LIST_REMOVE);
    ck_assert_uint_eq(read.count, COUNT_OF(items));
    for (size_t i = 0; i < read.count; i++)
        ck_assert_msg(span_equal(read.items[i], items[i]), "item %zu", i);
    str_clear(&text);
    arena_free(&arena);
}
END_TEST

START_TEST(test_refused)
{
    static const char *const payloads[] = {
        "",
        "null",
        "[]",
        "{}",
        "{\"type\":\"ip\",\"verb\":\"add\"}",
        "{\"type\":\"ip\",\"verb\":\"add\",\"items\":{}}",
        "{\"type\":\"ip\",\"verb\":\"add\",\"items\":[1]}",
        "{\"type\":\"ip\",\"verb\":\"add\",\"items\":[null]}",
        "{\"type\":\"ip\",\"verb\":\"add\",\"items\":[{\"base64\":\"?\"}]}",
        "{\"type\":\"ip\",\"verb\":\"add\",\"items\":[{\"base64\":7}]}",
        "{\"type\":\"colour\",\"verb\":\"add\",\"items\":[]}",
        "{\"type\":\"ip\",\"verb\":\"paint\",\"items\":[]}",
        "{\"type\":\"ip\",\"type\":\"string\",\"verb\":\"add\",\"items\":[]}",
        "{\"type\":\"ip\",\"verb\":\"add\",\"items\":[]} and more",
    };
    struct arena *arena = arena_new();
    struct list_payload read;

    for (size_t i = 0; i < COUNT_OF(payloads); i++)
        ck_assert_msg(list_payload_read(span_of(payloads[i]), arena, &read, &err) == -1, "%s",
                      payloads[i]);
    arena_free(&arena);
}
END_TEST

START_TEST(test_item_too_long)
{
    struct arena *arena = arena_new();
    struct str text = STR_EMPTY;
    struct list_payload read;

    str_adds(&text, "{\"type\":\"string\",\"verb\":\"add\",\"items\":[\"");
    for (int i = 0; i <= LIST_MAX_ITEM; i++)
        str_addc(&text, 'x');
    str_adds(&text, "\"]}");
    ck_assert_int_eq(list_payload_read(str_span(&text), arena, &read, &err), -1);
    str_clear(&text);
    arena_free(&arena);
}
END_TEST

SUITE_MAIN("payload", test_round_trip, test_refused, test_item_too_long)
