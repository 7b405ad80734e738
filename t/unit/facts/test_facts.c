/* test_facts.c - the fact table, values in three states, records, printing. */
#include "facts/facts.h"
#include "t/lib/suite.h"

START_TEST(test_table_is_whole)
{
    for (int id = 0; id < FACT__COUNT; id++) {
        const struct fact_row *row = &fact_table[id];
        ck_assert_msg(row->name != NULL, "fact %d has no row", id);
        ck_assert_msg(row->help != NULL && row->help[0] != '\0', "%s has no help", row->name);
        ck_assert_msg(row->type >= TYPE_BOOL && row->stage >= STAGE_CONNECT, "%s", row->name);
        ck_assert_msg((row->type == TYPE_ENUM) == (row->words != NULL), "%s", row->name);
        ck_assert_msg(fact_find(span_of(row->name), RECORD_NONE) == id, "%s", row->name);
        ck_assert_msg(row->type != TYPE_BOOL || row->test_default != NULL ||
                          row->record != RECORD_NONE,
                      "%s: a check answers no in a test", row->name);
        ck_assert_msg(row->test_default != NULL || (row->flags & FACT_MAY_ABSENT) != 0 ||
                          (row->flags & FACT_DERIVED) != 0,
                      "%s: absent in tests, never absent live", row->name);
    }
}
END_TEST

START_TEST(test_names)
{
    ck_assert_int_eq(fact_find(SPAN("name"), RECORD_ATTACHMENT), FACT_ATTACHMENT_NAME);
    ck_assert_int_eq(fact_find(SPAN("message.size"), RECORD_ATTACHMENT), FACT_MESSAGE_SIZE);
    ck_assert_int_eq(fact_find(SPAN("size"), RECORD_ATTACHMENT), FACT_ATTACHMENT_SIZE);
    ck_assert_int_eq(fact_find(SPAN("size"), RECORD_NONE), FACT_NONE);
    ck_assert_int_eq(fact_find(SPAN("text"), RECORD_URL), FACT_URL_TEXT);
    ck_assert_int_eq(fact_find(SPAN("text"), RECORD_ATTACHMENT), FACT_TEXT);
    ck_assert_str_eq(fact_nearest(SPAN("sender.domian"), RECORD_NONE), "sender.domain");
    ck_assert_str_eq(fact_nearest(SPAN("extention"), RECORD_ATTACHMENT), "extension");
    ck_assert_str_eq(fact_nearest(SPAN("country"), RECORD_NONE), "client.country");
    ck_assert_ptr_null(fact_nearest(SPAN("zzzzzz"), RECORD_NONE));
    ck_assert_str_eq(value_type_article(TYPE_IP), "an address");
    ck_assert_int_eq(record_first(RECORD_URL), FACT_URL_HOST);
    ck_assert_uint_eq(record_count(RECORD_URL), 4);
}
END_TEST

START_TEST(test_states)
{
    struct facts *facts = facts_new();
    const struct fact *fact;
    char buf[] = "alice";

    ck_assert_int_eq(facts_get(facts, FACT_AUTH_USER)->state, FACT_PENDING);
    ck_assert(facts_set_text(facts, FACT_AUTH_USER, span_of(buf)));
    buf[0] = 'X'; /* the bytes were copied */
    fact = facts_get(facts, FACT_AUTH_USER);
    ck_assert_int_eq(fact->state, FACT_VALUE);
    ck_assert(span_is(fact->values[0].text, "alice"));
    facts_set_absent(facts, FACT_AUTH_USER);
    ck_assert_int_eq(facts_get(facts, FACT_AUTH_USER)->state, FACT_ABSENT);
    facts_set_unknown(facts, FACT_AUTH_USER, SPAN("timeout"));
    ck_assert(span_is(facts_get(facts, FACT_AUTH_USER)->reason, "timeout"));
    facts_forget(facts, FACT_AUTH_USER);
    ck_assert_int_eq(facts_get(facts, FACT_AUTH_USER)->state, FACT_PENDING);
    facts_free(&facts);
    ck_assert_ptr_null(facts);
    facts_free(&facts);
}
END_TEST

START_TEST(test_past_a_limit_is_unknown)
{
    struct facts *facts = facts_new();
    struct value *values = calloc(FACTS_MAX_SET + 1, sizeof *values);
    char *text = calloc(1, FACTS_MAX_TEXT + 1);
    bool fits = true;

    ck_assert(!facts_set_many(facts, FACT_FROM, values, FACTS_MAX_SET + 1));
    ck_assert_int_eq(facts_get(facts, FACT_FROM)->state, FACT_UNKNOWN);
    ck_assert(!facts_set_text(facts, FACT_SUBJECT, span_from(text, FACTS_MAX_TEXT + 1)));
    ck_assert(span_is(facts_get(facts, FACT_SUBJECT)->reason, "too large"));
    for (int i = 0; i < 20 && fits; i++)
        fits = facts_set_text(facts, FACT_SUBJECT, span_from(text, FACTS_MAX_TEXT));
    ck_assert(!fits);
    free(values);
    free(text);
    facts_free(&facts);
}
END_TEST

