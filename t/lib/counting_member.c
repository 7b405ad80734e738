/* counting_member.c - the cluster around counters and greylist, played. */
#include "t/lib/counting_member.h"

#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include "base/log.h"
#include "base/xalloc.h"
#include "policyd/cluster/cluster.h"
#include "policyd/cluster/counters_limits.h"
#include "policyd/cluster/counters_secret.h"
#include "policyd/cluster/counters_shared.h"
#include "policyd/cluster/identity.h"
#include "policyd/cluster/leases.h"
#include "policyd/cluster/membership.h"

struct counting_member member = {
    .settings = {.redis_timeout = 5000, .redis_counter_timeout = 10000},
    .limit = -1,
    .free_percent = 100,
};
static const uint8_t secret[HASH_KEY_SIZE] = "a secret of thirty-two bytes ...";
static sem_t ups;

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
    return member.redis;
}

const struct settings *cluster_settings(void)
{
    return &member.settings;
}

int cluster_redis_free_percent(void)
{
    return member.free_percent;
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
    return member.limit > 0 && member.limit >= reading ? member.limit : -1;
}

bool counters_secret_shared(uint8_t secret_r[HASH_KEY_SIZE])
{
    memcpy(secret_r, secret, HASH_KEY_SIZE);
    return true;
}

/* Ends a test as a failed one, and a measurement too. */
static void expect(bool is_good, const char *what)
{
    if (is_good)
        return;
    fprintf(stderr, "Redis of the test: %s\n", what);
    abort();
}

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

void member_await(void)
{
    await(&member.answers);
}

void member_begin(const char *config)
{
    struct redis_options options = {
        .health = "redis", .user = "", .password_file = "", .on_up = on_up};
    struct err err;

    signal(SIGPIPE, SIG_IGN);
    log_open("test", true);
    sem_init(&ups, 0, 0);
    sem_init(&member.answers, 0, 0);
    redis_server_start(&member.server, config);
    options.where = member.server.where;
    member.redis = redis_new(&options, &err);
    expect(member.redis != NULL, err.text);
    await(&ups);
}

void member_end(void)
{
    redis_free(&member.redis);
    redis_server_stop(&member.server);
    leases_clear();
}

int64_t member_number(const char *command)
{
    struct err err;
    redisReply *reply = redis_askf(member.redis, 10000, &err, command);
    int64_t number;

    expect(reply != NULL, err.text);
    number = reply->integer;
    freeReplyObject(reply);
    return number;
}

int64_t member_info(const char *section, const char *name)
{
    struct err err;
    redisReply *reply = redis_askf(member.redis, 10000, &err, "INFO %s", section);
    int64_t number = 0;
    char *at;

    expect(reply != NULL && reply->type == REDIS_REPLY_STRING, "INFO");
    at = strstr(reply->str, name);
    if (at != NULL)
        number = strtoll(at + strlen(name), NULL, 10);
    freeReplyObject(reply);
    return number;
}

void member_expect_room(void)
{
    char *revision = xcalloc(1, 1 << 20);
    redisReply *reply;
    struct err err;

    memset(revision, 'x', 1 << 20);
    reply = redis_askf(member.redis, 10000, &err, "SET %s %b", "postgate:{test}:rev:rules:1",
                       revision, (size_t)1 << 20);
    expect(reply != NULL, err.text);
    freeReplyObject(reply);
    xfree(&revision);
}
