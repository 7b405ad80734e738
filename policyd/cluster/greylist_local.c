/* greylist_local.c - tries, passed triplets and known networks in three shelves. */
#include <pthread.h>
#include "policyd/cluster/greylist_local.h"

#define TIME_SIZE 6 /* u48 wall ms, big endian */

enum { TRIES, PASSED, NETWORKS, SHELVES };

static struct {
    pthread_mutex_t lock;
    struct shelf *of[SHELVES];
} greylist = {.lock = PTHREAD_MUTEX_INITIALIZER};

/* tries: when first; passed: when last; networks: when last, then u8 how many triplets passed. */
static const struct {
    const char *name;
    size_t drawers;
    int64_t keep_ms;
} rows[SHELVES] = {
    [TRIES] = {"greylist tries", GREYLIST_DRAWERS, GREYLIST_TRY_MS},
    [PASSED] = {"greylist passed", GREYLIST_DRAWERS, GREYLIST_KEEP_MS},
    [NETWORKS] = {"greylist networks", GREYLIST_NETWORKS, GREYLIST_KEEP_MS},
};

static void begin(void)
{
    for (size_t i = 0; i < SHELVES && greylist.of[i] == NULL; i++)
        greylist.of[i] = shelf_new(rows[i].drawers, GREYLIST_ROOM);
}

static int64_t time_of(const struct shelf_entry *entry)
{
    int64_t ms = 0;

    if (entry->value.len < TIME_SIZE)
        return 0;
    for (size_t i = 0; i < TIME_SIZE; i++)
        ms = ms << 8 | (uint8_t)entry->value.ptr[i];
    return ms;
}

static unsigned count_of(const struct shelf_entry *entry)
{
    return entry->value.len > TIME_SIZE ? (uint8_t)entry->value.ptr[TIME_SIZE] : 0;
}

static void set(size_t shelf, struct shelf_entry *entry, int64_t ms, unsigned count)
{
    str_reset(&entry->value);
    for (int shift = 8 * (TIME_SIZE - 1); shift >= 0; shift -= 8)
        str_addc(&entry->value, (char)(ms >> shift & 0xff));
    if (shelf == NETWORKS)
        str_addc(&entry->value, (char)count);
    shelf_touch(greylist.of[shelf], shelf_drawer(greylist.of[shelf], entry->key));
}

/* A clock that was set back makes no entry live longer than its time from now. */
static bool is_good(size_t shelf, const struct shelf_entry *entry, int64_t now)
{
    int64_t age = now - time_of(entry);

    return age < rows[shelf].keep_ms && age > -rows[shelf].keep_ms;
}

static struct shelf_entry *get(size_t shelf, const uint8_t *key, int64_t now)
{
    struct shelf_entry *entry = shelf_find(greylist.of[shelf], key);

    return entry != NULL && is_good(shelf, entry, now) ? entry : NULL;
}

static void drop(size_t shelf, const uint8_t *key)
{
    struct shelf *of = greylist.of[shelf];
    size_t drawer = shelf_drawer(of, key);

    for (size_t i = shelf_count(of, drawer); i-- > 0;)
        if (memcmp(shelf_at(of, drawer, i)->key, key, SHELF_KEY_SIZE) == 0)
            shelf_drop(of, drawer, i);
}

static void drop_old(size_t shelf, size_t drawer, int64_t now)
{
    struct shelf *of = greylist.of[shelf];

    for (size_t i = shelf_count(of, drawer); i-- > 0;)
        if (!is_good(shelf, shelf_at(of, drawer, i), now))
            shelf_drop(of, drawer, i);
}

static struct shelf_entry *put(size_t shelf, const uint8_t *key, int64_t now)
{
    struct shelf_entry *entry;

    drop(shelf, key);
    entry = shelf_put(greylist.of[shelf], key);
    if (entry != NULL)
        return entry;
    drop_old(shelf, shelf_drawer(greylist.of[shelf], key), now);
    return shelf_put(greylist.of[shelf], key);
}

/* What has passed is worth more than what nobody came back for: where it is full the longest unused goes. */
static struct shelf_entry *put_known(size_t shelf, const uint8_t *key, int64_t now)
{
    struct shelf_entry *entry = put(shelf, key, now);
    size_t drawer = shelf_drawer(greylist.of[shelf], key), oldest = 0;

    if (entry != NULL)
        return entry;
    for (size_t i = 1; i < shelf_count(greylist.of[shelf], drawer); i++)
        if (time_of(shelf_at(greylist.of[shelf], drawer, i)) <
            time_of(shelf_at(greylist.of[shelf], drawer, oldest)))
            oldest = i;
    shelf_drop(greylist.of[shelf], drawer, oldest);
    return shelf_put(greylist.of[shelf], key);
}