START_TEST(test_records)
{
    struct facts *facts = facts_new(), *to = facts_new();
    struct value name = {.text = SPAN("a.exe")};
    struct fact fact = {.state = FACT_VALUE, .count = 1, .values = &name};

    ck_assert_int_eq(facts_record_add(facts, RECORD_ATTACHMENT), 0);
    ck_assert_int_eq(facts_record_add(facts, RECORD_ATTACHMENT), 1);
    ck_assert(facts_record_set(facts, RECORD_ATTACHMENT, 1, FACT_ATTACHMENT_NAME, &fact));
    ck_assert(!facts_record_set(facts, RECORD_ATTACHMENT, 2, FACT_ATTACHMENT_NAME, &fact));
    ck_assert(!facts_record_set(facts, RECORD_ATTACHMENT, 1, FACT_URL_HOST, &fact));
    ck_assert_int_eq(facts_record_get(facts, RECORD_ATTACHMENT, 0, FACT_ATTACHMENT_NAME)->state,
                     FACT_ABSENT);
    ck_assert_int_eq(facts_records(facts, RECORD_ATTACHMENT)->state, FACT_PENDING);
    facts_records_learnt(facts, RECORD_ATTACHMENT, true, SPAN("too many parts"));
    ck_assert(facts_merge(to, facts));
    ck_assert_uint_eq(facts_records(to, RECORD_ATTACHMENT)->count, 2);
    ck_assert(facts_records(to, RECORD_ATTACHMENT)->is_incomplete);
    facts_records_unknown(to, RECORD_ATTACHMENT, SPAN("deadline"));
    ck_assert_uint_eq(facts_records(to, RECORD_ATTACHMENT)->count, 0);
    facts_free(&facts);
    facts_free(&to);
}
END_TEST

START_TEST(test_view)
{
    struct facts *message = facts_new(), *recipient = facts_new();
    struct facts_view view = {message, recipient};

    facts_set_text(message, FACT_SENDER, SPAN("a@b.example"));
    facts_set_text(recipient, FACT_RECIPIENT, SPAN("c@d.example"));
    ck_assert_int_eq(facts_view_get(&view, FACT_SENDER)->state, FACT_VALUE);
    ck_assert_int_eq(facts_view_get(&view, FACT_RECIPIENT)->state, FACT_VALUE);
    view.recipient = NULL;
    ck_assert_int_eq(facts_view_get(&view, FACT_RECIPIENT)->state, FACT_PENDING);
    facts_free(&message);
    facts_free(&recipient);
}
END_TEST

static const struct printed {
    enum fact_id id;
    struct value value;
    const char *want;
} printed[] = {
    {FACT_PATH, {.number = PATH_STAGING}, "staging"},
    {FACT_LOOP_CERTAIN, {.number = 1}, "true"},
    {FACT_LOOP_HOPS, {.number = 12}, "12"},
    {FACT_MESSAGE_SIZE, {.number = 10 << 20}, "10MB"},
    {FACT_MESSAGE_SIZE, {.number = 1000}, "1000"},
    {FACT_MESSAGE_SIZE, {.number = 0}, "0"},
    {FACT_SPAM_SCORE, {.number = 4500}, "4.5"},
    {FACT_SPAM_SCORE, {.number = -50}, "-0.05"},
    {FACT_SPAM_SCORE, {.number = 7000}, "7"},
    {FACT_CLIENT_IP, {.ip = {{[10] = 0xff, [11] = 0xff, 192, 0, 2, 1}}}, "192.0.2.1"},
    {FACT_SUBJECT, {.text = {"a \"b\" \\", 7}}, "\"a \\\"b\\\" \\\\\""},
    {FACT_FROM, {.text = {"a@b.example", 11}}, "{\"a@b.example\"}"},
};

START_TEST(test_print)
{
    for (size_t i = 0; i < COUNT_OF(printed); i++) {
        struct fact fact = {.state = FACT_VALUE, .count = 1, .values = &printed[i].value};
        struct str out = STR_EMPTY;
        fact_print(&out, printed[i].id, &fact);
        ck_assert_str_eq(str_cstr(&out), printed[i].want);
        str_clear(&out);
    }
}
END_TEST

SUITE_MAIN("facts/facts", test_table_is_whole, test_names, test_states,
           test_past_a_limit_is_unknown, test_records, test_view, test_print)
