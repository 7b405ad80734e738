/* next_hops.c - a thread that resolves next hops, and the routes file made of domains and what is known. */
#include <errno.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <time.h>
#include "base/clock.h"
#include "base/xalloc.h"
#include "store/domains.h"
#include "store/manifest.h"
#include "store/routes_file.h"
#include "policyd/addresses.h"
#include "policyd/health.h"
#include "policyd/maps/maps.h"
#include "policyd/next_hops.h"
#include "policyd/publish.h"

#define RESOLVE_EVERY_S 60

static struct {
    const struct settings *settings;
    struct policy_db *db;
    pthread_mutex_t lock;
    pthread_cond_t wake;
    bool is_changed;
    atomic_bool is_stopping;
    struct addresses known;
} hops = {.lock = PTHREAD_MUTEX_INITIALIZER};

static void learn_published(const struct published_route *routes, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        for (size_t j = 0; j < routes[i].hop_count; j++) {
            const struct published_hop *hop = &routes[i].hops[j];
            if (!hop->hop.is_address && hop->address_count > 0) {
                addresses_add(&hops.known, hop->hop.host);
                known_host_set(&hops.known.hosts[hops.known.count - 1], hop->addresses,
                               hop->address_count);
            }
        }
    }
    addresses_sort(&hops.known);
}

/* What was resolved before a restart is better than nothing while the resolver is asked, or down. */
static void recall(const char *dir)
{
    struct manifest *manifest = NULL;
    struct arena *arena = arena_new();
    struct published_route *routes;
    struct str text = STR_EMPTY;
    size_t count;

    if (manifest_read(dir, &manifest, NULL) == 1 &&
        manifest_get_file(dir, &manifest->routes, ROUTES_FILE_MAX, &text, NULL) == 0 &&
        routes_file_parse(str_span(&text), arena, &routes, &count, NULL) == 0)
        learn_published(routes, count);
    manifest_free(&manifest);
    str_clear(&text);
    arena_free(&arena);
}

static void fill_hop(struct arena *arena, const struct next_hop *hop, struct published_hop *out)
{
    const struct known_host *known;
    struct ip *one;

    out->hop = *hop;
    if (hop->is_address) {
        one = arena_alloc(arena, sizeof *one);
        out->addresses = one;
        out->address_count = ip_parse(span_of(hop->host), one) ? 1 : 0;
        return;
    }
    known = addresses_find(&hops.known, hop->host);
    if (known == NULL || known->count == 0)
        return;
    one = arena_array(arena, known->count, sizeof *one);
    memcpy(one, known->ips, known->count * sizeof *one);
    out->addresses = one;
    out->address_count = known->count;
}

static void fill_route(struct arena *arena, const struct domain *domain,
                       struct published_route *route)
{
    struct published_hop *each = arena_array(arena, domain->hop_count + 1, sizeof *each);

    for (size_t i = 0; i < domain->hop_count; i++)
        fill_hop(arena, &domain->hops[i], &each[i]);
    route->domain = span_of(domain->name);
    route->hop_count = domain->hop_count;
    route->hops = each;
}

int next_hops_print(struct str *out, struct err *err)
{
    struct arena *arena;
    struct published_route *routes;
    struct domain *domains;
    size_t count;

    if (domains_list(hops.db, &domains, &count, NULL, err) != 0)
        return -1;
    arena = arena_new();
    routes = arena_array(arena, count + 1, sizeof *routes);
    pthread_mutex_lock(&hops.lock);
    for (size_t i = 0; i < count; i++)
        fill_route(arena, &domains[i], &routes[i]);
    pthread_mutex_unlock(&hops.lock);
    routes_file_print(out, routes, count);
    arena_free(&arena);
    free(domains);
    return 0;
}

static void collect_names(const struct domain *domains, size_t count, struct addresses *names)
{
    for (size_t i = 0; i < count; i++) {
        for (size_t j = 0; j < domains[i].hop_count; j++) {
            if (!domains[i].hops[j].is_address)
                addresses_add(names, domains[i].hops[j].host);
        }
    }
    addresses_sort(names);
}

