/* test_counters_shared.c - counters and greylist in a real Redis: charges once, leases, hostile contents, floods, a Redis that hangs. */
#include <semaphore.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <unistd.h>
#include "base/clock.h"
#include "base/log.h"
#include "base/xalloc.h"
#include "policyd/cluster/cluster.h"
#include "policyd/cluster/counters.h"
#include "policyd/cluster/counters_limits.h"
#include "policyd/cluster/counters_script.h"
#include "policyd/cluster/counters_secret.h"
#include "policyd/cluster/counters_sender.h"
#include "policyd/cluster/counters_shared.h"
#include "policyd/cluster/greylist_shared.h"
#include "policyd/cluster/identity.h"
#include "policyd/cluster/leases.h"
#include "policyd/cluster/membership.h"
#include "policyd/cluster/pending.h"
#include "t/lib/random.h"
#include "t/lib/redis_server.h"
#include "t/lib/suite.h"

/* The cluster around it. */
static struct settings settings = {.redis_timeout = 5000, .redis_counter_timeout = 20};
static const uint8_t secret[HASH_KEY_SIZE] = "a secret of thirty-two bytes ...";
static struct redis *redis;
static int64_t limit = -1;
static int free_percent = 100;

bool cluster_is_member(void)
{
    return true;
}
bool cluster_is_configured(void)
{
    return true;
}
struct redis *cluster_redis_counters(void)
{
    return redis;
}
const struct settings *cluster_settings(void)
{
    return &settings;
}
int cluster_redis_free_percent(void)
{
    return free_percent;
}
void cluster_key(struct str *out, const char *fmt, ...)
{
    char rest[200];
    va_list args;

    va_start(args, fmt);
    vsnprintf(rest, sizeof rest, fmt, args);
    va_end(args);
    str_printf(out, "postgate:{test}:%s", rest);
}
bool identity_get(struct identity *identity_r)
{
    *identity_r = (struct identity){.id = "00000000000000aa", .boot = "00000000000000bb"};
    return true;
}
size_t membership_alive(void)
{
    return 2;
}
int64_t counters_limit(struct span name, int64_t reading)
{
    (void)name;
    return limit > 0 && limit >= reading ? limit : -1;
}
bool counters_secret_shared(uint8_t secret_r[HASH_KEY_SIZE])
{
    memcpy(secret_r, secret, HASH_KEY_SIZE);
    return true;
}

static struct redis_server server;
static struct err err;
static sem_t ups, reads;

static void on_up(void *ctx)
{
    (void)ctx;
    sem_post(&ups);
}

static void await(sem_t *what)
{
    while (sem_wait(what) != 0)
        continue;
}

static void begin(const char *config)
{
    struct redis_options options = {.health = "redis", .user = "", .password_file = ""};

    signal(SIGPIPE, SIG_IGN);
    log_open("test", true);
    sem_init(&ups, 0, 0);
    sem_init(&reads, 0, 0);
    redis_server_start(&server, config);
    options.where = server.where;
    options.on_up = on_up;
    redis = redis_new(&options, &err);
    ck_assert_msg(redis != NULL, "%s", err.text);
    await(&ups);
    ck_assert_int_eq(counters_shared_begin(&err), 0);
}

static void end(void)
{
    counters_shared_end();
    redis_free(&redis);
    redis_server_stop(&server);
    leases_clear();
}

static const char per_user[] = "messages auth.user 3600";
static const char domains[] = "recipient.domain auth.user 3600";

static struct counter_ask ask_of(const char *name, const char *key, const char *member)
{
    struct counter_ask ask = {
        .name = span_of(name), .key = span_of(key), .member = span_of(member), .amount = 1};

    ck_assert(charge_counter_parse(ask.name, &ask.counter));
    return ask;
}

static void charge(const char *name, const char *key, const char *member)
{
    struct counter_ask ask = ask_of(name, key, member);

    counters_shared_charge(&ask, 0);
}

static void on_read(struct counter_read *read)
{
    (void)read;
    sem_post(&reads);
}

static int64_t reading(const char *name, const char *key, const char *member, int64_t own)
{
    struct counter_ask ask = ask_of(name, key, member);
    struct counter_read read = {
        .count = 1, .asks = &ask, .deadline = clock_mono_ms() + 3000, .done = on_read};

    ask.reading = own;
    ck_assert(counters_shared_read(&read));
    await(&reads);
    return ask.reading;
}

/* Until Redis has been told all; what waits is counted in readings meanwhile. */
static void settle(void)
{
    while (!counters_sender_is_idle())
        usleep(1000);
}