static bool is_crowded(const struct greylist_key *key)
{
    struct shelf *of = greylist.of[TRIES];
    size_t drawer = shelf_drawer(of, key->try), count = 0;

    for (size_t i = 0; i < shelf_count(of, drawer); i++)
        count += memcmp(shelf_at(of, drawer, i)->key, key->alone, 6) == 0;
    return count >= GREYLIST_TRIES;
}

static int64_t age_of(const struct shelf_entry *entry, int64_t now)
{
    int64_t age = (now - time_of(entry)) / 1000;

    return age > 0 ? age : 0;
}

static bool is_known(const struct greylist_key *key, int64_t now)
{
    struct shelf_entry *network = get(NETWORKS, key->network, now);

    return get(PASSED, key->triplet, now) != NULL ||
           (network != NULL && count_of(network) >= GREYLIST_ENOUGH);
}

static int64_t look(const struct greylist_key *key, int64_t now, bool is_trial)
{
    struct shelf_entry *entry;

    if (is_known(key, now))
        return GREYLIST_KNOWN;
    entry = get(TRIES, key->try, now);
    if (entry == NULL)
        entry = get(TRIES, key->alone, now);
    if (entry != NULL)
        return age_of(entry, now);
    if (is_trial)
        return 0;
    entry = put(TRIES, is_crowded(key) ? key->alone : key->try, now);
    if (entry == NULL)
        return -1;
    set(TRIES, entry, now, 0);
    return 0;
}

static void renew(size_t shelf, struct shelf_entry *entry, int64_t now)
{
    if (now - time_of(entry) > GREYLIST_RENEW_MS)
        set(shelf, entry, now, count_of(entry));
}

/* Of a network that is known no triplets are noted any more. */
static void note_passed(const struct greylist_key *key, int64_t now)
{
    struct shelf_entry *network = get(NETWORKS, key->network, now);
    struct shelf_entry *triplet = get(PASSED, key->triplet, now);
    unsigned count = network != NULL ? count_of(network) : 0;

    if (count >= GREYLIST_ENOUGH) {
        renew(NETWORKS, network, now);
        return;
    }
    if (triplet != NULL) {
        renew(PASSED, triplet, now);
        return;
    }
    drop(TRIES, key->try);
    set(PASSED, put_known(PASSED, key->triplet, now), now, 0);
    set(NETWORKS, put_known(NETWORKS, key->network, now), now, count + 1);
}

int64_t greylist_local_look(const struct greylist_key *key, int64_t now_ms, bool is_trial)
{
    int64_t age;

    pthread_mutex_lock(&greylist.lock);
    begin();
    age = look(key, now_ms, is_trial);
    pthread_mutex_unlock(&greylist.lock);
    return age;
}

void greylist_local_passed(const struct greylist_key *key, int64_t now_ms)
{
    pthread_mutex_lock(&greylist.lock);
    begin();
    note_passed(key, now_ms);
    pthread_mutex_unlock(&greylist.lock);
}

bool greylist_local_changed(struct str *name, size_t *drawer_r, struct str *bytes)
{
    bool is_there = false;

    pthread_mutex_lock(&greylist.lock);
    begin();
    for (size_t i = 0; i < SHELVES && !is_there; i++) {
        is_there = shelf_take_changed(greylist.of[i], drawer_r, bytes);
        if (is_there)
            str_adds(name, rows[i].name);
    }
    pthread_mutex_unlock(&greylist.lock);
    return is_there;
}

static size_t shelf_named(struct span name, size_t drawer)
{
    size_t i = 0;

    while (i < SHELVES && !(span_is(name, rows[i].name) && drawer < rows[i].drawers))
        i++;
    return i;
}

void greylist_local_restore(const struct drawer_row *row)
{
    size_t i = shelf_named(row->name, row->drawer);

    if (i == SHELVES)
        return;
    pthread_mutex_lock(&greylist.lock);
    begin();
    shelf_restore(greylist.of[i], row->drawer, row->bytes);
    pthread_mutex_unlock(&greylist.lock);
}

void greylist_local_unkept(struct span name, size_t drawer)
{
    size_t i = shelf_named(name, drawer);

    if (i == SHELVES)
        return;
    pthread_mutex_lock(&greylist.lock);
    shelf_touch(greylist.of[i], drawer);
    pthread_mutex_unlock(&greylist.lock);
}

void greylist_local_clear(void)
{
    pthread_mutex_lock(&greylist.lock);
    for (size_t i = 0; i < SHELVES; i++)
        shelf_free(&greylist.of[i]);
    pthread_mutex_unlock(&greylist.lock);
}
