/* control_cluster.c - cluster init, token, join, leave, rotate-key. */
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include "base/sinks.h"
#include "policyd/cluster/acl_text.h"
#include "policyd/cluster/canary.h"
#include "policyd/cluster/cluster.h"
#include "policyd/cluster/join.h"
#include "policyd/cluster/ledger.h"
#include "policyd/cluster/members.h"
#include "policyd/cluster/rotate.h"
#include "policyd/cluster/standing.h"
#include "policyd/control.h"
#include "policyd/health.h"
#include "store/cluster_key.h"

#define FEED_MS 20000

/* One of these at a time: each changes what this node is. */
static pthread_mutex_t changing = PTHREAD_MUTEX_INITIALIZER;

/* The first member of a new cluster. */
static void make_first(struct identity *own)
{
    uint8_t id[(NODE_ID_SIZE - 1) / 2];
    struct str hex = STR_EMPTY;

    memset(own, 0, sizeof *own);
    hash_random(id, sizeof id);
    hash_hex(&hex, id, sizeof id);
    snprintf(own->id, sizeof own->id, "%s", str_cstr(&hex));
    snprintf(own->cluster, sizeof own->cluster, "%s", cluster_settings()->cluster_name);
    snprintf(own->name, sizeof own->name, "%s", cluster_settings()->node_name);
    own->number = 1;
    own->has_signing_key = true;
    sign_key_new(&own->sign);
    sign_key_new(&own->signing);
    seal_key_new(&own->seal);
    str_clear(&hex);
}

static void print_first_entry(struct str *out, const struct identity *own)
{
    str_adds(out, "{\"verb\":\"begin\",\"signers\":[\"");
    hash_hex(out, own->signing.public, SIGN_PUBLIC_SIZE);
    str_printf(out, "\"],\"nodes\":[{\"id\":\"%s\",\"number\":%u,\"name\":", own->id,
               own->number);
    sink_json(out, span_of(own->name));
    str_adds(out, ",\"sign\":\"");
    hash_hex(out, own->sign.public, SIGN_PUBLIC_SIZE);
    str_adds(out, "\",\"seal\":\"");
    hash_hex(out, own->seal.public, SEAL_PUBLIC_SIZE);
    str_adds(out, "\"}]}");
}

static int store_first(const struct identity *own, struct err *err)
{
    const struct settings *settings = cluster_settings();
    struct cluster_key key = {.count = 1, .node = own->number};
    int result;

    key.of[0].generation = 1;
    hash_random(key.of[0].master, HASH_KEY_SIZE);
    result = cluster_key_store(settings, &key, err);
    explicit_bzero(&key, sizeof key);
    members_reset();
    return result == 0 ? identity_store(settings->state_dir, own, err) : -1;
}

/* A beginning that failed, or a membership that ends: rules, lists and domains stay. */
static int end_membership(char path_r[NODE_NAME_SIZE], struct err *err)
{
    const struct settings *settings = cluster_settings();
    int result = identity_leave(settings->state_dir, path_r, err);

    if (result == 0 && (ledger_forget(err) < 0 || cluster_key_remove(settings, err) < 0))
        result = -1;
    if (result == 0) {
        members_reset();
        canary_reset();
        join_forget_tokens();
        health_set("cluster members", false, LOG_LEVEL_ERROR, "%s", "");
    }
    return result;
}

static int begin_cluster(const char *author, struct err *err)
{
    struct identity own;
    struct str first = STR_EMPTY;
    char path[NODE_NAME_SIZE];
    struct err ignored;
    int result;

    make_first(&own);
    print_first_entry(&first, &own);
    result = store_first(&own, err);
    if (result == 0)
        result = ledger_begin_all(str_span(&first), author, err);
    if (result < 0)
        end_membership(path, &ignored);
    explicit_bzero(&own, sizeof own);
    str_clear(&first);
    return result;
}

static void answer_acl(struct control_call *call)
{
    struct str acl = STR_EMPTY;

    acl_text_print(&acl, cluster_settings()->cluster_name);
    control_row(call,
                json_pack("{s:s,s:s,s:s}", "cluster", cluster_settings()->cluster_name, "node",
                          cluster_settings()->node_name, "redis_users", str_cstr(&acl)));
    str_clear(&acl);
}

static enum control_exit init_locked(struct control_call *call, struct err *err)
{
    enum control_exit code = standing_configured(err);

    if (code == EXIT_OK)
        code = standing_no_member(err);
    if (code == EXIT_OK)
        code = standing_name(err);
    if (code == EXIT_OK)
        code = standing_redis(err);
    if (code == EXIT_OK)
        code = standing_unused(err);
    if (code != EXIT_OK)
        return code;
    if (begin_cluster(call->user, err) < 0)
        return EXIT_INVALID;
    feed_look_and_wait(FEED_MS);
    answer_acl(call);
    err_set(err,
            "the cluster %s has begun with this node; `milter-ctl cluster token` prints what "
            "another "
            "needs to join. Keep a copy of %s/cluster/signing.key in a safe place: without "
            "it nobody can change rules, lists, domains or members",
            cluster_settings()->cluster_name, cluster_settings()->state_dir);
    return EXIT_OK;
}

static enum control_exit locked(struct control_call *call, struct err *err,
                                enum control_exit (*run)(struct control_call *, struct err *))
{
    enum control_exit code;

    if (pthread_mutex_trylock(&changing) != 0) {
        err_set(err, "another such command is at work here; try again when it has ended");
        return EXIT_INVALID;
    }
    code = run(call, err);
    pthread_mutex_unlock(&changing);
    return code;
}