static int64_t number_of(const char *command)
{
    redisReply *reply = redis_askf(redis, 10000, &err, command);
    int64_t number;

    ck_assert_msg(reply != NULL, "%s", err.text);
    number = reply->integer;
    freeReplyObject(reply);
    return number;
}

static int64_t info_of(const char *section, const char *name)
{
    redisReply *reply = redis_askf(redis, 10000, &err, "INFO %s", section);
    char *at;
    int64_t number = 0;

    ck_assert(reply != NULL && reply->type == REDIS_REPLY_STRING);
    at = strstr(reply->str, name);
    if (at != NULL)
        number = strtoll(at + strlen(name), NULL, 10);
    freeReplyObject(reply);
    return number;
}

START_TEST(charges_are_read_with_this_one)
{
    begin("");
    ck_assert_int_eq(reading(per_user, "alice", "", 0), 1);
    for (int i = 0; i < 3; i++)
        charge(per_user, "alice", "");
    ck_assert_int_ge(reading(per_user, "alice", "", 0), 1);
    settle();
    leases_clear();
    ck_assert_int_eq(reading(per_user, "alice", "", 0), 4);
    ck_assert_int_eq(reading(per_user, "bob", "", 0), 1);
    charge(domains, "alice", "one.example");
    charge(domains, "alice", "two.example");
    settle();
    ck_assert_int_eq(reading(domains, "alice", "two.example", 0), 2);
    ck_assert_int_eq(reading(domains, "alice", "three.example", 0), 3);
    end();
}
END_TEST

static int64_t run_charge(const char *seq)
{
    redisReply *reply;
    struct span words[] = {SPAN("2"),     SPAN("from"), SPAN("drawer"), SPAN("aa"),
                           span_of(seq),  SPAN("1"),    SPAN("a"),      SPAN("field"),
                           SPAN("60000"), SPAN("1000"), SPAN("5"),      SPAN("")};
    const struct redis_command command = {
        .script = &counters_charge_script, .argc = 12, .argv = words, .timeout_ms = 5000};
    int64_t answer;

    reply = redis_ask(redis, &command, &err);
    ck_assert_msg(reply != NULL, "%s", err.text);
    answer = reply->integer;
    freeReplyObject(reply);
    return answer;
}

START_TEST(a_batch_that_comes_twice_counts_once)
{
    begin("");
    ck_assert_int_eq(run_charge("7"), 1);
    ck_assert_int_eq(run_charge("7"), 0);
    ck_assert_int_eq(run_charge("6"), 0);
    ck_assert_int_eq(run_charge("8"), 1);
    freeReplyObject(redis_askf(redis, 1000, &err, "SET from nonsense"));
    ck_assert_int_eq(run_charge("8"), 1);
    end();
}
END_TEST

START_TEST(a_lease_saves_round_trips)
{
    int64_t before, after;

    begin("");
    limit = 1000;
    ck_assert_int_eq(reading(per_user, "alice", "", 0), 1);
    before = info_of("commandstats", "cmdstat_evalsha:calls=");
    for (int i = 0; i < 200; i++)
        ck_assert_int_eq(reading(per_user, "alice", "", 0), 1);
    ck_assert_int_eq(info_of("commandstats", "cmdstat_evalsha:calls="), before);
    for (int i = 0; i < 400; i++) { /* 250 may be spent: then Redis is asked again */
        charge(per_user, "alice", "");
        ck_assert_int_eq(reading(per_user, "alice", "", 0), i + 2);
    }
    settle();
    after = info_of("commandstats", "cmdstat_evalsha:calls=");
    ck_assert_int_gt(after, before);
    limit = 20; /* small limits are asked each time */
    leases_clear();
    before = info_of("commandstats", "cmdstat_evalsha:calls=");
    for (int i = 0; i < 10; i++)
        (void)reading(per_user, "alice", "", 0);
    ck_assert_int_eq(info_of("commandstats", "cmdstat_evalsha:calls="), before + 10);
    end();
}
END_TEST

START_TEST(a_frozen_redis_is_waited_for_20_ms)
{
    int64_t begun, most = 0;

    begin("");
    (void)reading(per_user, "alice", "", 0);
    redis_server_freeze(&server, true);
    for (int i = 0; i < 20; i++) {
        begun = clock_mono_ms();
        ck_assert_int_eq(reading(per_user, "alice", "", 42), 42); /* what it counted itself */
        most = clock_mono_ms() - begun > most ? clock_mono_ms() - begun : most;
    }
    ck_assert_int_lt(most, 200); /* a loaded machine; the measure is in t/bench */
    charge(per_user, "alice", "");
    redis_server_freeze(&server, false);
    settle(); /* nothing is lost */
    leases_clear();
    ck_assert_int_eq(reading(per_user, "alice", "", 0), 2);
    end();
}
END_TEST

