/* quarantine_shared.c - writes and reads the shared index of the quarantine. */
#include "policyd/cluster/quarantine_shared.h"
#include <stdio.h>
#include "base/xalloc.h"
#include "policyd/cluster/cluster.h"
#include "policyd/cluster/quarantine_rows.h"

#define LIFE_MS "3456000000"

/* What is of another type is not ours: it would keep us from writing for ever. */
#define OF_OUR_TYPE                                                                            \
    "for i,want in ipairs({'hash','zset'}) do "                                                \
    "local type=redis.call('TYPE',KEYS[i]).ok "                                                \
    "if type~=want and type~='none' then redis.call('DEL',KEYS[i]) end end "

/* ID, row, ID, row ...; then what is too many goes, oldest first. */
static struct redis_script put_script = {
    .text = OF_OUR_TYPE
    "for i=2,#ARGV-1,2 do redis.call('HSET',KEYS[1],ARGV[i],ARGV[i+1]) "
    "redis.call('ZADD',KEYS[2],0,ARGV[i]) end "
    "local over=redis.call('ZCARD',KEYS[2])-tonumber(ARGV[1]) "
    "if over>0 then local old=redis.call('ZRANGE',KEYS[2],0,math.min(over,1000)-1) "
    "redis.call('ZREM',KEYS[2],unpack(old)) redis.call('HDEL',KEYS[1],unpack(old)) end "
    "redis.call('PEXPIRE',KEYS[1]," LIFE_MS ") "
    "redis.call('PEXPIRE',KEYS[2]," LIFE_MS ") return 1"};

/* Of our own index: what is too long to be an id goes. */
static struct redis_script ids_script = {
    .text = OF_OUR_TYPE
    "local ids=redis.call('ZREVRANGEBYLEX',KEYS[2],ARGV[1],ARGV[2],'LIMIT',0,ARGV[3]) "
    "for i,id in ipairs(ids) do if #id>tonumber(ARGV[4]) then "
    "redis.call('ZREM',KEYS[2],id) ids[i]='' end end "
    "return ids"};

static struct redis_script remove_script = {
    .text = "redis.call('HDEL',KEYS[1],unpack(ARGV)) redis.call('ZREM',KEYS[2],unpack(ARGV)) "
            "return 1"};

/* What is too long to be an id or a row of ours is empty: it could fill what a reply may be, and that ends the connection. */
static struct redis_script page_script = {
    .text = "local ids=redis.call('ZREVRANGEBYLEX',KEYS[2],ARGV[1],'-','LIMIT',0,ARGV[2]) "
            "if #ids==0 then return {{},{}} end "
            "local rows={} "
            "for i,id in ipairs(ids) do if #id>tonumber(ARGV[3]) then ids[i]='' end "
            "if redis.call('HSTRLEN',KEYS[1],ids[i])>tonumber(ARGV[4]) then rows[i]='' "
            "else rows[i]=redis.call('HGET',KEYS[1],ids[i]) end end "
            "return {ids,rows}"};

/* A key of another type is one node's trouble, not that of all. */
static struct redis_script find_script = {
    .text = "local r={} for i,k in ipairs(KEYS) do "
            "local n=redis.pcall('HSTRLEN',k,ARGV[1]) "
            "r[i]=type(n)=='number' and n>0 and n<=tonumber(ARGV[2]) and "
            "redis.call('HGET',k,ARGV[1]) or '' end "
            "return r"};

static int timeout_ms(void)
{
    return (int)cluster_settings()->redis_timeout;
}

static void keys_of(const char *node, struct str *rows, struct str *ids)
{
    cluster_key(rows, "quarantine:%s", node);
    cluster_key(ids, "quarantine:%s:ids", node);
}

void shared_rows_clear(struct shared_rows *rows)
{
    for (size_t i = 0; i < rows->count; i++)
        str_clear(&rows->of[i].sealed);
    rows->count = 0;
}

/* Runs a script over both keys of a node; argv has room for "2" and the keys in front. */
static redisReply *run(struct redis_script *script, const char *node, struct span *argv,
                       size_t argc, struct err *err)
{
    const struct redis_command command = {script, argc, argv, timeout_ms()};
    struct str rows = STR_EMPTY, ids = STR_EMPTY;
    redisReply *reply;

    keys_of(node, &rows, &ids);
    argv[0] = SPAN("2");
    argv[1] = str_span(&rows);
    argv[2] = str_span(&ids);
    reply = redis_ask(cluster_redis(), &command, err);
    str_clear(&rows);
    str_clear(&ids);
    return reply;
}

static int done(redisReply *reply)
{
    int result = reply ? 0 : -1;

    freeReplyObject(reply);
    return result;
}

int quarantine_shared_put(const char *node, const struct shared_rows *rows, struct err *err)
{
    struct span argv[4 + 2 * QUARANTINE_SHARED_PAGE];
    char most[16];

    if (rows->count == 0)
        return 0;
    snprintf(most, sizeof most, "%d", QUARANTINE_SHARED_MOST);
    argv[3] = span_of(most);
    for (size_t i = 0; i < rows->count; i++) {
        argv[4 + 2 * i] = span_of(rows->of[i].id);
        argv[5 + 2 * i] = str_span(&rows->of[i].sealed);
    }
    return done(run(&put_script, node, argv, 4 + 2 * rows->count, err));
}

int quarantine_shared_remove(const char *node, const struct shared_id *ids, size_t count,
                             struct err *err)
{
    struct span argv[3 + QUARANTINE_SHARED_PAGE];

    if (count == 0)
        return 0;
    if (count > QUARANTINE_SHARED_PAGE)
        return err_set(err, "%zu ids at once; %d are the most", count, QUARANTINE_SHARED_PAGE);
    for (size_t i = 0; i < count; i++)
        argv[3 + i] = span_of(ids[i].id);
    return done(run(&remove_script, node, argv, 3 + count, err));
}

