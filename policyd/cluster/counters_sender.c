/* counters_sender.c - charges to Redis. */
#include <pthread.h>
#include "base/clock.h"
#include "base/xalloc.h"
#include "policyd/cluster/cluster.h"
#include "policyd/cluster/counters.h"
#include "policyd/cluster/counters_argv.h"
#include "policyd/cluster/counters_script.h"
#include "policyd/cluster/counters_sender.h"
#include "policyd/cluster/identity.h"
#include "policyd/cluster/pending.h"

#define PACE_MS  10   /* what comes within goes together */
#define RETRY_MS 500  /* Redis did not answer */
#define END_MS   1000 /* at the end of the program */
#define ENOUGH   20   /* percent of Redis' memory: with less no new keys are made */

static struct {
    pthread_mutex_t lock;
    pthread_cond_t wake;
    pthread_t thread;
    bool is_running, is_ending, is_woken;
    _Atomic bool is_sending;   /* a batch is taken and not acknowledged */
    bool is_answered, is_good; /* what Redis said of it */
    uint64_t seq;
    size_t count; /* of the batch that is not acknowledged yet */
    struct pending *batch[PENDING_BATCH];
} sender = {.lock = PTHREAD_MUTEX_INITIALIZER};

void counters_drawer_key(struct argv *argv, const uint8_t name[8], const uint8_t *key)
{
    struct str hex = STR_EMPTY;

    hash_hex(&hex, name, 8);
    argv_key(argv, "c:%s:%u", str_cstr(&hex),
             (((unsigned)key[0] << 8) | key[1]) % COUNTERS_DRAWERS);
    str_clear(&hex);
}

static void add_arguments(struct argv *argv, const struct pending *p, int64_t now)
{
    bool is_distinct = p->kind == CHARGE_DISTINCT;

    argv_add(argv, is_distinct ? SPAN("m") : SPAN("a"));
    argv_add(argv, span_from(p->key.key, sizeof p->key.key));
    argv_number(argv, window_width(p->window));
    argv_number(argv, now > p->at_ms ? now - p->at_ms : 0);
    argv_number(argv, p->amount);
    argv_add(argv, is_distinct ? span_from(p->key.member, sizeof p->key.member) : SPAN(""));
}

static struct argv *command_of(const struct identity *identity)
{
    struct argv *argv = argv_new();
    int64_t now = clock_mono_ms();

    argv_number(argv, (int64_t)sender.count + 1);
    argv_key(argv, "c:from:%s", identity->id);
    for (size_t i = 0; i < sender.count; i++)
        counters_drawer_key(argv, sender.batch[i]->name, sender.batch[i]->key.key);
    argv_add(argv, span_of(identity->boot));
    argv_number(argv, (int64_t)sender.seq);
    argv_add(argv, cluster_redis_free_percent() < ENOUGH ? SPAN("0") : SPAN("1"));
    for (size_t i = 0; i < sender.count; i++)
        add_arguments(argv, sender.batch[i], now);
    return argv;
}

static void drop_batch(void)
{
    pending_drop(sender.batch, sender.count);
    sender.count = 0;
    sender.is_sending = false;
}

bool counters_sender_is_idle(void)
{
    return pending_count() == 0 && !sender.is_sending;
}

/* On the link's thread. */
static void on_reply(void *ctx, const redisReply *reply, const char *why)
{
    (void)ctx, (void)why;
    pthread_mutex_lock(&sender.lock);
    sender.is_answered = true;
    sender.is_good = reply != NULL && reply->type != REDIS_REPLY_ERROR;
    pthread_cond_signal(&sender.wake);
    pthread_mutex_unlock(&sender.lock);
}

/* Without a deadline of its own: the link tells each command exactly once, in time. */
static bool await_reply(void)
{
    bool is_good;

    pthread_mutex_lock(&sender.lock);
    while (!sender.is_answered)
        pthread_cond_wait(&sender.wake, &sender.lock);
    is_good = sender.is_good;
    pthread_mutex_unlock(&sender.lock);
    return is_good;
}

/* 0 acknowledged, -1 to be sent again. */
static int send_batch(const struct identity *identity)
{
    struct argv *argv = command_of(identity);
    const struct redis_command command = {.script = &counters_charge_script,
                                          .argc = argv->count,
                                          .argv = argv->of,
                                          .timeout_ms = (int)cluster_settings()->redis_timeout};

    sender.is_answered = false;
    pending_row_lock();
    redis_send(cluster_redis_counters(), &command, on_reply, NULL);
    pending_set_sent(sender.batch, sender.count, true);
    pending_row_unlock();
    argv_free(&argv);
    if (!await_reply()) {
        pending_set_sent(sender.batch, sender.count, false);
        return -1;
    }
    drop_batch();
    return 0;
}

/* 1 there is more, 0 all is sent, -1 Redis does not answer. */
static int send_next(void)
{
    struct identity identity;
    int state;

    if (!cluster_is_configured() || !identity_get(&identity)) {
        drop_batch();
        pending_clear();
        return 0;
    }
    if (sender.count == 0) {
        sender.is_sending = true; /* before nothing waits any more */
        sender.count = pending_take(sender.batch);
        sender.seq += sender.count > 0;
    }
    if (sender.count == 0)
        sender.is_sending = false;
    state = sender.count == 0 ? 0 : send_batch(&identity) < 0 ? -1 : 1;
    memset(&identity, 0, sizeof identity); /* it holds secrets */
    return state;
}

/* Until it is woken, or for ms. False: the end. */
static bool wait_for(int64_t ms, bool until_woken)
{
    struct timespec until = clock_timespec(clock_mono_ms() + ms);
    bool goes_on;

    pthread_mutex_lock(&sender.lock);
    while (!sender.is_ending && !(until_woken && sender.is_woken))
        if (until_woken)
            pthread_cond_wait(&sender.wake, &sender.lock);
        else if (pthread_cond_timedwait(&sender.wake, &sender.lock, &until) != 0)
            break;
    if (until_woken)
        sender.is_woken = false;
    goes_on = !sender.is_ending;
    pthread_mutex_unlock(&sender.lock);
    return goes_on;
}

static void *run(void *ctx)
{
    int64_t until;
    int state = 0;

    (void)ctx;
    while (state != 0 ? wait_for(state < 0 ? RETRY_MS : 0, false) : wait_for(0, true)) {
        if (state == 0 && !wait_for(PACE_MS, false))
            break;
        state = send_next();
    }
    until = clock_mono_ms() + END_MS;
    while (clock_mono_ms() < until && send_next() > 0)
        ;
    drop_batch();
    return NULL;
}

void counters_sender_wake(void)
{
    pthread_mutex_lock(&sender.lock);
    if (!sender.is_woken)
        pthread_cond_signal(&sender.wake);
    sender.is_woken = true;
    pthread_mutex_unlock(&sender.lock);
}

int counters_sender_begin(struct err *err)
{
    pthread_condattr_t attributes;

    pthread_condattr_init(&attributes);
    pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC);
    pthread_cond_init(&sender.wake, &attributes);
    pthread_condattr_destroy(&attributes);
    sender.is_ending = false;
    if (pthread_create(&sender.thread, NULL, run, NULL) != 0)
        return err_set(err, "cannot start the thread that sends charges");
    sender.is_running = true;
    return 0;
}

void counters_sender_end(void)
{
    if (!sender.is_running)
        return;
    pthread_mutex_lock(&sender.lock);
    sender.is_ending = true;
    pthread_cond_signal(&sender.wake);
    pthread_mutex_unlock(&sender.lock);
    pthread_join(sender.thread, NULL);
    sender.is_running = false;
}
