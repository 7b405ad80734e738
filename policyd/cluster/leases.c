/* leases.c - the last readings of shared counters, and how far they may be relied on. */
#include <pthread.h>
#include "base/clock.h"
#include "base/xalloc.h"
#include "policyd/cluster/leases.h"

#define WAYS 8 /* a key lies in one of these places of its set */

struct lease {
    uint8_t key[SHELF_KEY_SIZE];
    int64_t used_ms; /* 0: free */
    int64_t total;   /* charged by this node since it stands here */
    int64_t mark;    /* total when reading held */
    int64_t reading, allowance, read_ms, until_ms;
};

static struct {
    pthread_mutex_t lock;
    struct lease *of; /* LEASES_MAX, in sets of WAYS */
} leases = {.lock = PTHREAD_MUTEX_INITIALIZER};

int64_t lease_allowance(int64_t reading, int64_t limit, size_t nodes)
{
    int64_t share, quarter = limit / 4;

    if (limit < LEASE_MIN_LIMIT || limit <= reading)
        return 0;
    share = (limit - reading) / (2 * (int64_t)(nodes > 0 ? nodes : 1));
    return share < quarter ? share : quarter;
}

/* As if it had come evenly over the window; rounded up. */
static int64_t left_of(int64_t reading, int64_t age, int64_t window)
{
    double left = age >= window || reading <= 0
                      ? 0
                      : (double)reading * (double)(window - age) / (double)window;
    int64_t whole = (int64_t)left;

    return left > (double)whole ? whole + 1 : whole;
}

static struct lease *set_of(const uint8_t *key)
{
    size_t set = ((size_t)key[2] << 16 | (size_t)key[3] << 8 | key[4]) % (LEASES_MAX / WAYS);

    if (leases.of == NULL)
        leases.of = xcalloc(LEASES_MAX, sizeof *leases.of);
    return leases.of + set * WAYS;
}

static struct lease *find(const uint8_t *key)
{
    struct lease *set = set_of(key);

    for (size_t i = 0; i < WAYS; i++)
        if (set[i].used_ms > 0 && memcmp(set[i].key, key, SHELF_KEY_SIZE) == 0)
            return &set[i];
    return NULL;
}

static struct lease *make(const uint8_t *key)
{
    struct lease *lease = find(key), *set = set_of(key);

    if (lease == NULL) {
        lease = set;
        for (size_t i = 1; i < WAYS; i++)
            if (set[i].used_ms < lease->used_ms)
                lease = &set[i];
        memset(lease, 0, sizeof *lease);
        memcpy(lease->key, key, SHELF_KEY_SIZE);
    }
    lease->used_ms = clock_mono_ms() + 1;
    return lease;
}

int64_t leases_mark(const uint8_t key[SHELF_KEY_SIZE])
{
    int64_t total;

    pthread_mutex_lock(&leases.lock);
    total = make(key)->total;
    pthread_mutex_unlock(&leases.lock);
    return total;
}

void leases_put(const uint8_t key[SHELF_KEY_SIZE], int64_t mark, int64_t reading,
                int64_t allowance, int64_t window_s)
{
    int64_t now = clock_mono_ms(), ms = window_s * 1000 / 6;
    struct lease *lease;

    pthread_mutex_lock(&leases.lock);
    lease = make(key);
    if (mark <= lease->total) {
        lease->mark = mark;
        lease->reading = reading;
        lease->allowance = allowance;
        lease->read_ms = now;
        lease->until_ms = now + (ms < LEASE_MS ? ms : LEASE_MS);
    }
    pthread_mutex_unlock(&leases.lock);
}

bool leases_use(const uint8_t key[SHELF_KEY_SIZE], int64_t amount, int64_t *reading_r)
{
    struct lease *lease;
    bool is_within = false;

    pthread_mutex_lock(&leases.lock);
    lease = find(key);
    if (lease != NULL && lease->allowance > 0 && clock_mono_ms() < lease->until_ms) {
        int64_t spent = lease->total - lease->mark;
        is_within = spent + amount <= lease->allowance;
        *reading_r = lease->reading + spent;
    }
    pthread_mutex_unlock(&leases.lock);
    return is_within;
}

void leases_charge(const uint8_t key[SHELF_KEY_SIZE], int64_t amount)
{
    pthread_mutex_lock(&leases.lock);
    make(key)->total += amount;
    pthread_mutex_unlock(&leases.lock);
}

int64_t leases_last(const uint8_t key[SHELF_KEY_SIZE], int64_t window_s)
{
    struct lease *lease;
    int64_t last = 0;

    pthread_mutex_lock(&leases.lock);
    lease = find(key);
    if (lease != NULL && lease->read_ms > 0) {
        last = left_of(lease->reading, clock_mono_ms() - lease->read_ms, window_s * 1000);
        last += lease->total - lease->mark;
    }
    pthread_mutex_unlock(&leases.lock);
    return last;
}

void leases_clear(void)
{
    pthread_mutex_lock(&leases.lock);
    xfree(&leases.of);
    pthread_mutex_unlock(&leases.lock);
}
