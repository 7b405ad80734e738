/* What Redis holds of the signed logs: heads, entries, pieces, read with bounds, since anybody may have written there. */
#include "policyd/cluster/ledger_inside.h"

#include <stdio.h>
#include <stdlib.h>

#include "base/xalloc.h"
#include "policyd/cluster/cluster.h"

#define RUN_BYTES            "1048576"
#define REDIS_MAX_TIMEOUT_MS 60000

/* Stops before what is not there, and after about 1 MB; a word after '-' tells what is wrong with the first. */
static struct redis_script run_script = {
    .only_reads = true,
    .text = "local out, sum = {}, 0\n"
            "for i, key in ipairs(KEYS) do\n"
            "  local n = redis.pcall('STRLEN', key)\n"
            "  if type(n) ~= 'number' then n = -1 end\n"
            "  if n <= 0 or n > tonumber(ARGV[1]) then\n"
            "    if i == 1 then out[1] = n == 0 and '-missing' or n < 0 and '-type' or '-long' "
            "end\n"
            "    break\n"
            "  end\n"
            "  sum = sum + n\n"
            "  if i > 1 and sum > " RUN_BYTES " then break end\n"
            "  out[i] = redis.call('GET', key)\n"
            "end\n"
            "return out\n"};

/* All rows; a name or value that is too long to be ours becomes empty, for it could fill what a reply may be; such a value is not
 * even read, for copying it holds Redis. A number: so many rows, none is read. A word: it is no hash. */
static struct redis_script heads_script = {
    .only_reads = true,
    .text = "local key, most, rows = KEYS[1], tonumber(ARGV[2]), {}\n"
            "local n = redis.pcall('HLEN', key)\n"
            "if type(n) ~= 'number' then return '-type' end\n"
            "if n > tonumber(ARGV[1]) then return n end\n"
            "for i, name in ipairs(redis.call('HKEYS', key)) do\n"
            "  local is_ours = #name <= most and redis.call('HSTRLEN', key, name) <= most\n"
            "  rows[2 * i - 1] = #name <= most and name or ''\n"
            "  rows[2 * i] = is_ours and redis.call('HGET', key, name) or ''\n"
            "end\n"
            "return rows\n"};

static int timeout_ms(void)
{
    return (int)cluster_settings()->redis_timeout;
}

/* Of what may be long. */
static int bulk_timeout_ms(void)
{
    return 3 * timeout_ms() < REDIS_MAX_TIMEOUT_MS ? 3 * timeout_ms() : REDIS_MAX_TIMEOUT_MS;
}

static struct span reply_span(const redisReply *reply)
{
    return reply != NULL && reply->type == REDIS_REPLY_STRING
               ? span_from(reply->str, (size_t)reply->len)
               : span_from(NULL, 0);
}

static bool is_subject(struct span s)
{
    for (size_t i = 0; i < s.len; i++)
        if (s.ptr[i] <= ' ' || s.ptr[i] >= 0x7f)
            return false;
    return s.len > 0 && s.len < LEDGER_SUBJECT_MAX;
}

static bool read_row(const redisReply *name, const redisReply *value, struct ledger_head *head)
{
    struct span subject = reply_span(name);

    *head = (struct ledger_head){0};
    if (!is_subject(subject) || !ledger_head_parse(reply_span(value), head))
        return false;
    memcpy(head->subject, subject.ptr, subject.len);
    return true;
}

static int compare(const void *a, const void *b)
{
    return strcmp(((const struct ledger_head *)a)->subject,
                  ((const struct ledger_head *)b)->subject);
}

static int take_heads(const redisReply *reply, struct ledger_head **heads_r, size_t *count_r,
                      size_t *malformed_r)
{
    *heads_r = xcalloc(reply->elements / 2 + 1, sizeof **heads_r);
    for (size_t i = 0; i + 1 < reply->elements; i += 2) {
        if (read_row(reply->element[i], reply->element[i + 1], &(*heads_r)[*count_r]))
            (*count_r)++;
        else
            (*malformed_r)++;
    }
    qsort(*heads_r, *count_r, sizeof **heads_r, compare);
    return 0;
}

static redisReply *ask_heads(const char *key, struct err *err)
{
    char most[24], longest[24];
    struct span argv[] = {SPAN("1"), span_of(key), {NULL, 0}, {NULL, 0}};
    const struct redis_command command = {
        .script = &heads_script, .argc = 4, .argv = argv, .timeout_ms = timeout_ms()};

    snprintf(most, sizeof most, "%d", LEDGER_SUBJECTS_MAX);
    snprintf(longest, sizeof longest, "%d", LEDGER_HEAD_MAX);
    argv[2] = span_of(most);
    argv[3] = span_of(longest);
    return redis_ask(cluster_redis(), &command, err);
}

int ledger_redis_heads(struct ledger_head **heads_r, size_t *count_r, size_t *malformed_r,
                       struct err *err)
{
    struct str key = STR_EMPTY;
    redisReply *reply;
    int state = -1;

