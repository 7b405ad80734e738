/* Decisions: a code at once, recorded in a file a day, found again; no row twice, mail never waits. */
#include <pthread.h>
#include <sched.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>

#include "base/clock.h"
#include "base/file.h"
#include "store/decisions_inside.h"
#include "t/lib/set_clock.h"
#include "t/lib/suite.h"
#include "t/lib/temp_dir.h"

#define PATIENCE_MS 20000

static char dir[200];
static struct node_key key;
static struct arena *arena;
static struct err err;

static struct decisions *open_for(enum decision_program program, int64_t days, int64_t bytes)
{
    struct decisions_options options = {dir, program, &key, days, bytes};
    struct decisions *d = decisions_open(&options, &err);

    ck_assert_msg(d != NULL, "%s", err.text);
    return d;
}

static struct decisions *begin(void)
{
    temp_dir_make(dir);
    arena = arena_new();
    ck_assert_int_eq(node_key_load(dir, &key, &err), 0);
    return open_for(DECISION_MILTER, 14, 100000000);
}

static void end(struct decisions **d)
{
    decisions_close(d);
    arena_free(&arena);
    temp_dir_remove(dir);
}

static const struct decision_record sample = {
    .path = SPAN("proxy"),
    .client = SPAN("192.0.2.1"),
    .helo = SPAN("h.example"),
    .auth_user = SPAN(""),
    .sender = SPAN("a@x.example"),
    .recipients = SPAN("b@y.example\nc@y.example"),
    .disposition = SPAN("reject"),
    .rule = SPAN("executable-attachment"),
    .reply = SPAN("550 5.7.1 no\xff"),
    .queue_id = SPAN("4XYZ"),
    .message_id = SPAN("<1@x.example>"),
    .revision = 7,
    .generation = 9,
    .reasons = SPAN("rule=executable-attachment line=40"),
    .facts = SPAN("PGF1\0\0binary"),
};

static struct decision_ticket put(struct decisions *d, const char *queue_id)
{
    struct decision_record record = sample;
    struct decision_ticket ticket;

    record.time_ms = clock_now_ms();
    record.queue_id = span_of(queue_id);
    decisions_reserve(d, &ticket);
    ck_assert(decisions_put(d, &ticket, &record));
    return ticket;
}

START_TEST(test_record_and_find)
{
    struct decisions *d = begin();
    struct decision_ticket ticket = put(d, "4XYZ");
    struct decision found;
    const struct decision_record *r = &found.record;

    ck_assert_msg(decisions_find(d, span_of(ticket.code), arena, &found, &err) == 1, "%s",
                  err.text);
    ck_assert_str_eq(found.ticket.code, ticket.code);
    ck_assert_int_eq(r->time_ms, SET_CLOCK_BEGIN);
    ck_assert(span_equal(r->path, sample.path) && span_equal(r->client, sample.client));
    ck_assert(span_equal(r->helo, sample.helo) && span_equal(r->sender, sample.sender));
    ck_assert(r->auth_user.len == 0 && span_equal(r->recipients, sample.recipients));
    ck_assert(span_equal(r->disposition, sample.disposition));
    ck_assert(span_equal(r->rule, sample.rule) && span_equal(r->reply, sample.reply));
    ck_assert(span_is(r->queue_id, "4XYZ") && span_equal(r->message_id, sample.message_id));
    ck_assert(r->revision == 7 && r->generation == 9);
    ck_assert(span_equal(r->reasons, sample.reasons) && span_equal(r->facts, sample.facts));
    end(&d);
}
END_TEST

