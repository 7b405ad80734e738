/* resolver.c - the thread that asks: takes questions, joins them into lookups, has libunbound make these, answers in time. */
#include "dns/resolver.h"
#include <signal.h>
#include <sys/eventfd.h>
#include <unistd.h>
#include "base/arena.h"
#include "base/clock.h"
#include "base/log.h"
#include "base/xalloc.h"
#include "dns/answers.h"
#include "dns/cache.h"
#include "dns/context.h"
#include "dns/packet.h"
#include "dns/watch.h"

#define CACHE_BYTES 16777216

/* Nobody waits any longer; its lookup goes on, for the cache and for whoever asks the same. */
static void waiter_take(struct resolver *resolver, struct waiter *waiter)
{
    if (waiter->has_timer)
        event_del(&waiter->timer);
    lookups_take(&resolver->lookups, waiter);
}

static void lookup_end(struct resolver *resolver, struct lookup *lookup,
                       const struct dns_answer *answer)
{
    while (lookup->waiters != NULL) {
        struct waiter *waiter = lookup->waiters;

        waiter_take(resolver, waiter);
        answers_give(&waiter, answer);
    }
    lookups_remove(&resolver->lookups, &lookup);
    answers_note_under_way(resolver->lookups.count);
}

static void lookup_fail(struct resolver *resolver, struct lookup *lookup)
{
    const struct dns_answer answer = {.type = lookup->type,
                                      .status = DNS_FAILED,
                                      .name = span_from(lookup->name.text, lookup->name.len)};

    lookup_end(resolver, lookup, &answer);
}

/* What libunbound gives up is a failure; so is what it found forged. */
static void on_result(struct context_call *call, const struct context_answer *given)
{
    struct lookup *lookup = (struct lookup *)((char *)call - offsetof(struct lookup, call));
    struct resolver *resolver = lookup->owner;
    struct dns_answer answer = {.type = lookup->type,
                                .status = DNS_FAILED,
                                .name = span_from(lookup->name.text, lookup->name.len),
                                .is_secure = given->is_secure};

    if (given->packet.len > 0 && !given->is_forged)
        packet_answer(given->packet, resolver->arena, &answer);
    if (!call->is_from_cache && answer.status != DNS_FAILED)
        watch_heard(resolver->watch);
    cache_put(resolver->cache, &answer, clock_mono_ms());
    lookup_end(resolver, lookup, &answer);
    arena_reset(resolver->arena);
}

/* True while it is under way: an answer from the cache comes before this returns. */
static bool lookup_start(struct resolver *resolver, struct lookup *lookup)
{
    int state;

    lookup->owner = resolver;
    lookup->call.done = on_result;
    if (resolver->context == NULL)
        return true; /* started with the context */
    state = context_ask(resolver->context, lookup->name.text, (int)lookup->type, &lookup->call);
    if (state < 0)
        lookup_fail(resolver, lookup);
    if (state == 0)
        watch_started(resolver->watch);
    return state == 0;
}

static void on_deadline(int fd, short what, void *ctx)
{
    struct waiter *waiter = ctx;

    (void)fd, (void)what;
    waiter_take(waiter->owner, waiter);
    answers_give_status(&waiter, DNS_TIMEOUT);
}

static int64_t waiter_patience(const struct resolver *resolver, const struct waiter *waiter)
{
    int64_t left = waiter->question.deadline - clock_mono_ms(),
            most = watch_patience(resolver->watch);

    return left < most ? left : most;
}

static void waiter_time(struct resolver *resolver, struct waiter *waiter)
{
    int64_t ms = waiter_patience(resolver, waiter);
    struct timeval left;

    if (ms < 0)
        ms = 0;
    left = (struct timeval){.tv_sec = ms / 1000, .tv_usec = ms % 1000 * 1000};
    waiter->owner = resolver;
    evtimer_assign(&waiter->timer, resolver->base, on_deadline, waiter);
    waiter->has_timer = evtimer_add(&waiter->timer, &left) == 0;
}

