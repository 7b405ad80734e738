/* counters_shared.c - readings of the cluster's counters: by a lease, from Redis, or, while that is away, by what is known here. */
#include "base/clock.h"
#include "base/xalloc.h"
#include "policyd/cluster/cluster.h"
#include "policyd/cluster/counters_argv.h"
#include "policyd/cluster/counters_limits.h"
#include "policyd/cluster/counters_script.h"
#include "policyd/cluster/counters_secret.h"
#include "policyd/cluster/counters_sender.h"
#include "policyd/cluster/counters_shared.h"
#include "policyd/cluster/degraded.h"
#include "policyd/cluster/leases.h"
#include "policyd/cluster/membership.h"
#include "policyd/cluster/pending.h"
#include "policyd/cluster/promises.h"
#include "policyd/health.h"

/* What one ask of a reading under way needs once the answer is there. */
struct sharing {
    struct counter_ask *ask;
    struct counters_key key;
    struct str members; /* of distinct: this one, promised ones, those on their way */
    int64_t more;       /* of the others: this one, promised ones */
    int64_t waiting;    /* charged here, not in Redis yet */
    int64_t mark;
};

struct shared_read {
    struct counter_read *read;
    size_t count;
    struct sharing *of; /* those that Redis is asked */
};

static void name_hash(const uint8_t *secret, struct span name, uint8_t hash_r[8])
{
    uint8_t digest[HASH_SHA256_SIZE];

    hash_hmac(secret, name, digest);
    memcpy(hash_r, digest, 8);
}

static void prepare(const uint8_t *secret, const struct counter_read *read,
                    struct counter_ask *ask, struct sharing *s)
{
    struct str promised = STR_EMPTY;
    size_t count;

    *s = (struct sharing){.ask = ask};
    counters_key_make(secret, ask, &s->key);
    count = promises_read(read->transaction, ask, &s->key, &promised);
    if (ask->counter.kind == CHARGE_DISTINCT) {
        str_add(&s->members, span_from(s->key.member, sizeof s->key.member));
        str_add(&s->members, str_span(&promised));
    }
    s->more = ask->amount + (int64_t)count;
    str_clear(&promised);
}

/* Redis is not needed when a lease covers it. */
static bool is_leased(const struct sharing *s)
{
    int64_t charged;

    if (s->ask->counter.kind == CHARGE_DISTINCT || !leases_use(s->key.key, s->more, &charged))
        return false;
    s->ask->reading = charged + s->more;
    return true;
}

static void by_oneself(const struct sharing *s)
{
    int64_t last = leases_last(s->key.key, s->ask->counter.window);

    if (s->ask->counter.kind != CHARGE_DISTINCT)
        last += s->more;
    if (last > s->ask->reading)
        s->ask->reading = last;
}

static void take_number(const struct sharing *s, int64_t number)
{
    const struct counter_ask *ask = s->ask;
    int64_t charged = number + s->waiting, limit, allowance = 0;

    if (ask->counter.kind == CHARGE_DISTINCT) {
        s->ask->reading = number;
        leases_put(s->key.key, s->mark, number, 0, ask->counter.window);
        return;
    }
    s->ask->reading = charged + s->more;
    limit = counters_limit(ask->name, charged);
    if (limit > 0)
        allowance = lease_allowance(charged, limit, membership_alive());
    leases_put(s->key.key, s->mark, charged, allowance, ask->counter.window);
}

static bool is_answer(const redisReply *reply, size_t count)
{
    if (reply == NULL || reply->type != REDIS_REPLY_ARRAY || reply->elements != count)
        return false;
    for (size_t i = 0; i < count; i++)
        if (reply->element[i]->type != REDIS_REPLY_INTEGER || reply->element[i]->integer < 0 ||
            reply->element[i]->integer > WINDOW_MAX_AMOUNT)
            return false;
    return true;
}

static void end_read(struct shared_read *shared)
{
    struct counter_read *read = shared->read;

    for (size_t i = 0; i < shared->count; i++)
        str_clear(&shared->of[i].members);
    xfree(&shared->of);
    xfree(&shared);
    read->done(read);
}