START_TEST(test_not_found)
{
    struct decisions *d = begin();
    struct decisions *policyd = open_for(DECISION_POLICYD, 14, 100000000);
    struct decision_ticket ticket, other;
    struct decision found;

    decisions_reserve(d, &ticket);
    decisions_reserve(policyd, &other);
    ck_assert_int_eq(decisions_find(d, span_of(ticket.code), arena, &found, &err), 0);
    ck_assert_msg(strstr(err.text, "no longer kept") != NULL, "%s", err.text);
    put(d, "x");
    ck_assert_int_eq(decisions_find(d, span_of(ticket.code), arena, &found, &err), 0);
    ck_assert_msg(strstr(err.text, "never recorded") != NULL, "%s", err.text);
    ck_assert_int_eq(decisions_find(d, span_of(other.code), arena, &found, &err), 0);
    ck_assert_msg(strstr(err.text, "postgate-policyd") != NULL, "%s", err.text);
    ck_assert_int_eq(decisions_find(d, SPAN("0000-0000-0000"), arena, &found, &err), 0);
    ck_assert_msg(strstr(err.text, "not given by this node") != NULL, "%s", err.text);
    ck_assert_int_eq(decisions_find(d, SPAN("what"), arena, &found, &err), 0);
    ck_assert_msg(strstr(err.text, "looks like") != NULL, "%s", err.text);
    decisions_close(&policyd);
    end(&d);
}
END_TEST

/* A process killed with rows given out: the next one never gives the same. */
START_TEST(test_rows_after_kill)
{
    struct decisions *d = begin();
    struct decision_ticket ticket;
    uint32_t last;
    int to_us[2], status;
    pid_t pid;

    decisions_close(&d);
    ck_assert_int_eq(pipe(to_us), 0);
    pid = fork();
    if (pid == 0) {
        d = open_for(DECISION_MILTER, 14, 100000000);
        for (int i = 0; i < 3 * DECISIONS_BLOCK; i++) {
            decisions_reserve(d, &ticket);
            if (ticket.id.row < 0x80000000u)
                last = ticket.id.row;
        }
        if (write(to_us[1], &last, sizeof(last)) == sizeof(last))
            raise(SIGKILL);
        _exit(1);
    }
    ck_assert_int_eq(read(to_us[0], &last, sizeof(last)), sizeof(last));
    waitpid(pid, &status, 0);
    ck_assert(WIFSIGNALED(status));
    d = open_for(DECISION_MILTER, 14, 100000000);
    decisions_reserve(d, &ticket);
    ck_assert_uint_gt(ticket.id.row, last);
    ck_assert_uint_lt(ticket.id.row, 0x80000000u);
    end(&d);
}
END_TEST

START_TEST(test_rows_without_counter)
{
    struct decisions *d = begin();
    struct decision_ticket before = put(d, "x"), after;
    char *path = decisions_path(d, before.id.day, "rows");

    decisions_close(&d);
    ck_assert_int_eq(file_replace(path, SPAN("garbage"), 0600, &err), 0);
    d = open_for(DECISION_MILTER, 14, 100000000);
    decisions_reserve(d, &after);
    ck_assert_uint_ge(after.id.row, before.id.row + 2 * DECISIONS_BLOCK);
    free(path);
    end(&d);
}
END_TEST

enum { THREADS = 4, EACH = 1500 };

static void *put_many(void *ctx)
{
    struct decisions *d = ctx;

    for (int i = 0; i < EACH; i++)
        put(d, "many");
    return NULL;
}

START_TEST(test_threads)
{
    struct decisions *d = begin();
    struct decisions_counters counters;
    pthread_t threads[THREADS];
    struct sql sql;
    int64_t rows = 0;

    for (int i = 0; i < THREADS; i++)
        pthread_create(&threads[i], NULL, put_many, d);
    for (int i = 0; i < THREADS; i++)
        pthread_join(threads[i], NULL);
    ck_assert(decisions_flush(d, PATIENCE_MS));
    decisions_count(d, &counters);
    ck_assert_uint_eq(counters.written, THREADS * EACH);
    ck_assert_uint_eq(counters.dropped, 0);
    ck_assert_uint_eq(counters.queued, 0);
    ck_assert_int_eq(decision_file_open(d, decisions_today(), true, &sql, &err), 0);
    ck_assert_int_eq(sql_number(&sql, "SELECT count(*) FROM decision", 0, &rows, &err), 1);
    ck_assert_int_eq(rows, THREADS * EACH); /* every row another one */
    sql_close(&sql);
    end(&d);
}
END_TEST

