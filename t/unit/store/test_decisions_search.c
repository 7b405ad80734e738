/* Decisions searched: each filter, by words and by rows alike, over days, cut at its limit, from a mark on. */
#include "store/decision_words.h"
#include "t/lib/decision_samples.h"

enum { FOUND_MAX = 64 };

static struct {
    size_t count;
    int64_t times[FOUND_MAX];
    char queue_ids[FOUND_MAX][24];
    char codes[FOUND_MAX][DECISION_CODE_SIZE];
} seen;
static struct decisions_found found;

static void take(void *ctx, const struct decision *decision)
{
    size_t i = seen.count++;

    (void)ctx;
    ck_assert_uint_lt(i, FOUND_MAX);
    ck_assert(decision->record.facts.len == 0);
    seen.times[i] = decision->record.time_ms;
    snprintf(seen.queue_ids[i], sizeof(seen.queue_ids[i]), "%.*s",
             SPAN_ARG(decision->record.queue_id));
    snprintf(seen.codes[i], sizeof(seen.codes[i]), "%s", decision->ticket.code);
}

static size_t search(struct decisions *d, const struct decisions_query *query)
{
    static const struct decisions_reader reader = {take, NULL};

    seen.count = 0;
    ck_assert_msg(decisions_search(d, query, &reader, &found, &err) == 0, "%s", err.text);
    ck_assert_uint_eq(found.count, seen.count);
    ck_assert_msg(found.trouble.text[0] == '\0', "%s", found.trouble.text);
    return seen.count;
}

struct sent {
    const char *queue_id, *client, *sender, *recipients, *disposition, *rule, *message_id;
};
static const struct sent sents[] = {
    {"Q1", "192.0.2.1", "ann@x.example", "bob@y.example\ncarl@z.example", "deliver", "",
     "<1@x>"},
    {"Q2", "192.0.2.77", "", "bob@y.example", "reject", "no-null", "<2@x>"},
    {"Q3", "198.51.100.9", "ann@sub.x.example", "dora@y.example", "quarantine", "odd", ""},
    {"Q4", "2001:db8:0:1::5", "eve@x.example", "bob@other.example", "defer", "odd", "<4@x>"},
    {"", "", "fred@w.example", "bob@y.example", "reject", "odd", ""},
};

static void send_all(struct decisions *d)
{
    for (size_t i = 0; i < COUNT_OF(sents); i++) {
        struct decision_record r = sample;
        struct decision_ticket ticket;

        r.time_ms = clock_now_ms() + (int64_t)i;
        r.queue_id = span_of(sents[i].queue_id);
        r.client = span_of(sents[i].client);
        r.sender = span_of(sents[i].sender);
        r.recipients = span_of(sents[i].recipients);
        r.disposition = span_of(sents[i].disposition);
        r.rule = span_of(sents[i].rule);
        r.message_id = span_of(sents[i].message_id);
        r.facts = SPAN("");
        decisions_reserve(d, &ticket);
        ck_assert(decisions_put(d, &ticket, &r));
    }
    ck_assert(decisions_flush(d, PATIENCE_MS));
}

/* As the keeper does with a day that is over. */
static int never(void *ctx)
{
    (void)ctx;
    return 0;
}

static void make_words(struct decisions *d, uint16_t day)
{
    struct sql sql;
    struct word_keeping keeping = {&sql, (int64_t)UINT32_MAX + 1, true, never, NULL};

    ck_assert_int_eq(decision_file_open(d, day, false, &sql, &err), 0);
    ck_assert_msg(decision_words_keep(&keeping, &err) == 0, "%s", err.text);
    sql_close(&sql);
}

static struct ipnet net(const char *text)
{
    struct ipnet net;

    ck_assert_msg(ipnet_parse(span_of(text), &net, &err) == 0, "%s", err.text);
    return net;
}