enum control_exit control_cluster_init(struct control_call *call, struct err *err)
{
    return locked(call, err, init_locked);
}

enum control_exit control_cluster_token(struct control_call *call, struct err *err)
{
    enum control_exit code = standing_member(err);
    struct str text = STR_EMPTY;
    struct token token;

    if (code == EXIT_OK)
        code = standing_signing(err);
    if (code == EXIT_OK)
        code = standing_redis(err);
    if (code == EXIT_OK && join_give_token(&token, err) < 0)
        code = EXIT_PARTIAL;
    if (code != EXIT_OK)
        return code;
    token_print(&text, &token);
    control_row(call, json_pack("{s:s,s:i}", "token", str_cstr(&text), "valid_s",
                                TOKEN_VALID_MS / 1000));
    explicit_bzero(&token, sizeof token);
    str_wipe(&text);
    return EXIT_OK;
}

static enum control_exit read_token(struct control_call *call, struct token *token_r,
                                    struct err *err)
{
    if (token_parse(control_argument(call, "token"), token_r, err) < 0)
        return EXIT_INVALID;
    if (strcmp(token_r->cluster, cluster_settings()->cluster_name) == 0)
        return EXIT_OK;
    err_set(err, "the token is of the cluster %s, and cluster_name here is %s",
            token_r->cluster, cluster_settings()->cluster_name);
    return EXIT_INVALID;
}

/* One row for each ledger: what is applied of it by now. */
static enum control_exit answer_ledgers(struct control_call *call, struct err *err)
{
    struct ledger_status *all;
    size_t count = ledger_all(&all), waiting = 0;

    for (size_t i = 0; i < count; i++) {
        control_row(call, json_pack("{s:s,s:I,s:s,s:s}", "subject", all[i].subject, "applied",
                                    (json_int_t)all[i].applied, "state",
                                    names_name(ledger_state_names, (int)all[i].state), "why",
                                    all[i].why));
        waiting += all[i].state != LEDGER_IN_ORDER;
    }
    free(all);
    if (waiting == 0)
        return EXIT_OK;
    err_set(err,
            "joined, but not all that the cluster has is in force here yet; see `milter-ctl "
            "cluster status`");
    return EXIT_PARTIAL;
}

static enum control_exit join_locked(struct control_call *call, struct err *err)
{
    enum control_exit code = standing_configured(err);
    struct token token;

    if (code == EXIT_OK)
        code = standing_no_member(err);
    if (code == EXIT_OK)
        code = standing_name(err);
    if (code == EXIT_OK)
        code = read_token(call, &token, err);
    if (code == EXIT_OK)
        code = standing_redis(err);
    if (code == EXIT_OK && join_cluster(&token, cluster_settings()->node_name, err) < 0)
        code = EXIT_INVALID;
    explicit_bzero(&token, sizeof token);
    if (code != EXIT_OK)
        return code;
    feed_look_and_wait(FEED_MS);
    code = answer_ledgers(call, err);
    if (code == EXIT_OK)
        err_set(err,
                "this node is in the cluster %s; what it had of its own is saved in "
                "%s/before-cluster-*",
                cluster_settings()->cluster_name, cluster_settings()->state_dir);
    return code;
}

enum control_exit control_cluster_join(struct control_call *call, struct err *err)
{
    return locked(call, err, join_locked);
}

static enum control_exit leave_locked(struct control_call *call, struct err *err)
{
    enum control_exit code = standing_member(err);
    struct identity own;
    char path[NODE_NAME_SIZE];
    bool had_key;

    (void)call;
    if (code != EXIT_OK || !identity_get(&own))
        return code;
    had_key = own.has_signing_key;
    explicit_bzero(&own.signing, sizeof own.signing);
    if (end_membership(path, err) < 0)
        return EXIT_PARTIAL;
    err_set(
        err,
        "this node is on its own again, with the rules, lists and domains it had. Where the "
        "signing "
        "key lies say `milter-ctl node forget %s` and `milter-ctl cluster rotate-key`%s%s%s",
        own.id, had_key ? "; this node held a signing key: it is in " : "", had_key ? path : "",
        had_key ? "/signing.key now, copy it to where it is needed" : "");
    return EXIT_OK;
}

enum control_exit control_cluster_leave(struct control_call *call, struct err *err)
{
    return locked(call, err, leave_locked);
}

static enum control_exit rotate_locked(struct control_call *call, struct err *err)
{
    enum control_exit code = standing_member(err);
    char keyid[SIGN_ID_SIZE];
    uint64_t generation;

    if (code == EXIT_OK)
        code = standing_signing(err);
    if (code == EXIT_OK)
        code = standing_redis(err);
    if (code != EXIT_OK)
        return code;
    if (control_flag(call, "signing")) {
        if (rotate_signing(call->user, keyid, err) < 0)
            return EXIT_PARTIAL;
        err_set(err,
                "entries are signed by the new key %s from now on; keep a copy of "
                "%s/cluster/signing.key in a "
                "safe place",
                keyid, cluster_settings()->state_dir);
        return EXIT_OK;
    }
    if (rotate_key(call->user, &generation, err) < 0)
        return EXIT_PARTIAL;
    err_set(err,
            "the cluster key of generation %llu is given to all members; marks and codes of "
            "the one "
            "before stay good until the next rotation",
            (unsigned long long)generation);
    return EXIT_OK;
}

enum control_exit control_cluster_rotate(struct control_call *call, struct err *err)
{
    return locked(call, err, rotate_locked);
}
