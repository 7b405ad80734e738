/* membership_wire.c - heartbeats to and from Redis. */
#include "policyd/cluster/membership_wire.h"

#include <stdio.h>

#include "base/xalloc.h"
#include "policyd/cluster/cluster.h"
#include "policyd/cluster/heartbeat.h"

/* One byte more than a heartbeat may have is enough to see that it has too many. What is no string is overwritten. */
static struct redis_script write_script = {
    .text = "local old = redis.pcall('GETRANGE', KEYS[1], 0, 16384) "
            "if type(old) ~= 'string' then old = '' end "
            "redis.call('SET', KEYS[1], ARGV[1], 'PX', ARGV[2]) "
            "return old"};

static struct redis_script read_script = {
    .text = "local all = {} "
            "for i, key in ipairs(KEYS) do "
            "local text = redis.pcall('GETRANGE', key, 0, 16384) "
            "if type(text) ~= 'string' then text = '' end "
            "all[2 * i - 1] = text "
            "all[2 * i] = redis.call('PTTL', key) "
            "end "
            "return all",
    .only_reads = true};

static int timeout_ms(void)
{
    return (int)cluster_settings()->redis_timeout;
}

static void add_key(struct str *key, const char *id)
{
    cluster_key(key, "node:%s:alive", id);
}

int wire_write(const char *id, struct span heartbeat, struct str *before, struct err *err)
{
    struct str key = STR_EMPTY;
    char keep[24];
    redisReply *reply;

    add_key(&key, id);
    snprintf(keep, sizeof keep, "%lld", WIRE_KEEP_MS);
    const struct span argv[] = {SPAN("1"), str_span(&key), heartbeat, span_of(keep)};
    const struct redis_command command = {
        .script = &write_script, .argc = 4, .argv = argv, .timeout_ms = timeout_ms()};
    reply = redis_ask(cluster_redis(), &command, err);
    if (reply != NULL && reply->type == REDIS_REPLY_STRING)
        str_add(before, span_from(reply->str, reply->len));
    str_clear(&key);
    if (reply == NULL)
        return -1;
    freeReplyObject(reply);
    return 0;
}

/* A key without expiry, or a longer one than we give, was not written by a node: as if just now. */
static int64_t age_of(int64_t ttl_ms)
{
    return ttl_ms >= 0 && ttl_ms <= WIRE_KEEP_MS ? WIRE_KEEP_MS - ttl_ms : 0;
}

static int take_reply(const redisReply *reply, size_t first, size_t count,
                      const struct wire_reader *reader, struct err *err)
{
    if (reply->type != REDIS_REPLY_ARRAY || reply->elements != 2 * count)
        return err_set(err, "Redis answered something else than %zu heartbeats", count);
    for (size_t i = 0; i < count; i++) {
        const redisReply *text = reply->element[2 * i], *ttl = reply->element[2 * i + 1];

        if (text->type != REDIS_REPLY_STRING || ttl->type != REDIS_REPLY_INTEGER)
            return err_set(err, "Redis answered something else than heartbeats");
        reader->take(reader->ctx, first + i, span_from(text->str, text->len),
                     age_of(ttl->integer));
    }
    return 0;
}

static int read_batch(const struct member *nodes, size_t first, size_t count,
                      const struct wire_reader *reader, struct err *err)
{
    struct str keys[WIRE_BATCH] = {STR_EMPTY};
    struct span argv[WIRE_BATCH + 1];
    char number[24];
    redisReply *reply;
    int state = -1;

    snprintf(number, sizeof number, "%zu", count);
    argv[0] = span_of(number);
    for (size_t i = 0; i < count; i++) {
        add_key(&keys[i], nodes[first + i].id);
        argv[i + 1] = str_span(&keys[i]);
    }
    const struct redis_command command = {
        .script = &read_script, .argc = count + 1, .argv = argv, .timeout_ms = timeout_ms()};
    reply = redis_ask(cluster_redis(), &command, err);
    if (reply != NULL)
        state = take_reply(reply, first, count, reader, err);
    freeReplyObject(reply);
    for (size_t i = 0; i < count; i++)
        str_clear(&keys[i]);
    return state;
}

int wire_read(const struct member *nodes, size_t count, const struct wire_reader *reader,
              struct err *err)
{
    for (size_t first = 0; first < count; first += WIRE_BATCH) {
        size_t most = count - first < WIRE_BATCH ? count - first : WIRE_BATCH;

        if (read_batch(nodes, first, most, reader, err) != 0)
            return -1;
    }
    return 0;
}

static bool find_number(struct span info, const char *name, uint64_t *value_r)
{
    struct span line, field;

    while (span_cut(&info, '\n', &line)) {
        struct span rest = span_trim(line);

        if (span_cut(&rest, ':', &field) && span_is(field, name))
            return rest.ptr != NULL && span_to_u64(rest, INT64_MAX, value_r);
    }
    return false;
}

int wire_parse_memory(struct span info)
{
    uint64_t used, most;

    if (!find_number(info, "used_memory", &used) || !find_number(info, "maxmemory", &most))
        return -1;
    if (most == 0)
        return 100;
    return used >= most ? 0 : (int)(100.0 * (double)(most - used) / (double)most);
}

int wire_free_percent(struct err *err)
{
    redisReply *reply = redis_askf(cluster_redis(), timeout_ms(), err, "INFO memory");
    int percent = -1;

    if (reply == NULL)
        return -1;
    if (reply->type == REDIS_REPLY_STRING)
        percent = wire_parse_memory(span_from(reply->str, reply->len));
    freeReplyObject(reply);
    return percent >= 0 ? percent : err_set(err, "Redis does not say how much memory it uses");
}
