/* bench_counters - postgate-policyd as a member of a cluster, with rules that count and greylist: how long requests take at 2,000 a second, with Redis
 * up and with one that hangs. */
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>
#include "base/clock.h"
#include "base/file.h"
#include "base/str.h"
#include "base/xalloc.h"
#include "t/lib/redis_server.h"
#include "t/lib/temp_dir.h"

#define CONNECTIONS 16
#define PER_SECOND  2000
#define SECONDS     5
#define START_MS    10000

/* What is asked for; with a Redis that hangs none waits longer than redis_counter_timeout, 20 ms, beside what a loaded machine adds. */
#define MAX_P99_US     5000
#define MAX_HANGING_US 25000
#define MAX_SLOWEST_US 40000

static const char rules[] =
    "[policy]\n"
    "rule busy-sender when count(messages, sender, 1h) > 20 then defer \"4.7.1 busy\"\n"
    "rule busy-client when count(recipients, client.ip, 1h) > 100000 then defer \"4.7.1 "
    "busy\"\n"
    "rule large when sum(size, sender.domain, 1d) > 10GB then defer \"4.7.1 large\"\n"
    "rule wide when distinct(recipient, sender, 1d) > 100 then defer \"4.7.1 wide\"\n"
    "rule patience when sender.domain = \"grey.example\" then greylist 3m\n";

static const char request_format[] =
    "request=smtpd_access_policy\nprotocol_state=RCPT\nprotocol_name=ESMTP\n"
    "client_address=192.0.2.%u\nclient_name=client.example\nhelo_name=client.example\n"
    "sender=user%u@%s.example\nrecipient=bob%u@one.example\nrecipient_count=0\nqueue_id=\n"
    "instance=%x.%x\nsize=1000\npolicy_context=proxy\n\n";

static char dir[200];
static struct redis_server server;

struct load {
    pthread_t thread;
    unsigned number;
    size_t count;
    uint32_t samples[PER_SECOND * SECONDS]; /* us */
};

static int connect_policy(void)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

    snprintf(address.sun_path, sizeof address.sun_path, "%.90s/policy", dir);
    if (connect(fd, (struct sockaddr *)&address, sizeof address) == 0)
        return fd;
    close(fd);
    return -1;
}

static void ask(int fd, const char *request, size_t len)
{
    char answer[1024];
    size_t have = 0;

    if (write(fd, request, len) != (ssize_t)len)
        exit(1);
    while (have < 2 || memcmp(answer + have - 2, "\n\n", 2) != 0) {
        ssize_t got = read(fd, answer + have, sizeof answer - have);
        if (got <= 0)
            exit(1);
        have += (size_t)got;
    }
}

/* Asks at its pace, and sooner again when it is behind. */
static void *run_load(void *ctx)
{
    struct load *load = ctx;
    int fd = connect_policy();
    int64_t begun = clock_mono_us(), step = 1000000LL * CONNECTIONS / PER_SECOND;
    char request[2048];

    for (unsigned i = 0; clock_mono_us() - begun < SECONDS * 1000000LL; i++) {
        int64_t due = begun + step * i + step * load->number / CONNECTIONS;
        int64_t left = due - clock_mono_us();
        int len = snprintf(request, sizeof request, request_format, i % 250,
                           i * CONNECTIONS + load->number, i % 4 == 0 ? "grey" : "outside", i,
                           load->number, i);
        if (left > 0)
            usleep((useconds_t)left);
        left = clock_mono_us();
        ask(fd, request, (size_t)len);
        load->samples[load->count++] = (uint32_t)(clock_mono_us() - left);
    }
    close(fd);
    return NULL;
}

static int by_time(const void *a, const void *b)
{
    uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;

    return (x > y) - (x < y);
}

static bool measure(const char *name, uint32_t most_p99, uint32_t most)
{
    struct load *loads = xcalloc(CONNECTIONS, sizeof *loads);
    uint32_t *all = xcalloc(CONNECTIONS * PER_SECOND * SECONDS, sizeof *all);
    size_t total = 0;
    bool is_good;

    for (unsigned i = 0; i < CONNECTIONS; i++) {
        loads[i].number = i;
        pthread_create(&loads[i].thread, NULL, run_load, &loads[i]);
    }
    for (unsigned i = 0; i < CONNECTIONS; i++) {
        pthread_join(loads[i].thread, NULL);
        memcpy(all + total, loads[i].samples, loads[i].count * sizeof *all);
        total += loads[i].count;
    }
    qsort(all, total, sizeof *all, by_time);
    is_good = all[total * 99 / 100] < most_p99 && all[total - 1] < most;
    printf("%-26s %10.0f %9u %9u %9u %9u %9u  %s\n", name, (double)total / SECONDS,
           all[total / 2], all[total * 99 / 100], most_p99, all[total - 1], most,
           is_good ? "" : "MISSED");
    fflush(stdout);
    xfree(&all);
    xfree(&loads);
    return is_good;
}

