/* watch.c - the state of the name servers: heard of lately or silent, passing DNSSEC on or not. */
#include "dns/watch.h"
#include <stdatomic.h>
#include <unistd.h>
#include "base/clock.h"
#include "base/log.h"
#include "base/xalloc.h"
#include "dns/cache.h"

#define HANG_MS        1000  /* a lookup this old: are the servers there? */
#define SILENT_MS      10000 /* nobody has answered, while somebody was asked */
#define PATIENCE_MS    1000  /* of questions asked meanwhile */
#define SAY_MS         60000 /* between two lines about it */
#define KNOW_MS        1000 /* at start: then lookups begin without validation, which may come later */
#define ASK_START_MS   5000 /* asked at each tick so long */
#define ASK_UNKNOWN_MS 60000
#define ASK_AWAY_MS    5000 /* is it back? */
#define KEYS_MS        3600000
#define LOAD_MS        5000
#define TYPE_SOA       6

struct watch {
    struct resolver *resolver;
    int64_t begun, unheard_since, asked_at, loaded_at, said_at;
    bool is_silent, is_said;
    int64_t wrong_keys_at;     /* 0: they fit, as far as is known */
    struct context_call trial; /* the first question of a context that validates */
    /* what the context was made for */
    bool is_validating;
    unsigned away;
    bool must_replace; /* the servers are others */
};

/* for others */
static atomic_bool is_silent_now, is_validating_now;
static atomic_uint servers_now;

unsigned watch_servers(void)
{
    return atomic_load(&servers_now);
}

bool watch_is_silent(void)
{
    return atomic_load(&is_silent_now);
}

bool watch_is_validating(void)
{
    return atomic_load(&is_validating_now);
}

struct watch *watch_new(struct resolver *resolver)
{
    struct watch *watch = xcalloc(1, sizeof *watch);

    watch->resolver = resolver;
    watch->begun = clock_mono_ms();
    return watch;
}

void watch_free(struct watch **watch)
{
    xfree(watch);
    atomic_store(&servers_now, 0);
    atomic_store(&is_silent_now, false);
    atomic_store(&is_validating_now, false);
}

static const char *anchor_file(const struct watch *watch)
{
    const char *file = watch->resolver->settings->dnssec_anchor_file;

    return file[0] != '\0' ? file : NULL;
}

static void say_dnssec(const struct watch *watch)
{
    const char *file = anchor_file(watch);
    bool is_known = servers_are_known(&watch->resolver->servers);
    const char *why = NULL;

    if (file == NULL)
        return;
    if (access(file, R_OK) != 0)
        why = "the file cannot be read";
    else if (watch->wrong_keys_at != 0)
        why = "its keys do not fit what the name servers say, or this machine's clock is wrong";
    else if (is_known && !servers_pass_dnssec(&watch->resolver->servers))
        why = "the name servers do not pass signatures on";
    if (why != NULL || is_known)
        log_state("dns: validation", why != NULL, LOG_LEVEL_WARN,
                  "answers are taken as they come; dnssec_anchor_file = %s: %s", file,
                  why != NULL ? why : "");
}

static bool may_validate(const struct watch *watch)
{
    const char *file = anchor_file(watch);

    return file != NULL && watch->wrong_keys_at == 0 &&
           servers_pass_dnssec(&watch->resolver->servers) && access(file, R_OK) == 0;
}

static unsigned away_mask(const struct servers *servers)
{
    unsigned mask = 0;

    for (size_t i = 0; i < servers->count; i++)
        if (servers_is_away(servers, &servers->all[i]))
            mask |= 1u << i;
    return mask;
}

static void replace_if_other(struct watch *watch)
{
    const struct servers *servers = &watch->resolver->servers;

    if (watch->resolver->context == NULL || watch->must_replace ||
        watch->is_validating != may_validate(watch) || watch->away != away_mask(servers))
        resolver_replace_soon(watch->resolver);
}

const char *watch_anchor(struct watch *watch)
{
    if (watch->is_validating != may_validate(watch))
        cache_clear(watch->resolver->cache); /* proved, or not, by the former */
    watch->is_validating = may_validate(watch);
    watch->away = away_mask(&watch->resolver->servers);
    watch->must_replace = false;
    atomic_store(&is_validating_now, watch->is_validating);
    say_dnssec(watch);
    return watch->is_validating ? anchor_file(watch) : NULL;
}

static void keys_are_wrong(struct watch *watch)
{
    watch->wrong_keys_at = clock_mono_ms();
    resolver_replace_soon(watch->resolver);
}

static void on_trial(struct context_call *call, const struct context_answer *answer)
{
    struct watch *watch = (struct watch *)((char *)call - offsetof(struct watch, trial));

    if (answer->is_forged)
        keys_are_wrong(watch);
}