/* The file is held by somebody, so that the writer stands still: putting goes on, and what is too much is dropped. */
START_TEST(test_full_queue)
{
    struct decisions *d = begin();
    struct decisions_counters counters;
    struct decision_ticket ticket;
    size_t refused = 0;
    struct sql sql;
    int64_t begun;

    put(d, "first");
    ck_assert(decisions_flush(d, PATIENCE_MS));
    ck_assert_int_eq(decision_file_open(d, decisions_today(), false, &sql, &err), 0);
    ck_assert_int_eq(sql_begin(&sql, &err), 0);
    begun = clock_mono_ms();
    for (int i = 0; i < DECISIONS_QUEUE + 2000; i++) {
        decisions_reserve(d, &ticket);
        refused += !decisions_put(d, &ticket, &sample);
    }
    ck_assert_int_lt(clock_mono_ms() - begun, 1900); /* the writer waits 2 s for the file */
    ck_assert_uint_gt(refused, 0);
    ck_assert_int_eq(sql_end(&sql, 0, &err), 0);
    sql_close(&sql);
    ck_assert(decisions_flush(d, PATIENCE_MS));
    decisions_count(d, &counters);
    ck_assert_uint_ge(counters.dropped, refused);
    end(&d);
}
END_TEST

static struct decision_ticket reserve_on(struct decisions *d, uint16_t day)
{
    int64_t until = clock_mono_ms() + PATIENCE_MS;
    struct decision_ticket ticket;

    do {
        decisions_reserve(d, &ticket);
        sched_yield();
    } while (ticket.id.day != day && clock_mono_ms() < until);
    ck_assert_uint_eq(ticket.id.day, day);
    return ticket;
}

START_TEST(test_midnight)
{
    struct decisions *d = begin();
    uint16_t first = decisions_today();
    struct decision_ticket late, next;
    struct decision found;

    put(d, "a");
    decisions_reserve(d, &late);
    set_clock(SET_CLOCK_BEGIN + SET_CLOCK_DAY);
    next = reserve_on(d, (uint16_t)(first + 1));
    ck_assert(decisions_put(d, &next, &sample));
    ck_assert(decisions_put(d, &late, &sample));
    ck_assert_int_eq(decisions_find(d, span_of(late.code), arena, &found, &err), 1);
    ck_assert_uint_eq(found.ticket.id.day, first);
    ck_assert_int_eq(decisions_find(d, span_of(next.code), arena, &found, &err), 1);
    end(&d);
}
END_TEST

START_TEST(test_list)
{
    struct decisions *d = begin();
    struct decisions_filter filter = {.limit = 2};
    struct decision *list;
    size_t count;

    put(d, "one");
    put(d, "two");
    set_clock(SET_CLOCK_BEGIN + SET_CLOCK_DAY);
    reserve_on(d, decisions_today());
    put(d, "two");
    ck_assert_int_eq(decisions_list(d, &filter, arena, &list, &count, &err), 0);
    ck_assert_uint_eq(count, 2);
    ck_assert_int_eq(list[0].record.time_ms, SET_CLOCK_BEGIN + SET_CLOCK_DAY);
    ck_assert(span_is(list[1].record.queue_id, "two"));
    filter = (struct decisions_filter){.limit = 10, .queue_id = SPAN("one")};
    ck_assert_int_eq(decisions_list(d, &filter, arena, &list, &count, &err), 0);
    ck_assert_uint_eq(count, 1);
    filter = (struct decisions_filter){.limit = 10, .since_ms = SET_CLOCK_BEGIN + 1};
    ck_assert_int_eq(decisions_list(d, &filter, arena, &list, &count, &err), 0);
    ck_assert_uint_eq(count, 1);
    end(&d);
}
END_TEST

