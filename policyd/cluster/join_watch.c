/* The side of who gives tokens: a thread that looks for answers to write while a token lives. */
#include <errno.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/log.h"
#include "policyd/cluster/cluster.h"
#include "policyd/cluster/join.h"
#include "policyd/cluster/join_member.h"
#include "policyd/cluster/join_text.h"
#include "policyd/cluster/ledger.h"
#include "store/cluster_key.h"
#include "store/ledger_store.h"

#define LOOK_MS 250
#define IDLE_MS 60000 /* no token lives */

static struct {
    pthread_mutex_t mutex; /* the tokens and their file; not held while Redis is asked */
    pthread_cond_t wake;
    pthread_t thread;
    bool has_begun, is_stopping;
    struct token_given tokens[TOKENS_MAX];
    struct seen {
        char hash[HASH_SHA256_HEX]; /* of the record judged last */
        bool is_warned;             /* a foreign one was logged */
    } seen[TOKENS_MAX];             /* as tokens */
    size_t count;
} watch = {.mutex = PTHREAD_MUTEX_INITIALIZER};

static const char *state_dir(void)
{
    return cluster_settings()->state_dir;
}

/* Under the mutex. */
static struct token_given *find(const char *id)
{
    for (size_t i = 0; i < watch.count; i++)
        if (strcmp(watch.tokens[i].id, id) == 0)
            return &watch.tokens[i];
    return NULL;
}

static void drop_old(void)
{
    size_t kept = 0;

    for (size_t i = 0; i < watch.count; i++) {
        if (watch.tokens[i].expires_ms + TOKEN_VALID_MS <= clock_now_ms())
            continue;
        watch.tokens[kept] = watch.tokens[i];
        watch.seen[kept++] = watch.seen[i];
    }
    watch.count = kept;
}

static int put(const struct token_given *given, struct err *err)
{
    int result;

    pthread_mutex_lock(&watch.mutex);
    drop_old();
    if (watch.count == TOKENS_MAX) {
        pthread_mutex_unlock(&watch.mutex);
        return err_set(err,
                       "%d tokens were given within the last half hour, and that is as many as "
                       "are kept; use one of them, or wait",
                       TOKENS_MAX);
    }
    watch.tokens[watch.count] = *given;
    watch.seen[watch.count] = (struct seen){.is_warned = false};
    result = tokens_write(state_dir(), watch.tokens, watch.count + 1, err);
    if (result == 0)
        watch.count++;
    pthread_cond_signal(&watch.wake);
    pthread_mutex_unlock(&watch.mutex);
    return result;
}

void join_forget_tokens(void)
{
    pthread_mutex_lock(&watch.mutex);
    watch.count = 0;
    pthread_mutex_unlock(&watch.mutex);
}

/* Of the first entry of `members`, which every member has. */
static int first_hash(char hash_r[ENVELOPE_HASH_SIZE], struct err *err)
{
    struct str bytes = STR_EMPTY;
    struct envelope e = {.number = 0};
    int result = ledger_store_get(cluster_db(), SPAN("members"), 1, &bytes, err);

    if (result == 0)
        err_set(err, "this node lacks the first entry of `members`");
    if (result == 1 && envelope_parse(str_span(&bytes), &e, err) == 0)
        memcpy(hash_r, e.hash, ENVELOPE_HASH_SIZE);
    else
        result = -1;
    envelope_clear(&e);
    str_clear(&bytes);
    return result == 1 ? 0 : -1;
}

int join_give_token(struct token *token_r, struct err *err)
{
    struct token_given given = {.expires_ms = clock_now_ms() + TOKEN_VALID_MS};
    uint8_t id[(NODE_ID_SIZE - 1) / 2];
    struct str hex = STR_EMPTY;
    int result = first_hash(token_r->hash, err);

    hash_random(id, sizeof id);
    hash_hex(&hex, id, sizeof id);
    hash_random(token_r->secret, sizeof token_r->secret);
    snprintf(token_r->id, sizeof token_r->id, "%s", str_cstr(&hex));
    snprintf(token_r->cluster, sizeof token_r->cluster, "%s", cluster_settings()->cluster_name);
    snprintf(given.id, sizeof given.id, "%s", str_cstr(&hex));
    token_key(token_r, given.key);
    if (result == 0)
        result = put(&given, err);
    str_clear(&hex);
    explicit_bzero(&given, sizeof given);
    return result;
}