static void waiter_put(struct resolver *resolver, struct waiter *waiter)
{
    enum lookups_place place = lookups_put(&resolver->lookups, waiter);

    if (place == LOOKUPS_LIMITED) {
        answers_give_status(&waiter, DNS_LIMITED);
        return;
    }
    answers_note_under_way(resolver->lookups.count);
    if (place == LOOKUPS_JOINED)
        answers_note_joined();
    if (place == LOOKUPS_JOINED || lookup_start(resolver, waiter->lookup))
        waiter_time(resolver, waiter);
}

static void take_one(struct resolver *resolver, struct waiter *waiter, bool is_ending)
{
    int64_t now = clock_mono_ms();
    struct dns_answer known;

    if (waiter->name.len == 0)
        answers_give_status(&waiter, DNS_LIMITED); /* no name that may be asked */
    else if (is_ending || resolver->servers.count == 0)
        answers_give_status(&waiter, DNS_FAILED);
    else if (cache_find(resolver->cache, waiter->question.type, waiter->question.name, now,
                        &known))
        answers_give(&waiter, &known);
    else if (waiter->question.deadline <= now)
        answers_give_status(&waiter, DNS_TIMEOUT);
    else
        waiter_put(resolver, waiter);
}

static bool take_handed(struct resolver *resolver)
{
    struct waiter *next, *waiter;
    bool is_ending;

    pthread_mutex_lock(&resolver->lock);
    waiter = resolver->handed;
    resolver->handed = NULL;
    resolver->handed_end = &resolver->handed;
    is_ending = resolver->is_ending;
    pthread_mutex_unlock(&resolver->lock);
    for (; waiter != NULL; waiter = next) {
        next = waiter->next;
        waiter->next = NULL;
        take_one(resolver, waiter, is_ending);
    }
    return !is_ending;
}

static void on_wake(int fd, short what, void *ctx)
{
    struct resolver *resolver = ctx;
    uint64_t unused;

    (void)what;
    (void)!read(fd, &unused, sizeof unused);
    if (!take_handed(resolver))
        event_base_loopbreak(resolver->base);
}

static void on_tick(int fd, short what, void *ctx)
{
    const struct resolver *resolver = ctx;

    (void)fd, (void)what;
    watch_tick(resolver->watch);
}

/* No callback comes from a context that goes. */
static void context_drop(struct resolver *resolver)
{
    if (resolver->context == NULL)
        return;
    watch_forget(resolver->watch);
    for (struct lookup *l = resolver->lookups.all; l != NULL; l = l->next_all)
        context_cancel(&l->call);
    context_free(&resolver->context);
}

/* Lookups that somebody waits for begin again. */
static void on_replace(int fd, short what, void *ctx)
{
    struct resolver *resolver = ctx;
    struct lookup *next;
    struct err err;

    (void)fd, (void)what;
    err_reset(&err);
    context_drop(resolver);
    if (resolver->servers.count > 0)
        resolver->context = context_new(resolver->base, &resolver->servers,
                                        watch_anchor(resolver->watch), &err);
    log_state("dns: libunbound", resolver->servers.count > 0 && resolver->context == NULL,
              LOG_LEVEL_ERROR, "%s", err.text);
    if (resolver->context == NULL)
        return;
    watch_try(resolver->watch);
    for (struct lookup *l = resolver->lookups.all; l != NULL; l = next) {
        next = l->next_all;
        if (l->waiters == NULL)
            lookups_remove(&resolver->lookups, &l);
        else
            lookup_start(resolver, l);
    }
    answers_note_under_way(resolver->lookups.count);
}

void resolver_replace_soon(struct resolver *resolver)
{
    event_active(resolver->replace, EV_TIMEOUT, 0);
}