static void put(const char *name, const char *text)
{
    char *path = file_path(dir, name);
    struct err err;

    if (file_replace(path, span_of(text), 0640, &err) != 0) {
        fprintf(stderr, "%s\n", err.text);
        exit(1);
    }
    xfree(&path);
}

static void make(const char *name)
{
    char *path = file_path(dir, name);

    file_make_dir(path, 0750, NULL);
    xfree(&path);
}

static void write_settings(void)
{
    struct str settings = STR_EMPTY;

    str_printf(
        &settings,
        "node_name = bench\npolicy_socket = unix:%s/policy\nmilter_socket = unix:%s/milter\n"
        "state_dir = %s/state\ncontrol_dir = %s/control\nmaps_dir = %s/maps\n"
        "rules_file = %s/rules\ncluster_name = bench\nredis = %s\n",
        dir, dir, dir, dir, dir, dir, server.where);
    make("state");
    make("control");
    put("postgate.cf", str_cstr(&settings));
    put("rules", rules);
    str_clear(&settings);
}

static pid_t run(const char *name, char *const *words)
{
    const char *build = getenv("BUILD") != NULL ? getenv("BUILD") : "build";
    struct str config = STR_EMPTY, program = STR_EMPTY, log = STR_EMPTY;
    posix_spawn_file_actions_t files;
    char *argv[8] = {NULL, (char[]){"-c"}};
    pid_t pid;

    str_printf(&config, "%s/postgate.cf", dir);
    str_printf(&program, "%s/%s", build, name);
    str_printf(&log, "%s/%s.log", dir, name);
    posix_spawn_file_actions_init(&files);
    posix_spawn_file_actions_addopen(&files, 1, "/dev/null", O_WRONLY, 0);
    posix_spawn_file_actions_addopen(&files, 2, str_cstr(&log), O_WRONLY | O_CREAT, 0600);
    argv[0] = program.ptr;
    argv[2] = config.ptr;
    for (size_t i = 0; i < 4 && words[i] != NULL; i++)
        argv[3 + i] = words[i];
    if (posix_spawn(&pid, program.ptr, &files, NULL, argv, environ) != 0) {
        fprintf(stderr, "%s cannot be started\n", program.ptr);
        exit(1);
    }
    posix_spawn_file_actions_destroy(&files);
    str_clear(&config);
    str_clear(&program);
    str_clear(&log);
    return pid;
}

static bool wait_until_ready(void)
{
    int64_t deadline = clock_mono_ms() + START_MS;
    int fd = -1;

    while (fd < 0 && clock_mono_ms() < deadline) {
        fd = connect_policy();
        if (fd < 0)
            usleep(10000);
    }
    if (fd >= 0)
        close(fd);
    return fd >= 0;
}

/* The link to Redis may not be up yet. */
static bool begin_cluster(void)
{
    char *const words[] = {(char[]){"cluster"}, (char[]){"init"}, NULL};
    int64_t deadline = clock_mono_ms() + START_MS;
    int status = 1;

    while (status != 0 && clock_mono_ms() < deadline) {
        pid_t pid = run("milter-ctl", words);
        waitpid(pid, &status, 0);
    }
    return status == 0;
}

static bool measure_all(void)
{
    bool is_good;

    printf("postgate-policyd with rules that count (four counters) and greylist, a member of a "
           "cluster; %d connections, %d requests a second, %d s each.\n\n"
           "%-26s %10s %9s %9s %9s %9s %9s\n%-26s %10s %9s %9s %9s %9s %9s\n",
           CONNECTIONS, PER_SECOND, SECONDS, "", "requests/s", "p50 us", "p99 us", "p99 us",
           "slowest", "slowest", "", "", "", "", "at most", "us", "at most");
    is_good = measure("Redis up", MAX_P99_US, MAX_SLOWEST_US);
    redis_server_freeze(&server, true);
    is_good = measure("Redis hanging", MAX_HANGING_US, MAX_SLOWEST_US) && is_good;
    redis_server_freeze(&server, false);
    printf("%s\n", is_good ? "all targets met" : "a target was MISSED");
    return is_good;
}

int main(void)
{
    char *const words[] = {(char[]){"-f"}, NULL};
    bool is_good;
    pid_t pid;

    temp_dir_make(dir);
    redis_server_start(&server, "");
    write_settings();
    pid = run("postgate-policyd", words);
    is_good = wait_until_ready() && begin_cluster();
    if (!is_good)
        fprintf(stderr, "postgate-policyd in %s is no member of a cluster\n", dir);
    is_good = is_good && measure_all();
    kill(pid, SIGTERM);
    waitpid(pid, NULL, 0);
    redis_server_stop(&server);
    temp_dir_remove(dir);
    return is_good ? 0 : 1;
}
