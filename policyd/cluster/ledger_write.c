/* Writing the signed logs into Redis: compare and set of a head with its entry, and what comes before and after. */
#include "policyd/cluster/ledger_inside.h"

#include <stdio.h>

#include "policyd/cluster/cluster.h"

#define UNLINK_BATCH 100

/* ARGV: subject, expected "NUMBER HASH" or "", new row, entry, channel. The row that is there, or 1. */
static struct redis_script head_script = {
    .text =
        "local now = redis.call('HGET', KEYS[1], ARGV[1]) or ''\n"
        "local fits = now == ''\n"
        "if ARGV[2] ~= '' then fits = string.sub(now, 1, #ARGV[2] + 1) == ARGV[2] .. ' ' end\n"
        "if not fits then return now end\n"
        "redis.call('SET', KEYS[2], ARGV[4])\n"
        "redis.call('HSET', KEYS[1], ARGV[1], ARGV[3])\n"
        "redis.call('PUBLISH', ARGV[5], ARGV[1])\n"
        "return 1\n"};

static int timeout_ms(void)
{
    return (int)cluster_settings()->redis_timeout;
}

static int done(redisReply *reply)
{
    if (reply == NULL)
        return -1;
    freeReplyObject(reply);
    return 0;
}

/* The answer was lost: was it done? */
static int look_after(const struct ledger_write *write, struct ledger_head *there_r,
                      struct err *err)
{
    struct err why;

    if (ledger_redis_head(cluster_redis_admin(), write->subject, there_r, &why) == 0)
        return strcmp(there_r->hash, write->head->hash) == 0 ? 1 : -1;
    return err_set(err,
                   "Redis did not answer, so it is not known whether entry %llu of %.*s was "
                   "written; look again when it is back",
                   (unsigned long long)write->head->number, SPAN_ARG(write->subject));
}

static int take_answer(const redisReply *reply, const struct ledger_write *write,
                       struct ledger_head *there_r, struct err *err)
{
    if (reply->type == REDIS_REPLY_INTEGER && reply->integer == 1)
        return 1;
    *there_r = (struct ledger_head){0};
    if (reply->type == REDIS_REPLY_STRING &&
        (reply->len == 0 ||
         ledger_head_parse(span_from(reply->str, (size_t)reply->len), there_r)))
        return 0;
    return err_set(err, "Redis' row of %.*s in `heads` is not ours", SPAN_ARG(write->subject));
}

int ledger_write_head(const struct ledger_write *write, struct ledger_head *there_r,
                      struct err *err)
{
    struct str keys[2] = {STR_EMPTY, STR_EMPTY}, channel = STR_EMPTY, row = STR_EMPTY;
    redisReply *reply;
    int state;

    cluster_key(&keys[0], "heads");
    cluster_key(&keys[1], "rev:%.*s:%llu", SPAN_ARG(write->subject),
                (unsigned long long)write->head->number);
    cluster_key(&channel, "changed");
    str_printf(&row, "%llu %s %llu", (unsigned long long)write->head->number, write->head->hash,
               (unsigned long long)write->head->base);
    const struct span argv[] = {SPAN("2"),       str_span(&keys[0]),       str_span(&keys[1]),
                                write->subject,  span_of(write->expected), str_span(&row),
                                write->envelope, str_span(&channel)};
    const struct redis_command command = {
        .script = &head_script, .argc = 8, .argv = argv, .timeout_ms = LEDGER_PIECE_MS};
    reply = redis_ask(cluster_redis_admin(), &command, err);
    state = reply != NULL ? take_answer(reply, write, there_r, err)
                          : look_after(write, there_r, err);
    if (reply != NULL)
        freeReplyObject(reply);
    str_clear(&keys[0]);
    str_clear(&keys[1]);
    str_clear(&channel);
    str_clear(&row);
    return state;
}

static int set(const struct str *key, struct span bytes, struct err *err)
{
    const struct span argv[] = {SPAN("SET"), str_span(key), bytes};
    const struct redis_command command = {
        .argc = 3, .argv = argv, .timeout_ms = LEDGER_PIECE_MS};

    return done(redis_ask(cluster_redis_admin(), &command, err));
}

int ledger_write_entry(struct span subject, uint64_t number, struct span envelope,
                       struct err *err)
{
    struct str key = STR_EMPTY;
    int state;

    cluster_key(&key, "rev:%.*s:%llu", SPAN_ARG(subject), (unsigned long long)number);
    state = set(&key, envelope, err);
    str_clear(&key);
    return state;
}

int ledger_write_piece(const char *hash, struct span bytes, struct err *err)
{
    struct str key = STR_EMPTY;
    int state;

    cluster_key(&key, "part:%s", hash);
    state = set(&key, bytes, err);
    str_clear(&key);
    return state;
}

static int unlink_batch(struct span subject, uint64_t from, size_t count, struct err *err)
{
    struct str keys[UNLINK_BATCH] = {STR_EMPTY};
    struct span argv[UNLINK_BATCH + 1] = {SPAN("UNLINK")};
    const struct redis_command command = {
        .argc = count + 1, .argv = argv, .timeout_ms = timeout_ms()};
    int state;

    for (size_t i = 0; i < count; i++) {
        cluster_key(&keys[i], "rev:%.*s:%llu", SPAN_ARG(subject), (unsigned long long)from + i);
        argv[i + 1] = str_span(&keys[i]);
    }
    state = done(redis_ask(cluster_redis_admin(), &command, err));
    for (size_t i = 0; i < count; i++)
        str_clear(&keys[i]);
    return state;
}

int ledger_write_unlink(struct span subject, uint64_t from, uint64_t to, struct err *err)
{
    for (uint64_t at = from; at < to; at += UNLINK_BATCH) {
        size_t count = to - at < UNLINK_BATCH ? (size_t)(to - at) : UNLINK_BATCH;

        if (unlink_batch(subject, at, count, err) < 0)
            return -1;
    }
    return 0;
}

int ledger_write_unlink_piece(const char *hash, struct err *err)
{
    struct str key = STR_EMPTY;
    int state;

    cluster_key(&key, "part:%s", hash);
    state =
        done(redis_askf(cluster_redis_admin(), timeout_ms(), err, "UNLINK %s", str_cstr(&key)));
    str_clear(&key);
    return state;
}