static struct span bound(char text[16], int most)
{
    snprintf(text, 16, "%d", most);
    return span_of(text);
}

static bool is_text(const redisReply *reply, size_t most)
{
    return reply->type == REDIS_REPLY_STRING && (size_t)reply->len <= most;
}

static bool take_id(const redisReply *reply, char id_r[QUARANTINE_ID_SIZE])
{
    if (!is_text(reply, QUARANTINE_ID_SIZE - 1) ||
        !quarantine_id_is_valid(span_from(reply->str, (size_t)reply->len)))
        return false;
    memcpy(id_r, reply->str, (size_t)reply->len);
    id_r[reply->len] = '\0';
    return true;
}

/* The pages go on behind the last id that is one. */
static void take_page(const redisReply *ids, const redisReply *rows, struct shared_rows *rows_r,
                      char last_r[QUARANTINE_ID_SIZE])
{
    for (size_t i = 0; i < ids->elements && i < QUARANTINE_SHARED_PAGE; i++) {
        struct shared_row *row = &rows_r->of[rows_r->count];

        if (!take_id(ids->element[i], row->id))
            continue;
        memcpy(last_r, row->id, QUARANTINE_ID_SIZE);
        if (!is_text(rows->element[i], QUARANTINE_ROW_MAX))
            continue;
        row->sealed = (struct str)STR_EMPTY;
        str_add(&row->sealed, span_from(rows->element[i]->str, (size_t)rows->element[i]->len));
        rows_r->count++;
    }
    if (ids->elements < QUARANTINE_SHARED_PAGE)
        last_r[0] = '\0';
}

int quarantine_shared_page(const char *node, const char *before, struct shared_rows *rows_r,
                           char last_r[QUARANTINE_ID_SIZE], struct err *err)
{
    char below[QUARANTINE_ID_SIZE + 1], most[16], id_max[16], row_max[16];
    struct span argv[7];
    redisReply *reply;
    bool is_good;

    snprintf(below, sizeof below, "(%s", before);
    snprintf(most, sizeof most, "%d", QUARANTINE_SHARED_PAGE);
    argv[3] = *before ? span_of(below) : SPAN("+");
    argv[4] = span_of(most);
    argv[5] = bound(id_max, QUARANTINE_ID_SIZE - 1);
    argv[6] = bound(row_max, QUARANTINE_ROW_MAX);
    rows_r->count = 0;
    last_r[0] = '\0';
    reply = run(&page_script, node, argv, 7, err);
    if (!reply)
        return -1;
    is_good = reply->type == REDIS_REPLY_ARRAY && reply->elements == 2 &&
              reply->element[0]->type == REDIS_REPLY_ARRAY &&
              reply->element[1]->type == REDIS_REPLY_ARRAY &&
              reply->element[0]->elements == reply->element[1]->elements;
    if (is_good)
        take_page(reply->element[0], reply->element[1], rows_r, last_r);
    freeReplyObject(reply);
    return is_good ? 0 : err_set(err, "Redis: the index of node %s is none", node);
}

int quarantine_shared_ids(const char *node, const struct shared_range *range,
                          struct shared_id **ids_r, size_t *count_r, struct err *err)
{
    char low[QUARANTINE_ID_SIZE + 1], high[QUARANTINE_ID_SIZE + 1], most[16], id_max[16];
    struct span argv[7];
    redisReply *reply;

    *ids_r = NULL;
    *count_r = 0;
    snprintf(low, sizeof low, "%s%s", *range->from ? "[" : "-", range->from);
    snprintf(high, sizeof high, "%s%s", *range->before ? "(" : "+", range->before);
    argv[3] = span_of(high);
    argv[4] = span_of(low);
    argv[5] = bound(most, (int)range->most);
    argv[6] = bound(id_max, QUARANTINE_ID_SIZE - 1);
    reply = run(&ids_script, node, argv, 7, err);
    if (reply && reply->type == REDIS_REPLY_ARRAY) {
        size_t count = reply->elements < range->most ? reply->elements : range->most;

        *ids_r = xcalloc(count + 1, sizeof **ids_r);
        for (size_t i = 0; i < count; i++)
            *count_r += take_id(reply->element[i], (*ids_r)[*count_r].id);
    }
    return done(reply);
}

int quarantine_shared_find(const struct node_seen *nodes, size_t count, const char *id,
                           struct str *rows, struct err *err)
{
    struct str *keys = xcalloc(count + 1, sizeof *keys);
    struct span *argv = xcalloc(count + 3, sizeof *argv);
    const struct redis_command command = {&find_script, count + 3, argv, timeout_ms()};
    char number[24], row_max[16];
    redisReply *reply;

    snprintf(number, sizeof number, "%zu", count);
    argv[0] = span_of(number);
    for (size_t i = 0; i < count; i++) {
        cluster_key(&keys[i], "quarantine:%s", nodes[i].member.id);
        argv[1 + i] = str_span(&keys[i]);
    }
    argv[count + 1] = span_of(id);
    argv[count + 2] = bound(row_max, QUARANTINE_ROW_MAX);
    reply = redis_ask(cluster_redis(), &command, err);
    for (size_t i = 0;
         reply && reply->type == REDIS_REPLY_ARRAY && i < reply->elements && i < count; i++)
        if (is_text(reply->element[i], QUARANTINE_ROW_MAX))
            str_add(&rows[i],
                    span_from(reply->element[i]->str, (size_t)reply->element[i]->len));
    for (size_t i = 0; i < count; i++)
        str_clear(&keys[i]);
    xfree(&keys);
    xfree(&argv);
    return done(reply);
}