static void check(struct decisions *d, const char *what, const struct decisions_query *query,
                  const char *want)
{
    struct str got = STR_EMPTY;

    search(d, query);
    for (size_t i = 0; i < seen.count; i++)
        str_printf(&got, "%s%s", i > 0 ? " " : "",
                   seen.queue_ids[i][0] != '\0' ? seen.queue_ids[i] : "-");
    ck_assert_msg(strcmp(str_cstr(&got), want) == 0, "%s: %s, not %s", what, str_cstr(&got),
                  want);
    str_clear(&got);
}

static void check_filters(struct decisions *d)
{
    const struct {
        const char *what;
        struct decisions_query query;
        const char *want;
    } cases[] = {
        {"all", {.limit = 10}, "- Q4 Q3 Q2 Q1"},
        {"sender", {.limit = 10, .sender = SPAN("ann@x.example")}, "Q1"},
        {"sender folded", {.limit = 10, .sender = SPAN("ANN@x.Example")}, "Q1"},
        {"sender's domain", {.limit = 10, .sender = SPAN("@x.example")}, "Q4 Q1"},
        {"null sender", {.limit = 10, .sender = SPAN("<>")}, "Q2"},
        {"recipient", {.limit = 10, .recipient = SPAN("bob@y.example")}, "- Q2 Q1"},
        {"second recipient", {.limit = 10, .recipient = SPAN("carl@z.example")}, "Q1"},
        {"recipient's domain", {.limit = 10, .recipient = SPAN("@y.example")}, "- Q3 Q2 Q1"},
        {"nobody", {.limit = 10, .recipient = SPAN("no@y.example")}, ""},
        {"part of a domain", {.limit = 10, .recipient = SPAN("@example")}, ""},
        {"client", {.limit = 10, .has_client = true, .client = net("192.0.2.77")}, "Q2"},
        {"/24", {.limit = 10, .has_client = true, .client = net("192.0.2.0/24")}, "Q2 Q1"},
        {"/26", {.limit = 10, .has_client = true, .client = net("192.0.2.64/26")}, "Q2"},
        {"/8", {.limit = 10, .has_client = true, .client = net("192.0.0.0/8")}, "Q2 Q1"},
        {"/32 of 6", {.limit = 10, .has_client = true, .client = net("2001:db8::/32")}, "Q4"},
        {"/64", {.limit = 10, .has_client = true, .client = net("2001:db8:0:1::/64")}, "Q4"},
        {"verdict", {.limit = 10, .verdict_count = 1, .verdicts = {SPAN("reject")}}, "- Q2"},
        {"verdicts",
         {.limit = 10, .verdict_count = 2, .verdicts = {SPAN("defer"), SPAN("deliver")}},
         "Q4 Q1"},
        {"rule", {.limit = 10, .rule = SPAN("odd")}, "- Q4 Q3"},
        {"queue id", {.limit = 10, .queue_id = SPAN("Q3")}, "Q3"},
        {"message id", {.limit = 10, .message_id = SPAN("<4@x>")}, "Q4"},
        {"message id, bare", {.limit = 10, .message_id = SPAN("2@x")}, "Q2"},
        {"text of a sender", {.limit = 10, .text = SPAN("SUB.X")}, "Q3"},
        {"text of a reply", {.limit = 10, .text = SPAN("5.7.1 NO")}, "- Q4 Q3 Q2 Q1"},
        {"both", {.limit = 10, .rule = SPAN("odd"), .recipient = SPAN("bob@y.example")}, "-"},
        {"contradiction", {.limit = 10, .rule = SPAN("odd"), .queue_id = SPAN("Q1")}, ""},
        {"limit", {.limit = 2}, "- Q4"},
        {"since", {.limit = 10, .since_ms = SET_CLOCK_BEGIN + 3}, "- Q4"},
        {"until", {.limit = 10, .until_ms = SET_CLOCK_BEGIN + 2}, "Q2 Q1"},
    };

    for (size_t i = 0; i < COUNT_OF(cases); i++)
        check(d, cases[i].what, &cases[i].query, cases[i].want);
}

