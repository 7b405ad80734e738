/* Decisions: a code at once, recorded in a file a day, found again; no row twice, mail never waits. */
#include "t/lib/decision_samples.h"

#include <pthread.h>
#include <sys/wait.h>

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

SUITE_MAIN("decisions", test_record_and_find, test_not_found, test_rows_after_kill,
           test_rows_without_counter, test_threads, test_full_queue)