static void keep_old(struct known_host *host)
{
    const struct known_host *old;

    pthread_mutex_lock(&hops.lock);
    old = addresses_find(&hops.known, host->host);
    if (old != NULL)
        known_host_set(host, old->ips, old->count);
    pthread_mutex_unlock(&hops.lock);
}

static void resolve(struct addresses *names)
{
    struct err err, first;
    size_t failed = 0;

    err_reset(&first);
    for (size_t i = 0; i < names->count && !hops.is_stopping; i++) {
        keep_old(&names->hosts[i]);
        if (addresses_look_up(&names->hosts[i], &err) != 0 && failed++ == 0)
            first = err;
    }
    health_set("next hops", failed > 0, LOG_LEVEL_WARN,
               "%s (%zu of %zu names); the addresses known last are used, if any", first.text,
               failed, names->count);
}

static bool take_over(struct addresses *fresh)
{
    struct addresses old;
    bool is_new;

    pthread_mutex_lock(&hops.lock);
    is_new = !addresses_equal(&hops.known, fresh);
    old = hops.known;
    hops.known = *fresh;
    pthread_mutex_unlock(&hops.lock);
    addresses_clear(&old);
    return is_new;
}

/* How long until the next look, in ms. */
static int64_t look(void)
{
    struct addresses names = {0};
    int64_t again = RESOLVE_EVERY_S * 1000;
    struct domain *domains;
    struct err err;
    size_t count;

    if (domains_list(hops.db, &domains, &count, NULL, &err) != 0) {
        health_set("domains", true, LOG_LEVEL_ERROR, "%s", err.text);
        return RESOLVE_EVERY_S * 1000;
    }
    health_set("domains", false, LOG_LEVEL_ERROR, "%s", "");
    if (maps_update(hops.settings, hops.db, &err) == 1) /* what fails is logged there */
        again = hops.settings->maps_settle;
    collect_names(domains, count, &names);
    free(domains);
    resolve(&names);
    if (hops.is_stopping) /* not all were asked; what is known already is better */
        addresses_clear(&names);
    else if (take_over(&names))
        publish_now(&err);
    return again;
}

static bool wait_for_change(int64_t ms)
{
    struct timespec until = clock_timespec(clock_mono_ms() + ms);
    bool goes_on;
    int waited = 0;

    pthread_mutex_lock(&hops.lock);
    while (!hops.is_changed && !hops.is_stopping && waited != ETIMEDOUT)
        waited = pthread_cond_timedwait(&hops.wake, &hops.lock, &until);
    hops.is_changed = false;
    goes_on = !hops.is_stopping;
    pthread_mutex_unlock(&hops.lock);
    return goes_on;
}

static void *work(void *unused)
{
    while (wait_for_change(look()))
        continue;
    return unused;
}

int next_hops_begin(const struct settings *settings, struct policy_db *db, struct err *err)
{
    char *dir = manifest_make_dir(settings->state_dir, err);
    pthread_condattr_t attributes;

    if (dir == NULL)
        return -1;
    hops.settings = settings;
    hops.db = db;
    recall(dir);
    xfree(&dir);
    pthread_condattr_init(&attributes);
    pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC);
    pthread_cond_init(&hops.wake, &attributes);
    pthread_condattr_destroy(&attributes);
    return 0;
}

int next_hops_start(struct err *err)
{
    pthread_t thread;
    int failed = pthread_create(&thread, NULL, work, NULL);

    if (failed != 0)
        return err_set(err, "the thread that resolves next hops cannot be started: %s",
                       strerror(failed));
    pthread_detach(thread); /* it may hang in the resolver when we end */
    return 0;
}

void next_hops_changed(void)
{
    pthread_mutex_lock(&hops.lock);
    hops.is_changed = true;
    pthread_cond_signal(&hops.wake);
    pthread_mutex_unlock(&hops.lock);
}

void next_hops_end(void)
{
    pthread_mutex_lock(&hops.lock);
    hops.is_stopping = true;
    pthread_cond_signal(&hops.wake);
    pthread_mutex_unlock(&hops.lock);
}
