/* statistics_wire.c - the commands. */
#include "policyd/cluster/statistics_wire.h"
#include <stdio.h>
#include "policyd/cluster/cluster.h"
#include "policyd/cluster/statistics.h"
#include "policyd/cluster/statistics_seal.h"

/* What is no hash is not ours: it would keep us from writing for ever. */
static struct redis_script put_script = {
    .text = "local type = redis.call('TYPE', KEYS[1]).ok "
            "if type ~= 'hash' and type ~= 'none' then redis.call('DEL', KEYS[1]) end "
            "redis.call('HSET', KEYS[1], ARGV[1], ARGV[2], 'v:' .. ARGV[1], ARGV[3]) "
            "redis.call('EXPIREAT', KEYS[1], ARGV[4]) "
            "return 1"};

static struct redis_script lost_script = {
    .text = "local lost = {} "
            "for i, key in ipairs(KEYS) do "
            "local there = redis.pcall('HGET', key, 'v:' .. ARGV[1]) "
            "local blob = redis.pcall('HEXISTS', key, ARGV[1]) "
            "lost[i] = (there == ARGV[i + 1] and blob == 1) and 0 or 1 "
            "end "
            "return lost"};

/* A list of ids for each key; what is no hash of ours is passed over. */
static struct redis_script nodes_script = {
    .text = "local all = {} "
            "for i, key in ipairs(KEYS) do "
            "local ids = {} "
            "local size = redis.pcall('HLEN', key) "
            "if type(size) == 'number' and size > 0 and size <= tonumber(ARGV[1]) then "
            "for _, id in ipairs(redis.call('HKEYS', key)) do "
            "if #id == 16 then ids[#ids + 1] = id end "
            "end end "
            "all[i] = ids "
            "end "
            "return all"};

static struct redis_script get_script = {
    .text = "local size = redis.pcall('HSTRLEN', KEYS[1], ARGV[1]) "
            "if type(size) ~= 'number' or size == 0 or size > tonumber(ARGV[2]) then "
            "return false end "
            "return redis.call('HGET', KEYS[1], ARGV[1])"};

static void key_of(struct str *key, int64_t hour)
{
    cluster_key(key, "stats:%lld", (long long)hour);
}

static redisReply *run(struct redis_script *script, const struct span *argv, size_t argc,
                       struct err *err)
{
    const struct redis_command command = {.script = script,
                                          .argc = argc,
                                          .argv = argv,
                                          .timeout_ms = (int)cluster_settings()->redis_timeout};

    return redis_ask(cluster_redis(), &command, err);
}

int wire_put_hour(const struct identity *identity, const struct statistics_row *row,
                  struct span text, struct err *err)
{
    const struct sealed_of of = {identity->cluster, row->node, row->hour};
    struct str sealed = STR_EMPTY, key = STR_EMPTY;
    char version[24], expiry[24];
    redisReply *reply;

    statistics_seal(&sealed, &of, &identity->sign, row->version, text);
    key_of(&key, row->hour);
    snprintf(version, sizeof version, "%lld", (long long)row->version);
    snprintf(expiry, sizeof expiry, "%lld",
             (long long)(row->hour + STATISTICS_DAYS * 24 + 24) * 3600);
    const struct span argv[] = {SPAN("1"),         str_span(&key),   span_of(row->node),
                                str_span(&sealed), span_of(version), span_of(expiry)};
    reply = run(&put_script, argv, sizeof argv / sizeof *argv, err);
    str_clear(&sealed);
    str_clear(&key);
    if (reply == NULL)
        return -1;
    freeReplyObject(reply);
    return 0;
}

/* The number of keys, the keys; *count_r: how many that are. */
struct keys {
    char number[24];
    struct str each[WIRE_HOURS];
    struct span argv[2 * WIRE_HOURS + 2];
    size_t argc;
};

static void keys_begin(struct keys *keys, size_t count)
{
    snprintf(keys->number, sizeof keys->number, "%zu", count);
    keys->argv[0] = span_of(keys->number);
    keys->argc = 1;
}

