/* bench_log - a million decisions of fourteen days: how long the search of `milter-ctl log` and `explain QUEUE-ID` takes in them. */
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>
#include "base/clock.h"
#include "base/file.h"
#include "base/xalloc.h"
#include "store/decision_words.h"
#include "t/lib/temp_dir.h"

#define DAYS      14
#define ROWS      1000000
#define PER_DAY   ((ROWS + DAYS - 1) / DAYS)
#define FACTS     1200 /* bytes, as the shipped rules make of a small message */
#define PEOPLE    50000
#define TARGET_MS 2000
#define WAIT_MS   60000

static char dir[200];
static struct node_key key;
static struct arena *arena;
static struct err err;

static _Noreturn void fail(const char *what)
{
    fprintf(stderr, "bench_log: %s: %s\n", what, err.text);
    exit(1);
}

static struct decisions *open_all(void)
{
    const struct decisions_options options = {dir, DECISION_MILTER, &key, 100,
                                              INT64_C(1) << 40};
    struct decisions *d = decisions_open(&options, &err);

    if (d == NULL)
        fail("open");
    return d;
}

static void make_texts(unsigned number, char (*texts)[120])
{
    static const char *const verdicts[] = {"deliver", "deliver", "deliver", "reject",
                                           "quarantine"};
    static const char *const rules[] = {"", "", "", "executable-attachment", "odd"};

    snprintf(texts[0], 120, "proxy");
    snprintf(texts[1], 120, "%u.%u.%u.%u", 1 + number * 7 % 200, number % 251,
             number / 251 % 251, 1 + number % 13);
    snprintf(texts[2], 120, "mail%u.example", number % 1000);
    texts[3][0] = '\0';
    snprintf(texts[4], 120, "sender%u@domain%u.example", number * 31 % PEOPLE, number % 997);
    snprintf(texts[5], 120, "user%u@one.example\nuser%u@two.example", number % PEOPLE,
             number * 17 % PEOPLE);
    snprintf(texts[6], 120, "%s", verdicts[number % 5]);
    snprintf(texts[7], 120, "%s", rules[number % 5]);
    snprintf(texts[8], 120, "250 2.0.0 Ok");
    snprintf(texts[9], 120, "%08XQ", number * 2654435761u);
    snprintf(texts[10], 120, "<%u.abcdef@domain%u.example>", number, number % 997);
}

static void fill_day(const struct decisions *d, uint16_t day, unsigned from)
{
    static char facts[FACTS], reasons[] = "deliver: no rule decided";
    char texts[11][120];
    struct sql sql;
    sqlite3_stmt *insert;

    if (decision_file_open(d, day, false, &sql, &err) < 0 || sql_begin(&sql, &err) < 0)
        fail("fill");
    insert = sql_prepare(&sql,
                         "INSERT INTO decision VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10,"
                         " ?11, ?12, ?13, ?14, ?15, ?16, ?17)",
                         &err);
    for (unsigned i = 0; i < PER_DAY; i++) {
        sql_bind(insert, 1, 1 + i);
        sql_bind(insert, 2, day * (int64_t)DAY_MS + i * (int64_t)DAY_MS / PER_DAY);
        make_texts(from + i, texts);
        for (int column = 0; column < 11; column++)
            sql_bind_span(insert, 3 + column, span_of(texts[column]));
        sql_bind(insert, 14, 7);
        sql_bind(insert, 15, 9);
        sql_bind_span(insert, 16, span_of(reasons));
        sql_bind_span(insert, 17, span_from(facts, sizeof(facts)));
        if (sql_step(&sql, insert, &err) < 0)
            fail("insert");
        sqlite3_reset(insert);
    }
    sqlite3_finalize(insert);
    if (sql_end(&sql, 0, &err) < 0)
        fail("commit");
    sql_close(&sql);
}

static bool has_words(const struct decisions *d, uint16_t day)
{
    struct sql sql;
    int64_t last = 0;

    if (decision_file_open(d, day, true, &sql, NULL) == 0)
        sql_number(&sql, "SELECT max(last) FROM segment WHERE last > ?1", 0, &last, NULL);
    sql_close(&sql);
    return last + SEGMENT_ROWS >= PER_DAY;
}