START_TEST(hostile_contents_count_as_nothing)
{
    static const char *const spoils[] = {"SET %s text",      "LPUSH %s element",
                                         "HSET %s field x",  "HSET %s field abcdefghijk0",
                                         "HSET %s field %%", "ZADD %s 1 field"};
    struct span words[] = {SPAN("1"),     SPAN("drawer"), SPAN("a"),
                           SPAN("field"), SPAN("60000"),  SPAN("")};
    const struct redis_command command = {
        .script = &counters_read_script, .argc = 6, .argv = words, .timeout_ms = 5000};

    begin("");
    for (size_t i = 0; i < COUNT_OF(spoils); i++) {
        char seq[20];
        redisReply *reply;
        freeReplyObject(redis_askf(redis, 1000, &err, "DEL drawer"));
        freeReplyObject(redis_askf(redis, 1000, &err, spoils[i], "drawer"));
        reply = redis_ask(redis, &command, &err);
        ck_assert_msg(reply != NULL && reply->type == REDIS_REPLY_ARRAY, "%s: %s", spoils[i],
                      err.text);
        ck_assert_int_eq(reply->element[0]->integer, 0);
        freeReplyObject(reply);
        snprintf(seq, sizeof seq, "%zu", i + 1);
        ck_assert_int_eq(run_charge(seq), 1);
        reply = redis_ask(redis, &command, &err);
        ck_assert_int_eq(reply->element[0]->integer, 5);
        freeReplyObject(reply);
    }
    end();
}
END_TEST

/* The script and window.c say the same of the same charges. Parts of twelve hours: none ends while this runs, or one does, once in a long time. */
START_TEST(lua_and_c_agree)
{
    enum { WINDOW = 31 * 86400 };
    int64_t now = window_part(WINDOW, clock_now_ms());
    struct str cell = STR_EMPTY;
    uint64_t random = 11;

    begin("");
    for (int i = 0; i < 300; i++) {
        int64_t age = (int64_t)random_below(&random, 62 * INT64_C(86400000));
        int64_t amount = (int64_t)random_below(&random, 1 << 30);
        char texts[3][40];
        struct span words[] = {SPAN("2"),        SPAN("from"),  SPAN("drawer"), SPAN("aa"),
                               {texts[0], 0},    SPAN("1"),     SPAN("a"),      SPAN("field"),
                               SPAN("44640000"), {texts[1], 0}, {texts[2], 0},  SPAN("")};
        const struct redis_command charge_it = {
            .script = &counters_charge_script, .argc = 12, .argv = words, .timeout_ms = 5000};
        words[4].len = (size_t)snprintf(texts[0], 40, "%d", i + 1);
        words[9].len = (size_t)snprintf(texts[1], 40, "%lld", (long long)age);
        words[10].len = (size_t)snprintf(texts[2], 40, "%lld", (long long)amount);
        freeReplyObject(redis_ask(redis, &charge_it, &err));
        window_add(&cell, now, window_part(WINDOW, clock_now_ms() - age), amount);
    }
    struct span words[] = {SPAN("1"),     SPAN("drawer"),   SPAN("a"),
                           SPAN("field"), SPAN("44640000"), SPAN("")};
    const struct redis_command read_it = {
        .script = &counters_read_script, .argc = 6, .argv = words, .timeout_ms = 5000};
    redisReply *reply = redis_ask(redis, &read_it, &err);
    if (now == window_part(WINDOW, clock_now_ms()))
        ck_assert_int_eq(reply->element[0]->integer, window_sum(str_span(&cell), now));
    freeReplyObject(reply);
    str_clear(&cell);
    end();
}
END_TEST

static void expect_room_to_publish(void)
{
    char *revision = xcalloc(1, 1 << 20);
    redisReply *reply;

    memset(revision, 'x', 1 << 20);
    reply = redis_askf(redis, 10000, &err, "SET %s %b", "postgate:{test}:rev:rules:1", revision,
                       (size_t)1 << 20);
    ck_assert_msg(reply != NULL, "%s", err.text);
    freeReplyObject(reply);
    xfree(&revision);
}