START_TEST(test_filters_by_rows)
{
    struct decisions *d = begin();

    send_all(d);
    check_filters(d);
    end(&d);
}
END_TEST

START_TEST(test_filters_by_words)
{
    struct decisions *d = begin();
    struct decisions_query late = {.limit = 10, .queue_id = SPAN("late")};

    send_all(d);
    make_words(d, decisions_today());
    check_filters(d);
    put(d, "late"); /* behind the last segment */
    check(d, "late", &late, "late");
    end(&d);
}
END_TEST

START_TEST(test_limit)
{
    struct decisions *d = begin();
    struct decisions_query query = {.limit = 5};

    send_all(d);
    search(d, &query);
    ck_assert(!found.has_more);
    query.limit = 4;
    ck_assert_uint_eq(search(d, &query), 4);
    ck_assert(found.has_more);
    make_words(d, decisions_today());
    query.sender = SPAN("@x.example");
    query.limit = 1;
    ck_assert_uint_eq(search(d, &query), 1);
    ck_assert(found.has_more);
    query.limit = 2;
    search(d, &query);
    ck_assert(!found.has_more);
    query.limit = 0;
    ck_assert_int_eq(decisions_search(d, &query, NULL, &found, &err), -1);
    query.limit = DECISIONS_MAX_FOUND + 1;
    ck_assert_int_eq(decisions_search(d, &query, NULL, &found, &err), -1);
    end(&d);
}
END_TEST

/* Time runs away while it searches. */
START_TEST(test_budget)
{
    struct decisions *d = begin();
    struct decisions_query query = {.limit = 10, .budget_ms = 100};

    send_all(d);
    set_clock_hurry(60);
    search(d, &query);
    set_clock_hurry(0);
    ck_assert(found.is_out_of_time);
    ck_assert_uint_lt(found.count, COUNT_OF(sents));
    end(&d);
}
END_TEST

START_TEST(test_days)
{
    struct decisions *d = begin();
    struct decisions_query query = {.limit = 10};

    put(d, "one");
    put(d, "two");
    set_clock(SET_CLOCK_BEGIN + SET_CLOCK_DAY);
    reserve_on(d, decisions_today());
    put(d, "two");
    check(d, "all days", &query, "two two one");
    ck_assert_int_eq(seen.times[0], SET_CLOCK_BEGIN + SET_CLOCK_DAY);
    query.queue_id = SPAN("one");
    check(d, "the first", &query, "one");
    query.queue_id = SPAN("two");
    query.since_ms = SET_CLOCK_BEGIN + 1;
    check(d, "since", &query, "two");
    query.since_ms = 0;
    query.until_ms = SET_CLOCK_BEGIN + 1;
    check(d, "until", &query, "two");
    ck_assert_int_eq(seen.times[0], SET_CLOCK_BEGIN);
    end(&d);
}
END_TEST

START_TEST(test_code)
{
    struct decisions *d = begin();
    struct decision_ticket ticket = put(d, "one");
    struct decisions_query query = {.limit = 10, .code = span_of(ticket.code)};

    put(d, "two");
    check(d, "its code", &query, "one");
    query.queue_id = SPAN("two");
    check(d, "its code, another's queue id", &query, "");
    query = (struct decisions_query){.limit = 10, .code = SPAN("0000-0000-0000")};
    check(d, "no code of ours", &query, "");
    end(&d);
}
END_TEST

START_TEST(test_damaged_day)
{
    static const struct decisions_reader reader = {take, NULL};
    struct decisions *d = begin();
    struct decisions_query query = {.limit = 10};
    char *path = decisions_path(d, (uint16_t)(decisions_today() - 3), "db");

    put(d, "good");
    ck_assert_int_eq(
        file_replace(path, SPAN("no database at all, not in the least"), 0600, &err), 0);
    seen.count = 0;
    ck_assert_int_eq(decisions_search(d, &query, &reader, &found, &err), 0);
    ck_assert_uint_eq(seen.count, 1);
    ck_assert(found.trouble.text[0] != '\0');
    free(path);
    end(&d);
}
END_TEST