static const char *reason_of(const redisReply *reply, const char *why)
{
    if (reply == NULL)
        return why != NULL ? why : "no answer";
    return reply->type == REDIS_REPLY_ERROR ? reply->str : "an answer of another form";
}

static void on_reply(void *ctx, const redisReply *reply, const char *why)
{
    struct shared_read *shared = ctx;
    bool is_good = is_answer(reply, shared->count);

    degraded_note(DEGRADED_COUNTERS, !is_good, is_good ? "" : reason_of(reply, why));
    for (size_t i = 0; i < shared->count; i++) {
        if (is_good)
            take_number(&shared->of[i], reply->element[i]->integer);
        else
            by_oneself(&shared->of[i]);
    }
    end_read(shared);
}

static void add_ask(struct argv *argv, const struct sharing *s)
{
    bool is_distinct = s->ask->counter.kind == CHARGE_DISTINCT;

    argv_add(argv, is_distinct ? SPAN("m") : SPAN("a"));
    argv_add(argv, span_from(s->key.key, sizeof s->key.key));
    argv_number(argv, window_width(s->ask->counter.window));
    argv_add(argv, str_span(&s->members));
}

static void ask_redis(struct shared_read *shared, const uint8_t *secret, int timeout_ms)
{
    struct argv *argv = argv_new();
    struct redis_command command = {.script = &counters_read_script};
    uint8_t name[8];

    argv_number(argv, (int64_t)shared->count);
    pending_row_lock();
    for (size_t i = 0; i < shared->count; i++) {
        struct sharing *s = &shared->of[i];
        name_hash(secret, s->ask->name, name);
        counters_drawer_key(argv, name, s->key.key);
        s->mark = leases_mark(s->key.key);
        s->waiting = pending_read(&s->key, s->ask->counter.kind, &s->members);
    }
    for (size_t i = 0; i < shared->count; i++)
        add_ask(argv, &shared->of[i]);
    command.argc = argv->count;
    command.argv = argv->of;
    command.timeout_ms = timeout_ms;
    redis_send(cluster_redis_counters(), &command, on_reply, shared);
    pending_row_unlock();
    argv_free(&argv);
}

bool counters_shared_read(struct counter_read *read)
{
    uint8_t secret[HASH_KEY_SIZE];
    struct shared_read *shared;
    int timeout_ms;

    if (!cluster_is_member() || !counters_secret_shared(secret))
        return false;
    shared = xcalloc(1, sizeof *shared);
    shared->read = read;
    shared->of = xcalloc(read->count + 1, sizeof *shared->of);
    for (size_t i = 0; i < read->count; i++) {
        struct sharing *s = &shared->of[shared->count];
        prepare(secret, read, &read->asks[i], s);
        if (is_leased(s))
            str_clear(&s->members);
        else
            shared->count++;
    }
    timeout_ms = counters_patience(read->begun);
    if (shared->count == 0)
        end_read(shared);
    else if (timeout_ms == 0)
        on_reply(shared, NULL, "it takes too long");
    else
        ask_redis(shared, secret, timeout_ms);
    return true;
}

void counters_shared_charge(const struct counter_ask *ask, int64_t age_ms)
{
    uint8_t secret[HASH_KEY_SIZE], name[8];
    struct counters_key key;
    bool has_room;

    if (!cluster_is_member() || !counters_secret_shared(secret))
        return;
    counters_key_make(secret, ask, &key);
    name_hash(secret, ask->name, name);
    has_room = pending_add(ask, &key, name, clock_mono_ms() - age_ms);
    health_set("charges", !has_room, LOG_LEVEL_WARN,
               "%d wait for Redis already; what is delivered now is not charged in the cluster",
               PENDING_MAX);
    if (ask->counter.kind != CHARGE_DISTINCT)
        leases_charge(key.key, ask->amount);
    counters_sender_wake();
}

int counters_shared_begin(struct err *err)
{
    return counters_sender_begin(err);
}

void counters_shared_end(void)
{
    counters_sender_end();
    pending_clear();
}