/* Durable before the member is: a token is never good twice. Used by that very node is fine: the answer may have been lost. */
static int use_token(const char *token_id, const char *node_id, struct err *err)
{
    struct token_given *token;
    int result = 0;

    pthread_mutex_lock(&watch.mutex);
    token = find(token_id);
    if (token == NULL || token->expires_ms <= clock_now_ms())
        result =
            err_set(err,
                    "the token has expired; `milter-ctl cluster token` gives another, good "
                    "for %d minutes",
                    TOKEN_VALID_MS / 60000);
    else if (token->used_by[0] != '\0' && strcmp(token->used_by, node_id) != 0)
        result = err_set(err, "the token was used already, by node %s; each is good for one",
                         token->used_by);
    else {
        snprintf(token->used_by, sizeof token->used_by, "%s", node_id);
        result = tokens_write(state_dir(), watch.tokens, watch.count, err);
    }
    pthread_mutex_unlock(&watch.mutex);
    return result;
}

static int answer_to(const struct join_token *token, const struct member *asking,
                     struct str *answer, struct err *err)
{
    struct cluster_key key;
    struct str text = STR_EMPTY;
    struct member member;

    if (use_token(token->id, asking->id, err) < 0 || join_make_member(asking, &member, err) < 0)
        return -1;
    if (member.is_forgotten)
        return err_set(err, "node %s was forgotten; a token is needed anew", member.name);
    if (cluster_key_load(cluster_settings(), &key, err) != 1)
        return err_set(err, "the giver of the token has no cluster key");
    key.node = member.number;
    cluster_key_print(&text, &key);
    join_answer_print(answer, token, &member, str_span(&text));
    explicit_bzero(&key, sizeof key);
    str_wipe(&text);
    log_info("cluster: node %s (%s) joined as number %u", member.name, member.id,
             member.number);
    return 0;
}

static void write_answer(const char *token_id, const struct str *answer)
{
    struct str key = STR_EMPTY;
    struct err err;
    redisReply *reply;

    cluster_key(&key, "joined:%s", token_id);
    reply =
        redis_askf(cluster_redis(), (int)cluster_settings()->redis_timeout, &err,
                   "SET %s %b PX %d", str_cstr(&key), answer->ptr, answer->len, TOKEN_VALID_MS);
    if (reply == NULL)
        log_warn("cluster: the answer to a node that joins could not be written: %s", err.text);
    freeReplyObject(reply);
    str_clear(&key);
}

/* A record that was refused is not taken up again, say after a restart or with old data of Redis: who was refused has given up. */
static void forget_record(const char *token_id)
{
    struct str key = STR_EMPTY;

    cluster_key(&key, "join:%s", token_id);
    freeReplyObject(redis_askf(cluster_redis(), (int)cluster_settings()->redis_timeout, NULL,
                               "UNLINK %s", str_cstr(&key)));
    str_clear(&key);
}

/* Once for each token: whoever writes into Redis may write often. */
static void say_foreign(const char *token_id, const char *why)
{
    bool is_first = false;

    pthread_mutex_lock(&watch.mutex);
    for (size_t i = 0; i < watch.count; i++)
        if (strcmp(watch.tokens[i].id, token_id) == 0) {
            is_first = !watch.seen[i].is_warned;
            watch.seen[i].is_warned = true;
        }
    pthread_mutex_unlock(&watch.mutex);
    if (is_first)
        log_warn("cluster: a record that wants to join by the token %s is not of who has that "
                 "token (%s); such are left unanswered, the token stays good",
                 token_id, why);
}