START_TEST(a_flood_of_keys_leaves_room)
{
    struct counter_ask alice = ask_of(per_user, "alice", "");
    char key[40];

    begin("--maxmemory 64mb --maxmemory-policy noeviction");
    for (int i = 0; i < 20; i++) {
        counters_shared_charge(&alice, 0);
        counters_shared_charge(&alice, 61000 * (i + 1)); /* so many parts */
    }
    for (int i = 0; i < 300000; i++) {
        snprintf(key, sizeof key, "flood%d", i);
        charge(per_user, key, "");
        while (pending_count() > 50000)
            usleep(1000);
    }
    settle();
    ck_assert_int_le(number_of("DBSIZE"), COUNTERS_DRAWERS + 1);
    ck_assert_int_lt(info_of("memory", "used_memory:"), 40 * 1024 * 1024);
    expect_room_to_publish();
    leases_clear();
    ck_assert_int_eq(reading(per_user, "alice", "", 0), 41); /* what counts much stays */
    end();
}
END_TEST

START_TEST(without_room_nothing_new_is_kept)
{
    begin("");
    charge(per_user, "alice", "");
    settle();
    free_percent = 10;
    charge(per_user, "alice", "");
    charge(per_user, "bob", "");
    settle();
    leases_clear();
    ck_assert_int_eq(reading(per_user, "alice", "", 0), 3);
    ck_assert_int_eq(reading(per_user, "bob", "", 7), 1);
    free_percent = 100;
    end();
}
END_TEST

static void on_look(struct greylist_look *look)
{
    (void)look;
    sem_post(&reads);
}

static int64_t age_of(const char *client, const char *sender, bool is_trial)
{
    struct greylist_look look = {
        .triplet = {.sender = span_of(sender), .recipient = SPAN("bob@one.example")},
        .is_trial = is_trial,
        .deadline = clock_mono_ms() + 3000,
        .done = on_look};

    ck_assert(ip_parse(span_of(client), &look.triplet.client));
    ck_assert(greylist_shared_look(&look));
    await(&reads);
    return look.age;
}

static void pass(const char *client, const char *sender)
{
    struct greylist_triplet triplet = {.sender = span_of(sender),
                                       .recipient = SPAN("bob@one.example")};

    ck_assert(ip_parse(span_of(client), &triplet.client));
    ck_assert(greylist_shared_passed(&triplet));
    freeReplyObject(redis_askf(redis, 1000, &err, "PING")); /* it is done by then */
}

START_TEST(the_greylist_is_shared)
{
    char sender[40];

    begin("");
    settings.redis_counter_timeout = 2000;
    ck_assert_int_eq(age_of("192.0.2.1", "a@x.example", true), 0);
    ck_assert_int_eq(number_of("DBSIZE"), 0);
    ck_assert_int_eq(age_of("192.0.2.1", "a@x.example", false), 0);
    ck_assert_int_eq(number_of("DBSIZE"), 1);
    ck_assert_int_le(age_of("192.0.2.99", "A@x.example", false), 10);
    pass("192.0.2.1", "a@x.example");
    ck_assert_int_eq(age_of("192.0.2.1", "a@x.example", false), GREYLIST_KNOWN);
    ck_assert_int_lt(age_of("192.0.2.1", "b@x.example", false), 10);
    for (int i = 0; i < 4; i++) {
        snprintf(sender, sizeof sender, "s%d@x.example", i);
        pass("192.0.2.7", sender);
    }
    ck_assert_int_eq(age_of("192.0.2.200", "new@x.example", false), GREYLIST_KNOWN);
    free_percent = 10;
    ck_assert_int_eq(age_of("192.0.9.1", "new@x.example", false), -1);
    free_percent = 100;
    redis_server_freeze(&server, true);
    settings.redis_counter_timeout = 20;
    ck_assert_int_eq(age_of("192.0.9.1", "new@x.example", false), -1);
    redis_server_freeze(&server, false);
    end();
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
    redis_send(redis, &command, on_flooded, NULL);
}

START_TEST(a_flood_of_triplets_leaves_room)
{
    begin("--maxmemory 64mb --maxmemory-policy noeviction");
    for (unsigned i = 0; i < 300000; i++)
        flood_greylist(i);
    while (atomic_load(&under_way) > 0)
        usleep(1000);
    ck_assert_int_eq(atomic_load(&failed), 0);
    ck_assert_int_le(number_of("DBSIZE"), GREYLIST_DRAWERS);
    ck_assert_int_lt(info_of("memory", "used_memory:"), 40 * 1024 * 1024);
    expect_room_to_publish();
    end();
}
END_TEST

SUITE_MAIN("cluster/counters_shared", charges_are_read_with_this_one,
           a_batch_that_comes_twice_counts_once, a_lease_saves_round_trips,
           a_frozen_redis_is_waited_for_20_ms, hostile_contents_count_as_nothing,
           lua_and_c_agree, a_flood_of_keys_leaves_room, without_room_nothing_new_is_kept,
           the_greylist_is_shared, a_flood_of_triplets_leaves_room)
