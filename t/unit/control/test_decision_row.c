/* test_decision_row.c - facts as rows of an answer: every state, keys, records, and bytes that are no text. */
#include "control/decision_row.h"
#include "t/lib/suite.h"

static void add_attachment(struct facts *facts, const char *name)
{
    const struct value text = {.text = span_of(name)};
    const struct fact fact = {FACT_VALUE, {NULL, 0}, 1, &text};
    int index = facts_record_add(facts, RECORD_ATTACHMENT);

    ck_assert_int_ge(index, 0);
    ck_assert(
        facts_record_set(facts, RECORD_ATTACHMENT, (size_t)index, FACT_ATTACHMENT_NAME, &fact));
}

/* Compact JSON, keys in order. */
static void check_row(const struct facts *facts, const char *want)
{
    json_t *row = decision_facts_row(facts);
    char *text = json_dumps(row, JSON_COMPACT | JSON_SORT_KEYS);

    ck_assert_str_eq(text, want);
    free(text);
    json_decref(row);
}

START_TEST(test_facts)
{
    const struct value yes = {.text = SPAN("yes \xff")};
    const struct fact fact = {FACT_VALUE, {NULL, 0}, 1, &yes};
    struct facts *facts = facts_new();
    struct ip ip;

    check_row(facts, "{}");
    ck_assert(ip_parse(SPAN("192.0.2.1"), &ip));
    facts_set_ip(facts, FACT_CLIENT_IP, &ip);
    facts_set_absent(facts, FACT_AUTH_USER);
    facts_set_unknown(facts, FACT_ROUTE_NEXT_HOPS, SPAN("down"));
    check_row(facts, "{\"auth.user\":\"absent\",\"client.ip\":\"192.0.2.1\","
                     "\"route.next_hops\":\"unknown (down)\"}");
    ck_assert(facts_set_keyed(facts, FACT_HEADER, SPAN("x-a"), &fact));
    facts_forget(facts, FACT_AUTH_USER);
    facts_forget(facts, FACT_ROUTE_NEXT_HOPS);
    check_row(facts,
              "{\"client.ip\":\"192.0.2.1\",\"header(x-a)\":\"{\\\"yes \xef\xbf\xbd\\\"}\"}");
    facts_free(&facts);
}
END_TEST

START_TEST(test_records)
{
    struct facts *facts = facts_new();

    facts_records_learnt(facts, RECORD_ATTACHMENT, false, SPAN(""));
    check_row(facts, "{\"attachment\":[]}");
    add_attachment(facts, "a.exe");
    add_attachment(facts, "b.txt");
    check_row(
        facts,
        "{\"attachment\":[{\"name\":\"{\\\"a.exe\\\"}\"},{\"name\":\"{\\\"b.txt\\\"}\"}]}");
    facts_records_learnt(facts, RECORD_ATTACHMENT, true, SPAN("too many parts"));
    check_row(facts,
              "{\"attachment\":[{\"name\":\"{\\\"a.exe\\\"}\"},{\"name\":\"{\\\"b.txt\\\"}\"},"
              "{\"uninspected\":\"too many parts\"}]}");
    facts_free(&facts);
    facts = facts_new();
    facts_records_unknown(facts, RECORD_ATTACHMENT, SPAN("the worker died"));
    check_row(facts, "{\"attachment\":[{\"uninspected\":\"the worker died\"}]}");
    facts_free(&facts);
}
END_TEST

/* Blocks that cannot be read leave the facts out, not the decision. */
START_TEST(test_damaged_facts)
{
    const struct decision decision = {
        .ticket.code = "M7K2-9QF4-T3WX",
        .record = {.sender = SPAN("a\xff@x.example"),
                   .recipients = SPAN("b@y.example\n\nc@y.example"),
                   .reasons = SPAN("one\ntwo\n"),
                   .facts = SPAN("no block"),
                   .revision = 7}};
    json_t *row = decision_row(&decision, "milter");

    ck_assert_str_eq(json_string_value(json_object_get(row, "code")), "M7K2-9QF4-T3WX");
    ck_assert_str_eq(json_string_value(json_object_get(row, "program")), "milter");
    ck_assert_str_eq(json_string_value(json_object_get(row, "sender")),
                     "a\xef\xbf\xbd@x.example");
    ck_assert_uint_eq(json_array_size(json_object_get(row, "recipients")), 2);
    ck_assert_uint_eq(json_array_size(json_object_get(row, "reasons")), 2);
    ck_assert_int_eq(json_integer_value(json_object_get(row, "revision")), 7);
    ck_assert_ptr_null(json_object_get(row, "facts"));
    ck_assert_uint_eq(json_array_size(json_object_get(row, "recipient_facts")), 0);
    json_decref(row);
}
END_TEST

SUITE_MAIN("control/decision_row", test_facts, test_records, test_damaged_facts)