    *heads_r = NULL;
    *count_r = *malformed_r = 0;
    cluster_key(&key, "heads");
    reply = ask_heads(str_cstr(&key), err);
    *malformed_r = reply != NULL && reply->type != REDIS_REPLY_ARRAY;
    if (reply != NULL && reply->type == REDIS_REPLY_ARRAY)
        state = take_heads(reply, heads_r, count_r, malformed_r);
    else if (reply != NULL && reply->type == REDIS_REPLY_INTEGER)
        err_set(err,
                "%s holds %lld subjects; a cluster has at most %d, so this is none of ours",
                str_cstr(&key), reply->integer, LEDGER_SUBJECTS_MAX);
    else if (reply != NULL)
        err_set(err, "%s is no hash; somebody writes into Redis", str_cstr(&key));
    if (reply != NULL)
        freeReplyObject(reply);
    str_clear(&key);
    return state;
}

int ledger_redis_head(struct redis *redis, struct span subject, struct ledger_head *there_r,
                      struct err *err)
{
    struct str key = STR_EMPTY;
    redisReply *reply;
    int state = -1;

    *there_r = (struct ledger_head){0};
    cluster_key(&key, "heads");
    reply = redis_askf(redis, timeout_ms(), err, "HGET %s %b", str_cstr(&key), subject.ptr,
                       subject.len);
    str_clear(&key);
    if (reply == NULL)
        return -1;
    if (reply->type == REDIS_REPLY_NIL ||
        (reply->type == REDIS_REPLY_STRING &&
         ledger_head_parse(span_from(reply->str, (size_t)reply->len), there_r)))
        state = 0;
    else
        err_set(err, "Redis' row of %.*s in `heads` is not ours", SPAN_ARG(subject));
    freeReplyObject(reply);
    return state;
}

static int no_entry(struct span subject, uint64_t number, struct span word, struct err *err)
{
    return err_set(
        err, "entry %llu of %.*s in Redis %s", (unsigned long long)number, SPAN_ARG(subject),
        span_is(word, "-long") ? "is longer than an entry can be" : "is no string of bytes");
}

static int take_run(const redisReply *reply, struct str *entries, size_t *count_r, size_t asked)
{
    for (size_t i = 0; i < reply->elements && i < asked; i++) {
        struct span bytes = reply_span(reply->element[i]);

        if (bytes.len == 0 || bytes.len > ENVELOPE_MAX_BYTES)
            break;
        str_add(&entries[(*count_r)++], bytes);
    }
    return 0;
}

static redisReply *ask_run(struct span subject, uint64_t from, size_t count, struct err *err)
{
    struct str keys[LEDGER_RUN_MAX] = {STR_EMPTY};
    struct span argv[LEDGER_RUN_MAX + 2];
    struct redis_command command = {.script = &run_script,
                                    .argc = count + 2,
                                    .argv = argv,
                                    .timeout_ms = bulk_timeout_ms()};
    char number[24], limit[24];
    redisReply *reply;

    snprintf(number, sizeof number, "%zu", count);
    snprintf(limit, sizeof limit, "%d", ENVELOPE_MAX_BYTES);
    argv[0] = span_of(number);
    for (size_t i = 0; i < count; i++) {
        cluster_key(&keys[i], "rev:%.*s:%llu", SPAN_ARG(subject), (unsigned long long)from + i);
        argv[i + 1] = str_span(&keys[i]);
    }
    argv[count + 1] = span_of(limit);
    reply = redis_ask(cluster_redis(), &command, err);
    for (size_t i = 0; i < count; i++)
        str_clear(&keys[i]);
    return reply;
}

int ledger_redis_run(struct span subject, uint64_t from, uint64_t to, struct str *entries,
                     size_t *count_r, struct err *err)
{
    size_t count = to - from + 1 > LEDGER_RUN_MAX ? LEDGER_RUN_MAX : (size_t)(to - from + 1);
    redisReply *reply = ask_run(subject, from, count, err);
    struct span first;
    int state;

    *count_r = 0;
    if (reply == NULL)
        return -1;
    first = reply->type == REDIS_REPLY_ARRAY && reply->elements > 0
                ? reply_span(reply->element[0])
                : span_from(NULL, 0);
    if (reply->type != REDIS_REPLY_ARRAY)
        state = err_set(err, "Redis gave another answer than entries");
    else if (span_is(first, "-long") || span_is(first, "-type"))
        state = no_entry(subject, from, first, err);
    else if (first.len == 0 || first.ptr[0] == '-')
        state = 0;
    else
        state = take_run(reply, entries, count_r, count);
    freeReplyObject(reply);
    return state;
}

static bool has_hash(struct span bytes, const char *hash)
{
    char own[HASH_SHA256_HEX];

    hash_sha256_hex(bytes, own);
    return strcmp(own, hash) == 0;
}

int ledger_redis_piece(const char *hash, struct str *out, struct err *err)
{
    struct str key = STR_EMPTY;
    struct span bytes;
    redisReply *reply;
    int state = 1;

    cluster_key(&key, "part:%s", hash);
    reply = redis_askf(cluster_redis(), bulk_timeout_ms(), err, "GETRANGE %s 0 %d",
                       str_cstr(&key), LEDGER_PART);
    str_clear(&key);
    if (reply == NULL)
        return -1;
    bytes = reply_span(reply);
    if (bytes.len == 0)
        state = 0;
    else if (bytes.len > LEDGER_PART || !has_hash(bytes, hash))
        state = err_set(err, "the piece %.16s... in Redis is not what its name says", hash);
    else
        str_add(out, bytes);
    freeReplyObject(reply);
    return state;
}