/* A file of keys that does not read shows here, too. */
void watch_try(struct watch *watch)
{
    watch->trial.done = on_trial;
    if (watch->is_validating &&
        context_ask(watch->resolver->context, ".", TYPE_SOA, &watch->trial) < 0)
        keys_are_wrong(watch);
}

void watch_forget(struct watch *watch)
{
    context_cancel(&watch->trial);
}

void watch_started(struct watch *watch)
{
    if (watch->unheard_since == 0)
        watch->unheard_since = clock_mono_ms();
}

static void set_silent(struct watch *watch, bool is_silent)
{
    watch->is_silent = is_silent;
    atomic_store(&is_silent_now, is_silent);
}

/* After a silence the context is made anew, for what it remembers of the servers. */
void watch_heard(struct watch *watch)
{
    watch->unheard_since = 0;
    if (watch->is_silent)
        resolver_replace_soon(watch->resolver);
    set_silent(watch, false);
}

static void on_server(void *ctx)
{
    struct watch *watch = ctx;

    watch_heard(watch);
    replace_if_other(watch);
}

void watch_begin(struct watch *watch)
{
    struct resolver *resolver = watch->resolver;

    resolver->servers.heard = on_server;
    resolver->servers.ctx = watch;
    atomic_store(&servers_now, (unsigned)resolver->servers.count);
    servers_open(&resolver->servers, resolver->base);
    servers_ask(&resolver->servers);
    watch->asked_at = watch->loaded_at = clock_mono_ms();
}

static bool has_old_lookup(const struct lookups *lookups, int64_t now)
{
    for (const struct lookup *l = lookups->all; l != NULL; l = l->next_all) /* DNS_TOTAL_MAX */
        if (now - l->begun >= HANG_MS)
            return true;
    return false;
}

static bool should_ask(const struct watch *watch, int64_t now)
{
    const struct servers *servers = &watch->resolver->servers;
    int64_t quiet = now - watch->asked_at;

    if (watch->unheard_since != 0 && now - watch->unheard_since >= HANG_MS)
        return true;
    if (!servers_are_known(servers))
        return now - watch->begun < ASK_START_MS || quiet >= ASK_UNKNOWN_MS;
    if (watch->away != 0 && quiet >= ASK_AWAY_MS)
        return true;
    return has_old_lookup(&watch->resolver->lookups, now);
}

/* The system's servers may be others by now, or known at last. */
static void load_again(struct watch *watch, int64_t now)
{
    struct resolver *resolver = watch->resolver;

    if ((resolver->servers.count > 0 && !watch->is_silent) || now - watch->loaded_at < LOAD_MS)
        return;
    watch->loaded_at = now;
    if (servers_reload(&resolver->servers, resolver->settings->resolver, SERVERS_SYSTEM_FILE)) {
        watch->must_replace = true;
        servers_ask(&resolver->servers);
    }
    atomic_store(&servers_now, (unsigned)resolver->servers.count);
}

static void say(struct watch *watch, int64_t now)
{
    struct str servers = STR_EMPTY;

    log_state("dns: servers", watch->resolver->servers.count == 0, LOG_LEVEL_WARN,
              "none are known, so nothing is asked and every lookup fails; set resolver, or "
              "name them in " SERVERS_SYSTEM_FILE);
    if (watch->is_silent == watch->is_said ||
        (watch->said_at != 0 && now - watch->said_at < SAY_MS))
        return;
    watch->is_said = watch->is_silent;
    watch->said_at = now;
    servers_text(&watch->resolver->servers, &servers);
    log_state("dns", watch->is_silent, LOG_LEVEL_WARN,
              "no name server answers (%s); lookups fail after %d ms until one does",
              str_cstr(&servers), PATIENCE_MS);
    str_clear(&servers);
}

void watch_tick(struct watch *watch)
{
    struct resolver *resolver = watch->resolver;
    int64_t now = clock_mono_ms();

    if (watch->unheard_since != 0 && now - watch->unheard_since >= SILENT_MS)
        set_silent(watch, true);
    if (watch->wrong_keys_at != 0 && now - watch->wrong_keys_at >= KEYS_MS)
        watch->wrong_keys_at = 0;
    load_again(watch, now);
    if (should_ask(watch, now)) {
        watch->asked_at = now;
        servers_ask(&resolver->servers);
    }
    if (resolver->servers.count > 0 &&
        (resolver->context != NULL || now - watch->begun >= KNOW_MS))
        replace_if_other(watch);
    say(watch, now);
}

int64_t watch_patience(const struct watch *watch)
{
    return watch->is_silent && PATIENCE_MS < watch->resolver->settings->dns_timeout
               ? PATIENCE_MS
               : watch->resolver->settings->dns_timeout;
}
