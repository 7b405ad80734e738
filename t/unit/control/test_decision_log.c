/* test_decision_log.c - `log`: arguments refused, rows of several daemons brought into one order, cut at the limit, followed by marks. */
#include "control/decision_log.h"
#include "t/lib/asks.h"
#include "t/lib/decision_samples.h"

static struct decisions *decisions;
static struct control_server *server;

static enum control_exit answer(struct control_call *call, struct err *error)
{
    const struct log_source source = {decisions, "milter", "gate1"};

    return decision_log(&source, call, error);
}

static const struct control_command commands[] = {{"log", ROLE_READ, answer},
                                                  {NULL, ROLE_ADMIN, NULL}};

static void begin_server(void)
{
    static const struct control_service service = {"milter", commands, NULL};

    decisions = begin();
    server = control_server_start(dir, &service, &err);
    ck_assert_msg(server != NULL, "%s", err.text);
    asks_begin(dir, "milter", ROLE_READ);
}

static void end_server(void)
{
    asks_end();
    control_server_stop(&server);
    end(&decisions);
}

START_TEST(test_bad_arguments)
{
    static const struct {
        const char *args, *want;
    } cases[] = {
        {"{\"sender\":5}", "sender: write a text"},
        {"{\"text\":\"\"}", "text: write a text"},
        {"{\"limit\":0}", "limit: write a number from 1 to 10000"},
        {"{\"limit\":10001}", "limit: write a number from 1 to 10000"},
        {"{\"limit\":\"5\"}", "limit: write a number"},
        {"{\"since\":-1}", "since: write a number"},
        {"{\"until\":1.5}", "until: write a number"},
        {"{\"client\":\"here\"}", "client: "},
        {"{\"client\":\"10.0.0.1/8\"}", "10.0.0.0/8"},
        {"{\"verdicts\":\"reject\"}", "verdicts: write a list"},
        {"{\"verdicts\":[\"rejected\"]}", "verdicts: `rejected` is none; write pass, permit"},
        {"{\"verdicts\":[7]}", "verdicts: `` is none"},
    };

    begin_server();
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        ck_assert_msg(ask("log", cases[i].args) == EXIT_INVALID, "%s", cases[i].args);
        ck_assert_msg(strstr(said.text, cases[i].want) != NULL, "%s: %s", cases[i].args,
                      said.text);
    }
    end_server();
}
END_TEST

static json_t *end_row(void)
{
    return json_object_get(json_array_get(rows, 0), "log");
}

START_TEST(test_rows)
{
    begin_server();
    put(decisions, "Q1");
    set_clock(SET_CLOCK_BEGIN + 1000);
    put(decisions, "Q2");
    ck_assert_int_eq(ask("log", "{}"), EXIT_OK);
    ck_assert_uint_eq(json_array_size(rows), 3);
    ck_assert_str_eq(json_string_value(json_object_get(end_row(), "program")), "milter");
    ck_assert(json_is_false(json_object_get(end_row(), "more")));
    ck_assert_str_eq(row_text(1, "queue_id"), "Q1");
    ck_assert_str_eq(row_text(2, "queue_id"), "Q2");
    ck_assert_str_eq(row_text(1, "time"), "2026-11-22T00:00:00Z");
    ck_assert_str_eq(row_text(1, "node"), "gate1");
    ck_assert_str_eq(row_text(1, "verdict"), "reject");
    ck_assert_str_eq(row_text(1, "reply"), "550 5.7.1 no\xef\xbf\xbd"); /* not UTF-8 */
    ck_assert_uint_eq(json_array_size(json_object_get(json_array_get(rows, 1), "recipients")),
                      2);
    ck_assert_int_eq(ask("log", "{\"limit\":1}"), EXIT_OK);
    ck_assert(json_is_true(json_object_get(end_row(), "more")));
    ck_assert_str_eq(row_text(1, "queue_id"), "Q2");
    ck_assert_int_eq(ask("log", "{\"recipient\":\"<B@Y.Example>\",\"verdicts\":[\"reject\"],"
                                "\"client\":\"192.0.2.0/24\",\"since\":1795305600500}"),
                     EXIT_OK);
    ck_assert_uint_eq(json_array_size(rows), 2);
    end_server();
}
END_TEST

START_TEST(test_many_recipients)
{
    struct decision_record record = sample;
    struct decision_ticket ticket;
    struct str to = STR_EMPTY;

    begin_server();
    for (int i = 0; i < 3 * LOG_RECIPIENTS; i++)
        str_printf(&to, "user%d@y.example\n", i);
    record.time_ms = clock_now_ms();
    record.recipients = str_span(&to);
    decisions_reserve(decisions, &ticket);
    ck_assert(decisions_put(decisions, &ticket, &record));
    ck_assert_int_eq(ask("log", "{\"recipient\":\"user59@y.example\"}"), EXIT_OK);
    json_t *row = json_array_get(rows, 1);
    ck_assert_uint_eq(json_array_size(json_object_get(row, "recipients")), LOG_RECIPIENTS);
    ck_assert_int_eq(json_integer_value(json_object_get(row, "recipient_count")),
                     3 * LOG_RECIPIENTS);
    str_clear(&to);
    end_server();
}
END_TEST