/* What was there at a mark is not given again unless it is young, what came after it is. */
static void ignore(void *ctx, const struct decision *decision)
{
    (void)ctx;
    (void)decision;
}

static size_t search_many(struct decisions *d, const struct decisions_query *query)
{
    static const struct decisions_reader reader = {ignore, NULL};

    ck_assert_int_eq(decisions_search(d, query, &reader, &found, &err), 0);
    return found.count;
}

START_TEST(test_mark)
{
    struct decisions *d = begin();
    struct decisions_query query = {.limit = DECISIONS_MAX_FOUND};
    struct decisions_mark mark;

    put(d, "first");
    for (int i = 0; i < 2 * DECISIONS_OVERLAP; i++)
        put(d, "many");
    query.queue_id = SPAN("first");
    check(d, "before", &query, "first");
    mark = found.mark;
    ck_assert(mark.day == decisions_today() && mark.row >= 2 * DECISIONS_OVERLAP);
    query.after = mark;
    check(d, "after", &query, "");
    query.queue_id = SPAN("many");
    query.after.time_ms += DECISIONS_OVERLAP_MS + 1;
    ck_assert_uint_eq(search(d, &query), 0);
    query.after.time_ms -= 2;
    ck_assert_uint_eq(search_many(d, &query), DECISIONS_OVERLAP);
    query.queue_id = SPAN("first");
    put(d, "first");
    check(d, "after, again", &query, "first");
    ck_assert_uint_gt(found.mark.row, mark.row);
    make_words(d, decisions_today());
    check(d, "after, by words", &query, "first");
    end(&d);
}
END_TEST

/* More than one segment, with rows behind the last. */
START_TEST(test_segments)
{
    struct decisions *d = begin();
    struct decisions_query query = {.limit = 10, .queue_id = SPAN("needle")};
    struct sql sql;
    int64_t segments = 0;

    for (int i = 0; i < 2 * SEGMENT_ROWS + 100; i++) {
        put(d, i % 3000 == 7 ? "needle" : "hay");
        if (i % 1000 == 0)
            ck_assert(decisions_flush(d, PATIENCE_MS));
    }
    ck_assert(decisions_flush(d, PATIENCE_MS));
    ck_assert_int_eq(decision_file_open(d, decisions_today(), false, &sql, &err), 0);
    struct word_keeping keeping = {&sql, 0x80000000, false, never, NULL};
    ck_assert_int_eq(decision_words_keep(&keeping, &err), 0);
    ck_assert_int_eq(
        sql_number(&sql, "SELECT count(*) FROM segment WHERE last > ?1", 0, &segments, &err),
        1);
    sql_close(&sql);
    ck_assert_int_eq(segments, 2);
    check(d, "needles", &query, "needle needle needle");
    end(&d);
}
END_TEST

START_TEST(test_addresses)
{
    static const struct {
        const char *text, *want;
    } cases[] = {
        {"Bob@Example.COM", "bob@example.com"},
        {"<bob@example.com>", "bob@example.com"},
        {"<>", "<>"},
        {"@Example.com", "@example.com"},
        {"@b\xc3\xbc"
         "cher.example",
         "@xn--bcher-kva.example"},
        {"Postmaster", "postmaster"},
    };
    struct str out = STR_EMPTY;

    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        str_reset(&out);
        decisions_address(&out, span_of(cases[i].text));
        ck_assert_str_eq(str_cstr(&out), cases[i].want);
    }
    str_clear(&out);
}
END_TEST

SUITE_MAIN("decisions_search", test_filters_by_rows, test_filters_by_words, test_limit,
           test_budget, test_days, test_code, test_damaged_day, test_mark, test_segments,
           test_addresses)