void resolver_hand(struct resolver *resolver, struct waiter *first, struct waiter **end)
{
    const uint64_t one = 1;
    bool is_first;

    pthread_mutex_lock(&resolver->lock);
    is_first = resolver->handed == NULL;
    *resolver->handed_end = first;
    resolver->handed_end = end;
    pthread_mutex_unlock(&resolver->lock);
    if (is_first)
        (void)!write(resolver->wake_fd, &one, sizeof one);
}

static void *run(void *ctx)
{
    struct resolver *resolver = ctx;

    watch_begin(resolver->watch);
    event_base_dispatch(resolver->base);
    context_drop(resolver);
    while (resolver->lookups.all != NULL)
        lookup_fail(resolver, resolver->lookups.all);
    return NULL;
}

static void resolver_free(struct resolver **resolver)
{
    struct resolver *r = *resolver;
    struct event *const events[] = {r->wake, r->tick, r->replace};

    for (size_t i = 0; i < sizeof events / sizeof *events; i++)
        if (events[i] != NULL)
            event_free(events[i]);
    servers_close(&r->servers);
    watch_free(&r->watch);
    lookups_clear(&r->lookups);
    if (r->base != NULL)
        event_base_free(r->base);
    if (r->wake_fd >= 0)
        close(r->wake_fd);
    cache_free(&r->cache);
    arena_free(&r->arena);
    pthread_mutex_destroy(&r->lock);
    xfree(resolver);
}

static int resolver_open(struct resolver *resolver, struct err *err)
{
    const struct timeval step = {.tv_usec = WATCH_TICK_MS * 1000};

    resolver->base = event_base_new();
    resolver->wake_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    if (resolver->base == NULL || resolver->wake_fd < 0)
        return err_set(err, "dns: no descriptors are left for an event loop");
    resolver->wake =
        event_new(resolver->base, resolver->wake_fd, EV_READ | EV_PERSIST, on_wake, resolver);
    resolver->tick = event_new(resolver->base, -1, EV_PERSIST, on_tick, resolver);
    resolver->replace = event_new(resolver->base, -1, 0, on_replace, resolver);
    event_add(resolver->wake, NULL);
    event_add(resolver->tick, &step);
    return 0;
}

/* Signals are for the main thread. */
static int thread_start(struct resolver *resolver, struct err *err)
{
    sigset_t all, before;
    int rc;

    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    rc = pthread_create(&resolver->thread, NULL, run, resolver);
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    if (rc != 0)
        return err_set(err, "dns: cannot start a thread: %s", strerror(rc));
    pthread_setname_np(resolver->thread, "dns");
    return 0;
}

/* The system's file may come later; a setting that does not read is an error now. */
static int load_servers(struct resolver *resolver, struct err *err)
{
    const char *setting = resolver->settings->resolver;

    return servers_load(&resolver->servers, setting, SERVERS_SYSTEM_FILE, err) == 0 ||
                   setting[0] == '\0'
               ? 0
               : -1;
}

struct resolver *resolver_start(const struct settings *settings, struct err *err)
{
    struct resolver *resolver = xcalloc(1, sizeof *resolver);

    resolver->settings = settings;
    resolver->wake_fd = -1;
    pthread_mutex_init(&resolver->lock, NULL);
    resolver->handed_end = &resolver->handed;
    resolver->arena = arena_new();
    resolver->cache = cache_new(CACHE_BYTES);
    lookups_init(&resolver->lookups);
    resolver->watch = watch_new(resolver);
    if (load_servers(resolver, err) == 0 && resolver_open(resolver, err) == 0 &&
        thread_start(resolver, err) == 0)
        return resolver;
    resolver_free(&resolver);
    return NULL;
}

void resolver_stop(struct resolver **resolver)
{
    const uint64_t one = 1;

    pthread_mutex_lock(&(*resolver)->lock);
    (*resolver)->is_ending = true;
    pthread_mutex_unlock(&(*resolver)->lock);
    (void)!write((*resolver)->wake_fd, &one, sizeof one);
    pthread_join((*resolver)->thread, NULL);
    resolver_free(resolver);
}
