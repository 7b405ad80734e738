/* fake_redis.c - keys and one hash in memory; replies are made of the bytes that Redis would send. */
#include "t/lib/fake_redis.h"

#include <check.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/xalloc.h"
#include "policyd/cluster/cluster.h"
#include "policyd/cluster/redis.h"

#define PREFIX "postgate:{" FAKE_CLUSTER "}:"
#define MAX    4096

static struct {
    struct policy_db *db;
    bool is_down;
    size_t commands;
    struct row {
        char *key; /* NULL: free */
        struct str value;
        bool is_head, is_list;
    } rows[MAX];
} fake;

static const struct settings settings = {.redis_timeout = 1000, .cluster_name = FAKE_CLUSTER};

static struct row *find(const char *key, bool is_head)
{
    for (size_t i = 0; i < MAX; i++)
        if (fake.rows[i].key != NULL && fake.rows[i].is_head == is_head &&
            strcmp(fake.rows[i].key, key) == 0)
            return &fake.rows[i];
    return NULL;
}

static struct row *make(const char *key, bool is_head)
{
    struct row *row = find(key, is_head);

    for (size_t i = 0; row == NULL; i++) {
        ck_assert_uint_lt(i, MAX);
        if (fake.rows[i].key == NULL)
            row = &fake.rows[i];
    }
    if (row->key == NULL)
        row->key = xstrdup(key);
    row->is_head = is_head;
    row->is_list = false;
    str_reset(&row->value);
    return row;
}

static void drop(struct row *row)
{
    if (row == NULL)
        return;
    xfree(&row->key);
    str_clear(&row->value);
    *row = (struct row){0};
}

void fake_redis_begin(struct policy_db *db)
{
    fake.db = db;
    fake.is_down = false;
    fake.commands = 0;
}

void fake_redis_end(void)
{
    for (size_t i = 0; i < MAX; i++)
        drop(fake.rows[i].key != NULL ? &fake.rows[i] : NULL);
}

const struct str *fake_redis_get(const char *key)
{
    const struct row *row = find(key, false);

    return row != NULL ? &row->value : NULL;
}

void fake_redis_set(const char *key, struct span value)
{
    str_add(&make(key, false)->value, value);
}

void fake_redis_unset(const char *key)
{
    drop(find(key, false));
}

void fake_redis_make_list(const char *key)
{
    make(key, false)->is_list = true;
}

void fake_redis_set_head(const char *subject, const char *row)
{
    if (row == NULL)
        drop(find(subject, true));
    else
        str_adds(&make(subject, true)->value, row);
}

const char *fake_redis_head(const char *subject)
{
    const struct row *row = find(subject, true);

    return row != NULL ? str_cstr(&row->value) : NULL;
}

void fake_redis_set_up(bool is_up)
{
    fake.is_down = !is_up;
}

size_t fake_redis_commands(void)
{
    return fake.commands;
}

static void bulk(struct str *out, struct span bytes)
{
    str_printf(out, "$%zu\r\n", bytes.len);
    str_add(out, bytes);
    str_adds(out, "\r\n");
}

/* Our keys only: whatever is asked for has the prefix of the cluster. */
static const char *key_of(struct span word, char buf[300])
{
    ck_assert_msg(span_starts(word, SPAN(PREFIX)), "%.*s", SPAN_ARG(word));
    snprintf(buf, 300, "%.*s", (int)(word.len - strlen(PREFIX)), word.ptr + strlen(PREFIX));
    return buf;
}

/* As the script of ledger_redis.c. */
static void run_heads(struct str *out, const struct redis_command *command)
{
    struct str rows = STR_EMPTY;
    size_t count = 0;

    if (find("heads", false) != NULL) {
        bulk(out, SPAN("-type"));
        return;
    }
    for (size_t i = 0; i < MAX; i++) {
        if (fake.rows[i].key == NULL || !fake.rows[i].is_head)
            continue;
        bulk(&rows, span_of(fake.rows[i].key));
        bulk(&rows, str_span(&fake.rows[i].value));
        count++;
    }
    if (count > (size_t)atoi(command->argv[2].ptr))
        str_printf(out, ":%zu\r\n", count);
    else
        str_printf(out, "*%zu\r\n%s", 2 * count, str_cstr(&rows));
    str_clear(&rows);
}

static void run_hget(struct str *out, struct span subject)
{
    char name[300];

    snprintf(name, sizeof name, "%.*s", SPAN_ARG(subject));
    if (find(name, true) == NULL)
        str_adds(out, "$-1\r\n");
    else
        bulk(out, str_span(&find(name, true)->value));
}

/* As the script of ledger_redis.c. */
static void run_entries(struct str *out, const struct redis_command *command)
{
    struct str found = STR_EMPTY;
    size_t count = 0, bytes = 0;

    for (size_t i = 1; i + 1 < command->argc; i++) {
        char key[300];
        const struct row *row = find(key_of(command->argv[i], key), false);
        const char *word = row == NULL                        ? "-missing"
                           : row->is_list                     ? "-type"
                           : row->value.len > 8 * 1024 * 1024 ? "-long"
                                                              : NULL;

        if (word != NULL && i == 1) {
            bulk(&found, span_of(word));
            count = 1;
        }
        bytes += word == NULL ? row->value.len : 0;
        if (word != NULL || (i > 1 && bytes > 1048576))
            break;
        bulk(&found, str_span(&row->value));
        count++;
    }
    str_printf(out, "*%zu\r\n", count);
    str_add(out, str_span(&found));
    str_clear(&found);
}

