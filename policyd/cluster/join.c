/* The joining node's side: asks with its public keys, believes the answer for the token's sake, and keeps what makes it a member. */
#include "policyd/cluster/join.h"

#include <poll.h>
#include <stdio.h>

#include "base/clock.h"
#include "policyd/cluster/before_cluster.h"
#include "policyd/cluster/cluster.h"
#include "policyd/cluster/join_text.h"
#include "policyd/cluster/ledger.h"
#include "store/cluster_key.h"

#define LOOK_MS   100
#define AGAIN_MS  1000
#define EXPIRE_MS "900000"

struct joining {
    const struct token *token;
    struct join_token as_both_know_it;
    uint8_t key[HASH_KEY_SIZE];
    struct identity own;
};

static void make_identity(struct joining *j, const char *name)
{
    uint8_t id[(NODE_ID_SIZE - 1) / 2];
    struct str hex = STR_EMPTY;

    hash_random(id, sizeof id);
    hash_hex(&hex, id, sizeof id);
    snprintf(j->own.cluster, sizeof j->own.cluster, "%s", j->token->cluster);
    snprintf(j->own.id, sizeof j->own.id, "%s", str_cstr(&hex));
    snprintf(j->own.name, sizeof j->own.name, "%s", name);
    sign_key_new(&j->own.sign);
    seal_key_new(&j->own.seal);
    str_clear(&hex);
}

static int ask(const struct joining *j, struct err *err)
{
    struct member member = {.number = 0};
    struct str key = STR_EMPTY, text = STR_EMPTY;
    redisReply *reply;

    snprintf(member.id, sizeof member.id, "%s", j->own.id);
    snprintf(member.name, sizeof member.name, "%s", j->own.name);
    memcpy(member.sign_public, j->own.sign.public, SIGN_PUBLIC_SIZE);
    memcpy(member.seal_public, j->own.seal.public, SEAL_PUBLIC_SIZE);
    join_ask_print(&text, &j->as_both_know_it, &member);
    cluster_key(&key, "join:%s", j->token->id);
    reply = redis_askf(cluster_redis(), (int)cluster_settings()->redis_timeout, err,
                       "SET %s %b PX " EXPIRE_MS, str_cstr(&key), text.ptr, text.len);
    freeReplyObject(reply);
    str_clear(&text);
    str_clear(&key);
    return reply != NULL ? 0 : -1;
}

/* 1 the text of the cluster key, 0 no answer yet (err: what lies there is none), -1 refused. */
static int look(const struct joining *j, struct str *key_text, struct err *err)
{
    struct str key = STR_EMPTY;
    redisReply *reply;
    int result = 0;

    err_reset(err);
    cluster_key(&key, "joined:%s", j->token->id);
    reply = redis_askf(cluster_redis(), (int)cluster_settings()->redis_timeout, err, "GET %s",
                       str_cstr(&key));
    str_clear(&key);
    if (reply == NULL)
        return -1;
    if (reply->type == REDIS_REPLY_STRING)
        result = join_answer_open(key_text, span_from(reply->str, reply->len),
                                  &j->as_both_know_it, &j->own, err);
    freeReplyObject(reply);
    return result;
}

/* Asks again meanwhile: anybody in Redis may have written over what was asked. */
static int await_answer(const struct joining *j, struct str *key_text, struct err *err)
{
    int64_t deadline = clock_mono_ms() + JOIN_WAIT_MS, asked = clock_mono_ms();
    int state;

    while ((state = look(j, key_text, err)) == 0 && clock_mono_ms() < deadline) {
        poll(NULL, 0, LOOK_MS);
        if (clock_mono_ms() - asked < AGAIN_MS)
            continue;
        asked = clock_mono_ms();
        if (ask(j, err) < 0)
            return -1;
    }
    if (state == 0 && err->text[0] == '\0')
        err_set(err,
                "nobody answered within %d s: the node that gave the token is not up or not "
                "connected to this Redis, or the token is long expired or not as it was given; "
                "a new one: `milter-ctl cluster token` where the signing key lies",
                JOIN_WAIT_MS / 1000);
    return state == 1 ? 0 : -1;
}