static void write_day(int64_t day)
{
    struct decisions *d;

    set_clock(SET_CLOCK_BEGIN + day * SET_CLOCK_DAY);
    d = open_for(DECISION_MILTER, 100, 1000000000);
    put(d, "x");
    decisions_close(&d);
}

START_TEST(test_retention)
{
    struct decisions *d = begin();
    uint16_t days[16], first = decisions_today();

    decisions_close(&d);
    for (int64_t day = 0; day < 5; day++)
        write_day(day);
    d = open_for(DECISION_MILTER, 2, 1000000000);
    decisions_retain(d);
    ck_assert_uint_eq(decision_file_days(d, days, 16), 3);
    ck_assert_uint_eq(days[0], first + 2);
    decisions_close(&d);
    d = open_for(DECISION_MILTER, 2, 1);
    decisions_retain(d);
    ck_assert_uint_eq(decision_file_days(d, days, 16), 1); /* never today's */
    ck_assert_uint_eq(days[0], first + 4);
    end(&d);
}
END_TEST

START_TEST(test_day_too_large)
{
    struct decisions *d = begin();
    struct decisions_counters counters;

    put(d, "x");
    decisions_close(&d);
    d = open_for(DECISION_MILTER, 14, 1);
    put(d, "y");
    ck_assert(decisions_flush(d, PATIENCE_MS));
    decisions_count(d, &counters);
    ck_assert(counters.dropped == 1 && counters.is_failing);
    end(&d);
}
END_TEST

static bool has_index(struct decisions *d, uint16_t day)
{
    struct sql sql;
    int64_t count = 0;

    if (decision_file_open(d, day, true, &sql, &err) == 0)
        sql_number(&sql, "SELECT count(*) FROM sqlite_master WHERE type = 'index'", 0, &count,
                   &err);
    sql_close(&sql);
    return count > 0;
}

START_TEST(test_index_of_the_past)
{
    struct decisions *d = begin();
    uint16_t day = decisions_today();
    int64_t until = clock_mono_ms() + PATIENCE_MS;

    put(d, "x");
    ck_assert(decisions_flush(d, PATIENCE_MS));
    ck_assert(!has_index(d, day));
    decisions_close(&d);
    set_clock(SET_CLOCK_BEGIN + SET_CLOCK_DAY + 3600000);
    d = open_for(DECISION_MILTER, 14, 100000000);
    while (!has_index(d, day) && clock_mono_ms() < until)
        sched_yield();
    ck_assert(has_index(d, day));
    end(&d);
}
END_TEST

START_TEST(test_damaged_day)
{
    struct decisions *d = begin();
    struct decisions_counters counters;
    struct decision_ticket ticket = put(d, "x");
    char *path = decisions_path(d, ticket.id.day, "db");
    struct decision found;

    decisions_close(&d);
    ck_assert_int_eq(
        file_replace(path, SPAN("no database at all, not in the least"), 0600, &err), 0);
    d = open_for(DECISION_MILTER, 14, 100000000);
    ticket = put(d, "y");
    ck_assert(decisions_flush(d, PATIENCE_MS));
    decisions_count(d, &counters);
    ck_assert(counters.written == 1 && counters.dropped == 0 && !counters.is_failing);
    ck_assert_int_eq(decisions_find(d, span_of(ticket.code), arena, &found, &err), 1);
    free(path);
    end(&d);
}
END_TEST

SUITE_MAIN("decisions", test_record_and_find, test_not_found, test_rows_after_kill,
           test_rows_without_counter, test_threads, test_full_queue, test_midnight, test_list,
           test_retention, test_day_too_large, test_index_of_the_past, test_damaged_day)