/* Whatever lies there: anybody may have written it. A refusal ends the join of the node it names, so only a record made with the token gets one. */
static void judge(const struct token_given *given, struct span text)
{
    const struct join_token token = {cluster_settings()->cluster_name, given->id, given->key};
    struct member asking;
    struct str answer = STR_EMPTY;
    struct err err;

    err_reset(&err);
    if (join_ask_parse(text, &token, &asking, &err) < 0) {
        say_foreign(given->id, err.text);
        return;
    }
    if (answer_to(&token, &asking, &answer, &err) < 0) {
        log_warn("cluster: a node that wants to join (%s) is refused: %s", asking.name,
                 err.text);
        str_reset(&answer);
        join_refusal_print(&answer, &token, &asking, err.text);
        forget_record(given->id);
    }
    write_answer(given->id, &answer);
    str_clear(&answer);
}

/* Not the text that was judged last. */
static bool is_new(const char *token_id, struct span text)
{
    char hash[HASH_SHA256_HEX];
    bool is_other = false;

    hash_sha256_hex(text, hash);
    pthread_mutex_lock(&watch.mutex);
    for (size_t i = 0; i < watch.count; i++)
        if (strcmp(watch.tokens[i].id, token_id) == 0) {
            is_other = strcmp(watch.seen[i].hash, hash) != 0;
            memcpy(watch.seen[i].hash, hash, sizeof hash);
        }
    pthread_mutex_unlock(&watch.mutex);
    return is_other;
}

static void look(const struct token_given *given)
{
    struct str key = STR_EMPTY;
    struct err err;
    redisReply *reply;

    cluster_key(&key, "join:%s", given->id);
    reply = redis_askf(cluster_redis(), (int)cluster_settings()->redis_timeout, &err,
                       "GETRANGE %s 0 %d", str_cstr(&key), JOIN_TEXT_MAX);
    if (reply != NULL && reply->type == REDIS_REPLY_STRING && reply->len > 0 &&
        is_new(given->id, span_from(reply->str, reply->len)))
        judge(given, span_from(reply->str, reply->len));
    freeReplyObject(reply);
    str_clear(&key);
}

/* A copy of those that live. */
static size_t take_tokens(struct token_given *tokens_r)
{
    size_t count;

    pthread_mutex_lock(&watch.mutex);
    drop_old();
    count = watch.count;
    memcpy(tokens_r, watch.tokens, count * sizeof *tokens_r);
    pthread_mutex_unlock(&watch.mutex);
    return count;
}

/* False when it is time to end. */
static bool wait_for_look(bool is_idle)
{
    struct timespec until = clock_timespec(clock_mono_ms() + (is_idle ? IDLE_MS : LOOK_MS));
    bool goes_on;

    pthread_mutex_lock(&watch.mutex);
    if (!watch.is_stopping && (!is_idle || watch.count == 0 || !cluster_is_member()))
        pthread_cond_timedwait(&watch.wake, &watch.mutex, &until);
    goes_on = !watch.is_stopping;
    pthread_mutex_unlock(&watch.mutex);
    return goes_on;
}

static void *run(void *unused)
{
    struct token_given tokens[TOKENS_MAX];
    size_t count = 0;

    (void)unused;
    do {
        count = cluster_is_member() ? take_tokens(tokens) : 0;
        for (size_t i = 0; i < count; i++)
            look(&tokens[i]);
    } while (wait_for_look(count == 0));
    explicit_bzero(tokens, sizeof tokens);
    return NULL;
}

int join_begin(struct err *err)
{
    pthread_condattr_t attr;

    if (tokens_read(state_dir(), watch.tokens, &watch.count, err) < 0) {
        log_warn("cluster: %s", err->text);
        watch.count = 0;
    }
    pthread_condattr_init(&attr);
    pthread_condattr_setclock(&attr, CLOCK_MONOTONIC);
    pthread_cond_init(&watch.wake, &attr);
    pthread_condattr_destroy(&attr);
    watch.is_stopping = false;
    if (pthread_create(&watch.thread, NULL, run, NULL) != 0)
        return err_set(err, "no thread can be started");
    watch.has_begun = true;
    return 0;
}

void join_end(void)
{
    if (!watch.has_begun)
        return;
    watch.has_begun = false;
    pthread_mutex_lock(&watch.mutex);
    watch.is_stopping = true;
    pthread_cond_signal(&watch.wake);
    pthread_mutex_unlock(&watch.mutex);
    pthread_join(watch.thread, NULL);
}