/* Marks of an earlier answer; of others, and what is none, only what is young. */
START_TEST(test_after)
{
    char args[200];
    const char *mark;

    begin_server();
    put(decisions, "old");
    ck_assert_int_eq(ask("log", "{}"), EXIT_OK);
    mark = json_string_value(json_object_get(end_row(), "mark"));
    snprintf(args, sizeof(args), "{\"after\":{\"gate1 milter\":\"%s\"}}", mark);
    set_clock(SET_CLOCK_BEGIN + 60000);
    put(decisions, "new");
    ck_assert_int_eq(ask("log", args), EXIT_OK);
    ck_assert_uint_eq(json_array_size(rows), 3); /* both: the old one was young at the mark */
    ck_assert_int_eq(ask("log", "{}"), EXIT_OK);
    mark = json_string_value(json_object_get(end_row(), "mark"));
    snprintf(args, sizeof(args), "{\"after\":{\"gate1 milter\":\"%s\"}}", mark);
    set_clock(SET_CLOCK_BEGIN + 120000);
    put(decisions, "newest");
    ck_assert_int_eq(ask("log", args), EXIT_OK);
    ck_assert_uint_eq(json_array_size(rows), 3); /* not the old one */
    ck_assert_str_eq(row_text(2, "queue_id"), "newest");
    ck_assert_int_eq(ask("log", "{\"after\":{}}"), EXIT_OK);
    ck_assert_uint_eq(json_array_size(rows), 2);
    ck_assert_int_eq(ask("log", "{\"after\":{\"gate1 milter\":\"99999:1:1\"}}"), EXIT_OK);
    ck_assert_uint_eq(json_array_size(rows), 2);
    ck_assert_int_eq(ask("log", "{\"after\":{\"gate1 milter\":7}}"), EXIT_OK);
    ck_assert_uint_eq(json_array_size(rows), 2);
    end_server();
}
END_TEST

START_TEST(test_no_store)
{
    struct decisions *mine;

    begin_server();
    mine = decisions;
    decisions = NULL;
    ck_assert_int_eq(ask("log", "{}"), EXIT_PARTIAL);
    ck_assert_str_eq(json_string_value(json_object_get(end_row(), "trouble")),
                     "it keeps no decisions now; see its log");
    decisions = mine;
    end_server();
}
END_TEST

/* Rows of several, whatever their order, leave the newest; who is absent is told and makes the answer partial. */
static enum control_exit merge(struct control_call *call, struct err *error)
{
    struct log_rows merged;

    (void)error;
    log_rows_begin(&merged, 3);
    for (int i = 0; i < 100; i++)
        log_rows_add(&merged, json_pack("{s:i,s:s}", "time_ms", i * 37 % 100, "code", "A"));
    log_rows_add(&merged, json_pack("{s:i,s:s}", "time_ms", 99, "code", "B"));
    if (json_object_get(call->args, "absent") != NULL)
        log_rows_add(&merged, json_pack("{s:{s:s}}", "absent", "node", "gate9"));
    return log_rows_send(&merged, call);
}

START_TEST(test_merge)
{
    static const struct control_command merging[] = {{"merge", ROLE_READ, merge},
                                                     {NULL, ROLE_ADMIN, NULL}};
    static const struct control_service service = {"milter", merging, NULL};
    static const char *const codes[] = {"A", "B", "A"};
    static const int times[] = {98, 99, 99};

    temp_dir_make(dir);
    server = control_server_start(dir, &service, &err);
    asks_begin(dir, "milter", ROLE_READ);
    ck_assert_int_eq(ask("merge", "{}"), EXIT_OK);
    ck_assert_uint_eq(json_array_size(rows), 4);
    ck_assert(json_is_true(json_object_get(end_row(), "more")));
    for (size_t i = 0; i < 3; i++) {
        ck_assert_int_eq(
            json_integer_value(json_object_get(json_array_get(rows, 1 + i), "time_ms")),
            times[i]);
        ck_assert_str_eq(row_text(1 + i, "code"), codes[i]);
    }
    ck_assert_int_eq(ask("merge", "{\"absent\":1}"), EXIT_PARTIAL);
    ck_assert_ptr_nonnull(json_object_get(json_array_get(rows, 0), "absent"));
    asks_end();
    control_server_stop(&server);
    temp_dir_remove(dir);
}
END_TEST

SUITE_MAIN("control/decision_log", test_bad_arguments, test_rows, test_many_recipients,
           test_after, test_no_store, test_merge)
