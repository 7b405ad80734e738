/* bench_flood - 5,000,000 triplets and as many keys of a counter, all different, against a Redis of 64 MB: what they leave, and that a revision is still
 * published. FLOOD=N for fewer. */
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>
#include "base/clock.h"
#include "base/hash.h"
#include "policyd/cluster/counters_script.h"
#include "policyd/cluster/counters_sender.h"
#include "policyd/cluster/counters_shared.h"
#include "policyd/cluster/greylist_shared.h"
#include "policyd/cluster/pending.h"
#include "t/lib/counting_member.h"

#define FLOOD     5000000
#define UNDER_WAY 4000
#define MAX_BYTES (51 * 1024 * 1024) /* a fifth of 64 MB stays free */
#define LIMITS    "--maxmemory 64mb --maxmemory-policy noeviction"

static _Atomic int under_way, unknown;

static void on_look(struct greylist_look *look)
{
    if (look->age < 0)
        atomic_fetch_add(&unknown, 1);
    atomic_fetch_sub(&under_way, 1);
}

static void flood_greylist(unsigned n, struct greylist_look *looks)
{
    struct greylist_look *look = &looks[n % (2 * UNDER_WAY)];
    uint8_t digest[HASH_SHA256_SIZE];

    while (atomic_load(&under_way) >= UNDER_WAY)
        usleep(200);
    hash_sha256(span_from(&n, sizeof n), digest);
    *look = (struct greylist_look){
        .triplet = {.sender = SPAN("a@x.example"), .recipient = SPAN("bob@one.example")},
        .begun = clock_mono_ms(),
        .done = on_look};
    memcpy(look->triplet.client.byte, digest, sizeof look->triplet.client.byte);
    atomic_fetch_add(&under_way, 1);
    greylist_shared_look(look);
}

static bool tell(const char *name, unsigned count, int64_t begun_ms)
{
    int64_t used = member_info("memory", "used_memory:");
    double seconds = (double)(clock_mono_ms() - begun_ms) / 1000;

    member_expect_room(); /* ends the program when there is none */
    printf("%-26s %10u %10.0f %11lld %10.1f %10.1f  %s\n", name, count, count / seconds,
           (long long)member_number("DBSIZE"), (double)used / 1048576, MAX_BYTES / 1048576.0,
           used < MAX_BYTES ? "" : "MISSED");
    fflush(stdout);
    return used < MAX_BYTES;
}

static bool triplets(unsigned count)
{
    static struct greylist_look looks[2 * UNDER_WAY];
    int64_t begun = clock_mono_ms();
    bool is_good;

    member_begin(LIMITS);
    for (unsigned i = 0; i < count; i++)
        flood_greylist(i, looks);
    while (atomic_load(&under_way) > 0)
        usleep(1000);
    is_good = tell("triplets", count, begun);
    member_end();
    return is_good;
}

static bool keys(unsigned count)
{
    struct counter_ask ask = {.name = SPAN("messages sender 3600"), .amount = 1};
    int64_t begun = clock_mono_ms();
    struct err err;
    char key[40];
    bool is_good;

    member_begin(LIMITS);
    if (!charge_counter_parse(ask.name, &ask.counter) || counters_shared_begin(&err) != 0)
        return false;
    for (unsigned i = 0; i < count; i++) {
        ask.key = span_from(key, (size_t)snprintf(key, sizeof key, "flood%u", i));
        while (pending_count() > PENDING_MAX / 2)
            usleep(1000);
        counters_shared_charge(&ask, 0);
    }
    while (!counters_sender_is_idle())
        usleep(1000);
    is_good = tell("keys of a counter", count, begun);
    counters_shared_end();
    member_end();
    return is_good;
}

int main(void)
{
    unsigned count = getenv("FLOOD") != NULL ? (unsigned)atoi(getenv("FLOOD")) : FLOOD;
    bool is_good;

    member.settings.redis_counter_timeout = 60000;
    printf(
        "Different ones, one after another, against a Redis of 64 MB; then a revision of 1 MB "
        "is written.\n\n%-26s %10s %10s %11s %10s %10s\n",
        "", "count", "a second", "Redis keys", "MB used", "at most");
    is_good = triplets(count);
    is_good = keys(count) && is_good;
    printf("%s\n", is_good ? "all targets met" : "a target was MISSED");
    return is_good ? 0 : 1;
}
