/* test_greylist_shared.c - the greylist in a real Redis: its states, a Redis that hangs, a flood. */
#include <stdatomic.h>
#include <stdio.h>
#include <unistd.h>
#include "base/clock.h"
#include "base/hash.h"
#include "policyd/cluster/counters_script.h"
#include "policyd/cluster/greylist_shared.h"
#include "t/lib/counting_member.h"
#include "t/lib/suite.h"

static struct err err;

static void on_look(struct greylist_look *look)
{
    (void)look;
    sem_post(&member.answers);
}

static int64_t age_of(const char *client, const char *sender, bool is_trial)
{
    struct greylist_look look = {
        .triplet = {.sender = span_of(sender), .recipient = SPAN("bob@one.example")},
        .is_trial = is_trial,
        .begun = clock_mono_ms(),
        .done = on_look};

    ck_assert(ip_parse(span_of(client), &look.triplet.client));
    ck_assert(greylist_shared_look(&look));
    member_await();
    return look.age;
}

static void pass(const char *client, const char *sender)
{
    struct greylist_triplet triplet = {.sender = span_of(sender),
                                       .recipient = SPAN("bob@one.example")};

    ck_assert(ip_parse(span_of(client), &triplet.client));
    ck_assert(greylist_shared_passed(&triplet));
    freeReplyObject(redis_askf(member.redis, 1000, &err, "PING")); /* it is done by then */
}

START_TEST(the_greylist_is_shared)
{
    char sender[40];

    member_begin("");
    ck_assert_int_eq(age_of("192.0.2.1", "a@x.example", true), 0);
    ck_assert_int_eq(member_number("DBSIZE"), 0);
    ck_assert_int_eq(age_of("192.0.2.1", "a@x.example", false), 0);
    ck_assert_int_eq(member_number("DBSIZE"), 1);
    ck_assert_int_le(age_of("192.0.2.99", "A@x.example", false), 10);
    pass("192.0.2.1", "a@x.example");
    ck_assert_int_eq(age_of("192.0.2.1", "a@x.example", false), GREYLIST_KNOWN);
    ck_assert_int_lt(age_of("192.0.2.1", "b@x.example", false), 10);
    for (int i = 0; i < 4; i++) {
        snprintf(sender, sizeof sender, "s%d@x.example", i);
        pass("192.0.2.7", sender);
    }
    ck_assert_int_eq(age_of("192.0.2.200", "new@x.example", false), GREYLIST_KNOWN);
    member.free_percent = 10;
    ck_assert_int_eq(age_of("192.0.9.1", "new@x.example", false), -1);
    member.free_percent = 100;
    redis_server_freeze(&member.server, true);
    member.settings.redis_counter_timeout = 20;
    ck_assert_int_eq(age_of("192.0.9.1", "new@x.example", false), -1);
    redis_server_freeze(&member.server, false);
    member_end();
}
END_TEST

static _Atomic int under_way, failed;

static void on_flooded(void *ctx, const redisReply *reply, const char *why)
{
    (void)ctx, (void)why;
    atomic_fetch_sub(&under_way, 1);
    if (reply == NULL || reply->type != REDIS_REPLY_INTEGER)
        atomic_fetch_add(&failed, 1);
}

static void flood_greylist(unsigned n)
{
    char t[40], p[40], net[40];
    uint8_t hash[32];
    struct span words[9] = {SPAN("3"), {t, 0}, {p, 0}, {net, 0}, SPAN("try")};
    const struct redis_command command = {
        .script = &greylist_script, .argc = 9, .argv = words, .timeout_ms = 60000};

    hash_sha256(span_from(&n, sizeof n), hash);
    words[1].len = (size_t)snprintf(t, sizeof t, "g:t:%u", (hash[0] << 8 | hash[1]) % 4096);
    words[2].len = (size_t)snprintf(p, sizeof p, "g:p:%u", (hash[2] << 8 | hash[3]) % 4096);
    words[3].len = (size_t)snprintf(net, sizeof net, "g:n:%u", (hash[0] << 8 | hash[1]) % 1024);
    words[5] = span_from(hash, 16);
    words[6] = span_from(hash + 1, 16);
    words[7] = span_from(hash + 2, 16);
    words[8] = span_from(hash + 3, 16);
    while (atomic_load(&under_way) > 5000)
        usleep(1000);
    atomic_fetch_add(&under_way, 1);
    redis_send(member.redis, &command, on_flooded, NULL);
}

START_TEST(a_flood_of_triplets_leaves_room)
{
    member_begin("--maxmemory 64mb --maxmemory-policy noeviction");
    for (unsigned i = 0; i < 300000; i++)
        flood_greylist(i);
    while (atomic_load(&under_way) > 0)
        usleep(1000);
    ck_assert_int_eq(atomic_load(&failed), 0);
    ck_assert_int_le(member_number("DBSIZE"), GREYLIST_DRAWERS);
    ck_assert_int_lt(member_info("memory", "used_memory:"), 40 * 1024 * 1024);
    member_expect_room();
    member_end();
}
END_TEST

SUITE_MAIN("cluster/greylist_shared", the_greylist_is_shared, a_flood_of_triplets_leaves_room)