/* As the script of ledger_write.c. */
static void run_write(struct str *out, const struct redis_command *command)
{
    char subject[300], key[300], expected[300], row[300];
    const char *now;

    ck_assert_uint_eq(command->argc, 8);
    snprintf(subject, sizeof subject, "%.*s", SPAN_ARG(command->argv[3]));
    snprintf(expected, sizeof expected, "%.*s ", SPAN_ARG(command->argv[4]));
    snprintf(row, sizeof row, "%.*s", SPAN_ARG(command->argv[5]));
    now = fake_redis_head(subject);
    if (command->argv[4].len == 0
            ? now != NULL
            : now == NULL || strncmp(now, expected, strlen(expected)) != 0) {
        bulk(out, span_of(now));
        return;
    }
    fake_redis_set(key_of(command->argv[2], key), command->argv[6]);
    fake_redis_set_head(subject, row);
    str_adds(out, ":1\r\n");
}

static void run_range(struct str *out, struct span word, size_t last)
{
    char key[300];
    const struct row *row = find(key_of(word, key), false);
    struct span value = row != NULL ? str_span(&row->value) : SPAN("");

    if (value.len > last + 1)
        value.len = last + 1;
    bulk(out, value);
}

static void run_words(struct str *out, const struct span *argv, size_t argc)
{
    char key[300];

    if (span_is(argv[0], "HGET"))
        run_hget(out, argv[2]);
    else if (span_is(argv[0], "GETRANGE"))
        run_range(out, argv[1], (size_t)atoi(argv[3].ptr));
    else if (span_is(argv[0], "SET")) {
        fake_redis_set(key_of(argv[1], key), argv[2]);
        str_adds(out, "+OK\r\n");
    } else if (span_is(argv[0], "UNLINK")) {
        for (size_t i = 1; i < argc; i++)
            fake_redis_unset(key_of(argv[i], key));
        str_adds(out, ":1\r\n");
    } else
        ck_abort_msg("unknown command %.*s", SPAN_ARG(argv[0]));
}

static redisReply *reply_of(const struct str *bytes)
{
    redisReader *reader = redisReaderCreate();
    void *reply = NULL;

    redisReaderFeed(reader, bytes->ptr, bytes->len);
    ck_assert_int_eq(redisReaderGetReply(reader, &reply), REDIS_OK);
    ck_assert_ptr_nonnull(reply);
    redisReaderFree(reader);
    return reply;
}

redisReply *redis_ask(struct redis *redis, const struct redis_command *command, struct err *err)
{
    struct str out = STR_EMPTY;
    redisReply *reply;

    (void)redis;
    fake.commands++;
    if (fake.is_down) {
        err_set(err, "Redis is down");
        return NULL;
    }
    if (command->script == NULL)
        run_words(&out, command->argv, command->argc);
    else if (!command->script->only_reads)
        run_write(&out, command);
    else if (span_is(command->argv[1], PREFIX "heads"))
        run_heads(&out, command);
    else
        run_entries(&out, command);
    reply = reply_of(&out);
    str_clear(&out);
    return reply;
}

/* Words without blanks: enough for what is asked so. */
redisReply *redis_askf(struct redis *redis, int timeout_ms, struct err *err, const char *format,
                       ...)
{
    struct span argv[8], rest, word;
    struct redis_command command = {.argv = argv, .timeout_ms = timeout_ms};
    char *target;
    redisReply *reply;
    long long len;
    va_list args;

    va_start(args, format);
    len = redisvFormatCommand(&target, format, args);
    va_end(args);
    ck_assert_int_gt(len, 0);
    /* *N\r\n then $L\r\n WORD\r\n each: lines one by one, every second is a word. */
    rest = span_from(target, (size_t)len);
    span_cut(&rest, '\n', &word);
    while (span_cut(&rest, '\n', &word) && span_cut(&rest, '\n', &word) && command.argc < 8)
        argv[command.argc++] = span_trim(word);
    reply = redis_ask(redis, &command, err);
    free(target);
    return reply;
}

bool redis_is_up(struct redis *redis)
{
    (void)redis;
    return !fake.is_down;
}

struct redis *cluster_redis(void)
{
    return NULL;
}

struct redis *cluster_redis_admin(void)
{
    return NULL;
}

const struct settings *cluster_settings(void)
{
    return &settings;
}

struct policy_db *cluster_db(void)
{
    return fake.db;
}

void cluster_key(struct str *out, const char *fmt, ...)
{
    char rest[300];
    va_list args;

    va_start(args, fmt);
    vsnprintf(rest, sizeof rest, fmt, args);
    va_end(args);
    str_printf(out, PREFIX "%s", rest);
}
