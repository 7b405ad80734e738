/* counters_secret.c - the subkeys of counters. */
#include <pthread.h>
#include "policyd/cluster/counters_secret.h"
#include "store/cluster_key.h"

#define LABEL "counters"

static uint8_t secret[HASH_KEY_SIZE];

/* The subkey made last, since making one takes longer than using it. */
static struct {
    pthread_mutex_t lock;
    uint64_t generation;
    uint8_t master[HASH_KEY_SIZE], subkey[HASH_KEY_SIZE];
} shared = {.lock = PTHREAD_MUTEX_INITIALIZER};

void counters_secret_set(const uint8_t master[HASH_KEY_SIZE])
{
    hash_subkey(master, LABEL, secret);
}

const uint8_t *counters_secret(void)
{
    return secret;
}

bool counters_secret_shared(uint8_t secret_r[HASH_KEY_SIZE])
{
    struct cluster_key key;

    if (!cluster_key_get(&key) || key.count == 0)
        return false;
    pthread_mutex_lock(&shared.lock);
    if (shared.generation != key.of[0].generation ||
        !hash_equal(shared.master, key.of[0].master, sizeof shared.master)) {
        cluster_key_subkey(&key, 0, LABEL, shared.subkey);
        shared.generation = key.of[0].generation;
        memcpy(shared.master, key.of[0].master, sizeof shared.master);
    }
    memcpy(secret_r, shared.subkey, HASH_KEY_SIZE);
    pthread_mutex_unlock(&shared.lock);
    memset(&key, 0, sizeof key);
    return true;
}
