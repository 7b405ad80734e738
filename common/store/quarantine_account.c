/* The bounds of the quarantine: share of the file system, floor of free space, a day's share per client network. */
#include "store/quarantine_account.h"

#include <pthread.h>
#include <stdlib.h>
#include <sys/statvfs.h>

#include "base/clock.h"
#include "base/hash.h"
#include "base/xalloc.h"

#define DAY_MS     86400000
#define FIRST_ROOM 256 /* a power of two */
#define V4_PREFIX  120 /* /24 */
#define V6_PREFIX  64

struct slot {
    struct ip network;
    bool is_used;
    uint64_t bytes;
};

struct quarantine_account {
    pthread_mutex_t mutex;
    char *dir;
    int64_t max_percent, min_free, client_bytes;
    uint64_t bytes;
    size_t entries;
    int64_t day; /* of the networks below */
    uint64_t seed[2];
    struct slot *slots;
    size_t room, used;
    struct slot others; /* past QUARANTINE_MAX_NETWORKS */
};

struct quarantine_account *quarantine_account_new(const struct quarantine_options *options)
{
    struct quarantine_account *a = xcalloc(1, sizeof(*a));

    pthread_mutex_init(&a->mutex, NULL);
    a->dir = xstrdup(options->dir);
    a->max_percent = options->max_percent;
    a->min_free = options->min_free;
    a->client_bytes = options->client_bytes;
    a->day = clock_now_ms() / DAY_MS;
    a->room = FIRST_ROOM;
    a->slots = xcalloc(a->room, sizeof(*a->slots));
    hash_random(a->seed, sizeof(a->seed));
    return a;
}

void quarantine_account_free(struct quarantine_account **account)
{
    if (*account == NULL)
        return;
    pthread_mutex_destroy(&(*account)->mutex);
    xfree(&(*account)->slots);
    xfree(&(*account)->dir);
    xfree(account);
}

/* Without an address: the network of all zeros. */
static struct ip network_of(struct span client)
{
    unsigned prefix;
    struct ip ip;

    if (!ip_parse(client, &ip))
        return (struct ip){{0}};
    prefix = ip_is_v4(&ip) ? V4_PREFIX : V6_PREFIX;
    memset(ip.byte + prefix / 8, 0, sizeof(ip.byte) - prefix / 8);
    return ip;
}

static struct slot *probe(const struct quarantine_account *a, const struct ip *network)
{
    size_t at = (size_t)hash_table64(a->seed, span_from(network->byte, 16)) & (a->room - 1);

    while (a->slots[at].is_used && !ip_equal(&a->slots[at].network, network))
        at = (at + 1) & (a->room - 1);
    return &a->slots[at];
}

static void grow(struct quarantine_account *a)
{
    struct slot *old = a->slots;
    size_t room = a->room;

    a->room *= 2;
    a->slots = xcalloc(a->room, sizeof(*a->slots));
    for (size_t i = 0; i < room; i++)
        if (old[i].is_used)
            *probe(a, &old[i].network) = old[i];
    free(old);
}

static struct slot *slot_of(struct quarantine_account *a, struct span client)
{
    struct ip network = network_of(client);
    struct slot *slot = probe(a, &network);

    if (slot->is_used)
        return slot;
    if (a->used == QUARANTINE_MAX_NETWORKS)
        return &a->others;
    if (2 * (a->used + 1) > a->room) {
        grow(a);
        slot = probe(a, &network);
    }
    a->used++;
    *slot = (struct slot){network, true, 0};
    return slot;
}

static void begin_day(struct quarantine_account *a)
{
    int64_t day = clock_now_ms() / DAY_MS;

    if (day == a->day)
        return;
    a->day = day;
    a->used = 0;
    a->others.bytes = 0;
    memset(a->slots, 0, a->room * sizeof(*a->slots));
}

void quarantine_account_found(struct quarantine_account *a, struct span client, int64_t time_ms,
                              uint64_t bytes)
{
    pthread_mutex_lock(&a->mutex);
    begin_day(a);
    a->bytes += bytes;
    a->entries++;
    if (time_ms / DAY_MS == a->day)
        slot_of(a, client)->bytes += bytes;
    pthread_mutex_unlock(&a->mutex);
}

static uint64_t share_of(const struct quarantine_account *a, const struct statvfs *fs)
{
    return (uint64_t)fs->f_blocks * fs->f_frsize / 100 * (uint64_t)a->max_percent;
}

/* Under the mutex. */
static int check(struct quarantine_account *a, const struct slot *client, uint64_t bytes,
                 struct err *err)
{
    struct statvfs fs;

    if (statvfs(a->dir, &fs) < 0)
        return err_set(err, "%s: %m", a->dir);
    if (client->bytes + bytes > (uint64_t)a->client_bytes) {
        err_set(err, "the client's network has used its share of the quarantine for today "
                     "(quarantine_client_bytes)");
        return 1;
    }
    if (a->bytes + bytes > share_of(a, &fs)) {
        err_set(err, "the quarantine has used its share of the file system "
                     "(quarantine_max_percent); delete or release messages");
        return 1;
    }
    if ((uint64_t)fs.f_bavail * fs.f_frsize < (uint64_t)a->min_free + bytes) {
        err_set(err, "too little is free on the file system of %s (quarantine_min_free)",
                a->dir);
        return 1;
    }
    return 0;
}

int quarantine_account_take(struct quarantine_account *a, struct span client, uint64_t bytes,
                            struct err *err)
{
    struct slot *slot;
    int result;

    pthread_mutex_lock(&a->mutex);
    begin_day(a);
    slot = slot_of(a, client);
    result = check(a, slot, bytes, err);
    if (result == 0) {
        slot->bytes += bytes;
        a->bytes += bytes;
        a->entries++;
    }
    pthread_mutex_unlock(&a->mutex);
    return result;
}

static void subtract(uint64_t *from, uint64_t bytes)
{
    *from -= bytes < *from ? bytes : *from;
}

void quarantine_account_untake(struct quarantine_account *a, struct span client, uint64_t bytes)
{
    pthread_mutex_lock(&a->mutex);
    subtract(&slot_of(a, client)->bytes, bytes);
    subtract(&a->bytes, bytes);
    a->entries -= a->entries > 0;
    pthread_mutex_unlock(&a->mutex);
}

void quarantine_account_removed(struct quarantine_account *a, uint64_t bytes, bool is_gone)
{
    pthread_mutex_lock(&a->mutex);
    subtract(&a->bytes, bytes);
    a->entries -= is_gone && a->entries > 0;
    pthread_mutex_unlock(&a->mutex);
}

void quarantine_account_use(struct quarantine_account *a, struct quarantine_usage *usage_r)
{
    struct statvfs fs = {0};

    pthread_mutex_lock(&a->mutex);
    if (statvfs(a->dir, &fs) < 0)
        fs = (struct statvfs){0};
    usage_r->bytes = a->bytes;
    usage_r->entries = a->entries;
    usage_r->limit_bytes = share_of(a, &fs);
    usage_r->free_bytes = (uint64_t)fs.f_bavail * fs.f_frsize;
    pthread_mutex_unlock(&a->mutex);
}