static void keys_add(struct keys *keys, int64_t hour)
{
    struct str *key = &keys->each[keys->argc - 1];

    key_of(key, hour);
    keys->argv[keys->argc++] = str_span(key);
}

static void keys_end(struct keys *keys)
{
    for (size_t i = 0; i < WIRE_HOURS; i++)
        str_clear(&keys->each[i]);
}

static bool is_list(const redisReply *reply, size_t count, struct err *err)
{
    if (reply->type == REDIS_REPLY_ARRAY && reply->elements == count)
        return true;
    err_set(err, "Redis gave another answer than was asked for");
    return false;
}

int wire_lost_hours(const struct statistics_row *rows, size_t count, bool *is_lost_r,
                    struct err *err)
{
    struct keys keys = {.argc = 0};
    char versions[WIRE_HOURS][24];
    redisReply *reply;
    int state = -1;

    keys_begin(&keys, count);
    for (size_t i = 0; i < count; i++)
        keys_add(&keys, rows[i].hour);
    keys.argv[keys.argc++] = span_of(rows[0].node);
    for (size_t i = 0; i < count; i++) {
        snprintf(versions[i], sizeof versions[i], "%lld", (long long)rows[i].version);
        keys.argv[keys.argc++] = span_of(versions[i]);
    }
    reply = run(&lost_script, keys.argv, keys.argc, err);
    if (reply != NULL && is_list(reply, count, err)) {
        for (size_t i = 0; i < count; i++)
            is_lost_r[i] = reply->element[i]->type != REDIS_REPLY_INTEGER ||
                           reply->element[i]->integer != 0;
        state = 0;
    }
    if (reply != NULL)
        freeReplyObject(reply);
    keys_end(&keys);
    return state;
}

static void take_ids(int64_t hour, const redisReply *ids, wire_node *each, void *ctx)
{
    char node[STATISTICS_NODE_SIZE];

    if (ids->type != REDIS_REPLY_ARRAY)
        return;
    for (size_t i = 0; i < ids->elements && i < WIRE_NODES; i++) {
        const redisReply *id = ids->element[i];
        if (id->type != REDIS_REPLY_STRING || (size_t)id->len != sizeof node - 1 ||
            strspn(id->str, "0123456789abcdef") != sizeof node - 1)
            continue;
        memcpy(node, id->str, sizeof node);
        each(ctx, hour, node);
    }
}

int wire_nodes(int64_t first, size_t count, wire_node *each, void *ctx, struct err *err)
{
    struct keys keys = {.argc = 0};
    char most[24];
    redisReply *reply;
    int state = -1;

    keys_begin(&keys, count);
    for (size_t i = 0; i < count; i++)
        keys_add(&keys, first + (int64_t)i);
    snprintf(most, sizeof most, "%d", 2 * WIRE_NODES);
    keys.argv[keys.argc++] = span_of(most);
    reply = run(&nodes_script, keys.argv, keys.argc, err);
    if (reply != NULL && is_list(reply, count, err)) {
        for (size_t i = 0; i < count; i++)
            take_ids(first + (int64_t)i, reply->element[i], each, ctx);
        state = 0;
    }
    if (reply != NULL)
        freeReplyObject(reply);
    keys_end(&keys);
    return state;
}

int wire_get_hour(int64_t hour, const char *node, struct str *out, struct err *err)
{
    struct str key = STR_EMPTY;
    redisReply *reply;
    char most[24];
    int state = 0;

    key_of(&key, hour);
    snprintf(most, sizeof most, "%d", STATISTICS_MAX_SEALED);
    const struct span argv[] = {SPAN("1"), str_span(&key), span_of(node), span_of(most)};
    reply = run(&get_script, argv, sizeof argv / sizeof *argv, err);
    str_clear(&key);
    if (reply == NULL)
        return -1;
    if (reply->type == REDIS_REPLY_STRING) {
        str_add(out, span_from(reply->str, (size_t)reply->len));
        state = 1;
    }
    freeReplyObject(reply);
    return state;
}