static int64_t wait_words(const struct decisions *d, uint16_t today)
{
    int64_t begun = clock_mono_ms();

    while (!has_words(d, today) || !has_words(d, (uint16_t)(today - 1))) {
        if (clock_mono_ms() > begun + WAIT_MS)
            fail("no words were made");
        usleep(10000);
    }
    return clock_mono_ms() - begun;
}

/* Rows went in behind the back of the counter: it is guessed anew. */
static void forget_counter(const struct decisions *d, uint16_t today)
{
    char *path = decisions_path(d, today, "rows");

    unlink(path);
    free(path);
}

static void ignore(void *ctx, const struct decision *decision)
{
    (void)ctx;
    (void)decision;
}

static bool measure(struct decisions *d, const char *what, const struct decisions_query *query,
                    int64_t target_ms)
{
    static const struct decisions_reader reader = {ignore, NULL};
    struct decisions_found found;
    int64_t begun = clock_mono_ms(), took;

    if (decisions_search(d, query, &reader, &found, &err) < 0)
        fail(what);
    took = clock_mono_ms() - begun;
    printf("%-44s %6lld ms  %5zu rows%s", what, (long long)took, found.count,
           found.has_more         ? ", more"
           : found.is_out_of_time ? ", out of time"
                                  : "");
    if (target_ms > 0)
        printf("   (target < %lld ms)%s", (long long)target_ms,
               took < target_ms ? "" : " MISSED");
    printf("\n");
    return target_ms == 0 || took < target_ms;
}

static bool measure_all(struct decisions *d)
{
    int64_t since = clock_now_ms() - DAYS * (int64_t)DAY_MS;
    char one[11][120];
    struct ipnet net;

    make_texts(ROWS / 3, one);
    if (ipnet_parse(span_of(one[1]), &net, &err) < 0)
        fail("net");
    const struct {
        const char *what;
        struct decisions_query query;
        int64_t target_ms;
    } cases[] = {
        {"log --to X --since 14d",
         {.limit = 1000, .since_ms = since, .recipient = SPAN("user4711@one.example")},
         TARGET_MS},
        {"explain QUEUE-ID", {.limit = 20, .queue_id = span_of(one[9])}, TARGET_MS},
        {"log --from X --to Y",
         {.limit = 1000, .sender = span_of(one[4]), .recipient = SPAN("@two.example")},
         TARGET_MS},
        {"log --client IP", {.limit = 1000, .has_client = true, .client = net}, TARGET_MS},
        {"log (the newest)", {.limit = 1000}, TARGET_MS},
        {"log --rule odd", {.limit = 1000, .rule = SPAN("odd")}, TARGET_MS},
        {"log --text X, all rows read",
         {.limit = 1000, .text = SPAN("nowhere to be found"), .budget_ms = 10000},
         0},
    };
    bool is_good = true;

    for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++)
        is_good = measure(d, cases[i].what, &cases[i].query, cases[i].target_ms) && is_good;
    return is_good;
}

int main(void)
{
    uint16_t today = decisions_today();
    struct decisions *d;
    int64_t begun;
    uint64_t bytes = 0;
    bool is_good;

    temp_dir_make(dir);
    arena = arena_new();
    if (node_key_load(dir, &key, &err) < 0)
        fail("key");
    d = open_all();
    begun = clock_mono_ms();
    for (uint16_t i = 0; i < DAYS; i++)
        fill_day(d, (uint16_t)(today - DAYS + 1 + i), i * (unsigned)PER_DAY);
    forget_counter(d, today);
    decisions_close(&d);
    printf("%d decisions written in %lld ms\n", DAYS * PER_DAY,
           (long long)(clock_mono_ms() - begun));
    d = open_all();
    printf("words of all of them made in %lld ms", (long long)wait_words(d, today));
    for (uint16_t i = 0; i < DAYS; i++)
        bytes += decision_file_bytes(d, (uint16_t)(today - i));
    printf("; %llu MB\n", (unsigned long long)bytes >> 20);
    is_good = measure_all(d);
    decisions_close(&d);
    arena_free(&arena);
    temp_dir_remove(dir);
    return is_good ? 0 : 1;
}
