/* greylist_shared.c - the greylist in Redis. */
#include "base/xalloc.h"
#include "policyd/cluster/cluster.h"
#include "policyd/cluster/counters_argv.h"
#include "policyd/cluster/counters_script.h"
#include "policyd/cluster/counters_secret.h"
#include "policyd/cluster/degraded.h"
#include "policyd/cluster/greylist_shared.h"

#define ENOUGH 20 /* percent of Redis' memory: with less nothing new is noted */

static unsigned drawer_of(const uint8_t *key, unsigned drawers)
{
    return (((unsigned)key[0] << 8) | key[1]) % drawers;
}

static struct argv *command_of(const char *what, const struct greylist_key *key)
{
    struct argv *argv = argv_new();

    argv_number(argv, 3);
    argv_key(argv, "g:t:%u", drawer_of(key->try, GREYLIST_DRAWERS));
    argv_key(argv, "g:p:%u", drawer_of(key->triplet, GREYLIST_DRAWERS));
    argv_key(argv, "g:n:%u", drawer_of(key->network, GREYLIST_NETWORKS));
    argv_add(argv, span_of(what));
    argv_add(argv, span_from(key->try, SHELF_KEY_SIZE));
    argv_add(argv, span_from(key->alone, SHELF_KEY_SIZE));
    argv_add(argv, span_from(key->triplet, SHELF_KEY_SIZE));
    argv_add(argv, span_from(key->network, SHELF_KEY_SIZE));
    return argv;
}

static void send(const char *what, const struct greylist_key *key, int timeout_ms,
                 redis_done *done, void *ctx)
{
    struct argv *argv = command_of(what, key);
    const struct redis_command command = {.script = &greylist_script,
                                          .argc = argv->count,
                                          .argv = argv->of,
                                          .timeout_ms = timeout_ms};

    redis_send(cluster_redis_counters(), &command, done, ctx);
    argv_free(&argv);
}

static bool is_age(const redisReply *reply)
{
    return reply != NULL && reply->type == REDIS_REPLY_INTEGER && reply->integer >= -1 &&
           reply->integer <= GREYLIST_KNOWN;
}

static void on_age(void *ctx, const redisReply *reply, const char *why)
{
    struct greylist_look *look = ctx;
    bool is_good = is_age(reply);

    degraded_note(DEGRADED_GREYLIST, !is_good,
                  reply != NULL && reply->type == REDIS_REPLY_ERROR ? reply->str
                  : why != NULL                                     ? why
                                                                    : "no answer of this form");
    look->age = is_good ? reply->integer : -1;
    look->done(look);
}

static bool make_key(const struct greylist_triplet *triplet, struct greylist_key *key)
{
    uint8_t secret[HASH_KEY_SIZE];

    if (!cluster_is_member() || !counters_secret_shared(secret))
        return false;
    greylist_key_make(secret, triplet, key);
    return true;
}

static const char *what_of(const struct greylist_look *look)
{
    if (look->is_trial)
        return "look";
    return cluster_redis_free_percent() < ENOUGH ? "known" : "try";
}

bool greylist_shared_look(struct greylist_look *look)
{
    struct greylist_key key;
    int timeout_ms;

    if (!make_key(&look->triplet, &key))
        return false;
    timeout_ms = counters_patience(look->begun);
    if (timeout_ms == 0)
        on_age(look, NULL, "it takes too long");
    else
        send(what_of(look), &key, timeout_ms, on_age, look);
    return true;
}

/* That it passed may get lost with Redis: the triplet waits once more then. */
static void on_passed(void *ctx, const redisReply *reply, const char *why)
{
    (void)ctx, (void)reply, (void)why;
}

bool greylist_shared_passed(const struct greylist_triplet *triplet)
{
    struct greylist_key key;

    if (!make_key(triplet, &key))
        return false;
    send("pass", &key, (int)cluster_settings()->redis_timeout, on_passed, NULL);
    return true;
}