/* It is the one whose hash the token names: so are its signers, who sign all that follows. */
static int check_first(struct span bytes, const struct token *token, struct envelope *e,
                       struct err *err)
{
    uint8_t public_key[SIGN_PUBLIC_SIZE];

    if (envelope_parse(bytes, e, err) < 0)
        return err_prefix(err, "the first entry of `members` in Redis");
    if (strcmp(e->hash, token->hash) != 0 || e->number != 1 ||
        !span_is(e->subject, "members") || !span_is(e->cluster, token->cluster) ||
        !members_first_signer(e, e->payload, public_key) ||
        !envelope_verify(bytes, e, public_key))
        return err_set(err,
                       "the first entry of `members` in Redis is not the one that the token "
                       "names: this is another cluster of that name, or a forged one");
    return 0;
}

static int keep_first(struct span bytes, const struct token *token, struct err *err)
{
    struct envelope e = {.number = 0};
    int result = check_first(bytes, token, &e, err);

    if (result == 0)
        result = ledger_forget(err);
    members_reset();
    if (result == 0)
        result = members_apply(&e, e.payload, err);
    if (result == 0)
        result = ledger_keep(&e, bytes, err);
    envelope_clear(&e);
    return result;
}

static int fetch_first(const struct token *token, struct err *err)
{
    struct str key = STR_EMPTY;
    redisReply *reply;
    int result;

    cluster_key(&key, "rev:members:1");
    reply = redis_askf(cluster_redis(), (int)cluster_settings()->redis_timeout, err, "GET %s",
                       str_cstr(&key));
    str_clear(&key);
    if (reply == NULL)
        return -1;
    result = reply->type == REDIS_REPLY_STRING
                 ? keep_first(span_from(reply->str, reply->len), token, err)
                 : err_set(err, "Redis holds no members of a cluster %s", token->cluster);
    freeReplyObject(reply);
    return result;
}

/* The identity last: with it this node is a member. */
static int become_member(struct joining *j, struct span key_text, struct err *err)
{
    const struct settings *settings = cluster_settings();
    struct cluster_key key;
    int result = cluster_key_parse(key_text, &key, err);

    if (result == 0) {
        j->own.number = key.node;
        result = before_cluster_save(settings->state_dir, cluster_db(), err);
    }
    if (result == 0)
        result = fetch_first(j->token, err);
    if (result == 0)
        result = cluster_key_store(settings, &key, err);
    if (result == 0)
        result = identity_store(settings->state_dir, &j->own, err);
    explicit_bzero(&key, sizeof key);
    return result;
}

static void clean_redis(const struct token *token)
{
    struct str ask_key = STR_EMPTY, answer_key = STR_EMPTY;
    struct err err;
    redisReply *reply;

    cluster_key(&ask_key, "join:%s", token->id);
    cluster_key(&answer_key, "joined:%s", token->id);
    reply = redis_askf(cluster_redis(), (int)cluster_settings()->redis_timeout, &err,
                       "DEL %s %s", str_cstr(&ask_key), str_cstr(&answer_key));
    freeReplyObject(reply);
    str_clear(&answer_key);
    str_clear(&ask_key);
}

int join_cluster(const struct token *token, const char *name, struct err *err)
{
    struct joining j = {.token = token};
    struct str key_text = STR_EMPTY;
    int result;

    token_key(token, j.key);
    j.as_both_know_it = (struct join_token){token->cluster, token->id, j.key};
    make_identity(&j, name);
    result = ask(&j, err);
    if (result == 0)
        result = await_answer(&j, &key_text, err);
    if (result == 0)
        result = become_member(&j, str_span(&key_text), err);
    if (result == 0)
        clean_redis(token);
    str_wipe(&key_text);
    explicit_bzero(&j, sizeof j);
    return result;
}
