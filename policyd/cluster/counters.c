/* counters.c - the port of counters: what a reading is made of, and the milter's word taken in. */
#include "base/clock.h"
#include "checks/counting.h"
#include "policyd/cluster/cluster.h"
#include "policyd/cluster/counters.h"
#include "policyd/cluster/counters_keeper.h"
#include "policyd/cluster/counters_local.h"
#include "policyd/cluster/counters_secret.h"
#include "policyd/cluster/counters_shared.h"
#include "policyd/cluster/greylist.h"
#include "policyd/cluster/promises.h"
#include "policyd/notices.h"
#include "store/node_key.h"

#define CHARGES_MAX_IN_NOTICE 5000

static int64_t read_local(const struct counter_read *read, const struct counter_ask *ask)
{
    struct str members = STR_EMPTY;
    struct counters_key key;
    int64_t charged, reading;
    size_t promised;

    counters_key_make(counters_secret(), ask, &key);
    if (ask->counter.kind == CHARGE_DISTINCT)
        str_add(&members, span_from(key.member, sizeof key.member));
    promised = promises_read(read->transaction, ask, &key, &members);
    charged = counters_local_read(ask, &key, clock_now_ms(), (const uint8_t *)members.ptr,
                                  members.len / WINDOW_MEMBER_SIZE);
    reading = charged;
    if (ask->counter.kind != CHARGE_DISTINCT)
        reading += ask->amount + (int64_t)promised;
    str_clear(&members);
    return reading;
}

static void read_counters(struct counter_read *read)
{
    for (size_t i = 0; i < read->count; i++)
        read->asks[i].reading = read_local(read, &read->asks[i]);
    if (!counters_shared_read(read))
        read->done(read);
}

static void promise_under(const uint8_t *secret, struct span transaction,
                          const struct counter_ask *asks, size_t count)
{
    struct counters_key key;

    for (size_t i = 0; i < count; i++) {
        counters_key_make(secret, &asks[i], &key);
        promises_add(transaction, &asks[i], &key);
    }
}

/* Under both keys, since either reading may be the one that counts next. */
static void promise(struct span transaction, const struct counter_ask *asks, size_t count)
{
    uint8_t shared[HASH_KEY_SIZE];

    promise_under(counters_secret(), transaction, asks, count);
    if (cluster_is_member() && counters_secret_shared(shared))
        promise_under(shared, transaction, asks, count);
}

const struct counters_port counters_port = {.read = read_counters, .promise = promise};

static struct span text_of(const json_t *entry, const char *name, size_t most)
{
    const json_t *text = json_object_get(entry, name);
    size_t len = json_string_length(text);

    return len <= most ? span_from(json_string_value(text), len) : SPAN("");
}

/* What another program says is looked at first, though it is of ours. */
static bool read_charge(const json_t *entry, struct counter_ask *ask)
{
    const json_t *amount = json_object_get(entry, "n");

    *ask = (struct counter_ask){.name = text_of(entry, "c", CHARGE_NAME_MAX),
                                .key = text_of(entry, "k", CHARGE_KEY_MAX),
                                .member = text_of(entry, "m", CHARGE_KEY_MAX)};
    if (ask->name.len == 0 || ask->key.len == 0 || !json_is_integer(amount) ||
        json_integer_value(amount) < 0 || json_integer_value(amount) > WINDOW_MAX_AMOUNT)
        return false;
    ask->amount = json_integer_value(amount);
    return charge_counter_parse(ask->name, &ask->counter) &&
           (ask->counter.kind != CHARGE_DISTINCT || ask->member.len > 0);
}

/* When it was delivered: by the notice, but never later than now, and not longer ago than any notice waits. */
static int64_t time_of(const json_t *notice, int64_t now)
{
    int64_t at = json_integer_value(json_object_get(notice, "time"));

    return at > now || at < now - 600000 ? now : at;
}

void counters_take(const json_t *notice)
{
    const json_t *charges = json_object_get(notice, "charges");
    int64_t now = clock_now_ms(), at = time_of(notice, now);
    struct counters_key key;
    struct counter_ask ask;

    for (size_t i = 0; i < json_array_size(charges) && i < CHARGES_MAX_IN_NOTICE; i++) {
        if (!read_charge(json_array_get(charges, i), &ask))
            continue;
        counters_key_make(counters_secret(), &ask, &key);
        counters_local_charge(&ask, &key, now, at);
        counters_shared_charge(&ask, now - at);
    }
}

int counters_begin(const struct settings *settings, struct policy_db *db, struct err *err)
{
    struct node_key key;

    if (node_key_load(settings->state_dir, &key, err) != 0)
        return -1;
    counters_secret_set(key.master);
    if (counters_keeper_begin(db, err) != 0)
        return -1;
    ports_set(&counters_port, &greylist_port);
    notices_take(counters_take);
    return counters_shared_begin(err);
}

void counters_end(void)
{
    counters_shared_end();
    counters_keeper_end();
}
