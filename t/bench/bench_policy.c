/* bench_policy - postgate-policyd with rules that relay by a list: requests a second and the slowest of a hundred, 1 and 16 connections. */
#include <pthread.h>
#include <signal.h>
#include <fcntl.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>
#include "base/clock.h"
#include "base/file.h"
#include "base/xalloc.h"
#include "t/lib/temp_dir.h"

#define SECONDS     3
#define MAX_SAMPLES 1000000 /* of one connection */
#define START_MS    10000

/* What is asked for: several times what policy services in Perl or Python reach (some 900 a second on one connection, 3,000 on sixteen),
 * and far from the seconds after which Postfix gives up. */
#define MIN_DUNNO  20000 /* requests a second */
#define MIN_RCPT   5000
#define MAX_P99_US 20000

static const char rules[] =
    "list relay_networks ip { 10.0.0.0/8 }\n"
    "[policy]\n"
    "rule staging-loop when path = staging and client.ip in route.next_hops "
    "then reject \"5.4.6 Routing loop\"\n"
    "rule relay when path = staging and client.ip in $relay_networks then permit relay\n"
    "rule no-relay when path = staging and not domain.accepted then reject \"5.7.1 no\"\n";

/* As Postfix 3.7 sends it. %s: client, state. */
static const char request_format[] =
    "request=smtpd_access_policy\nprotocol_state=%s\nprotocol_name=ESMTP\nclient_address=%s\n"
    "client_name=client.example\nclient_port=40025\nreverse_client_name=client.example\n"
    "server_address=127.0.0.1\nserver_port=25\nhelo_name=client.example\nsender=alice@outside."
    "example\n"
    "recipient=bob@one.example\nrecipient_count=0\nqueue_id=\ninstance=7b.5f6e.1.0\nsize="
    "0\netrn_domain=\n"
    "stress=\nsasl_method=\nsasl_username=\nsasl_sender=\nccert_subject=\nccert_issuer=\nccert_"
    "fingerprint=\n"
    "ccert_pubkey_fingerprint=\nencryption_protocol=\nencryption_cipher=\nencryption_keysize="
    "0\n"
    "policy_context=staging\n\n";

static const struct kind {
    const char *name, *state, *client;
    double target; /* requests a second */
} kinds[] = {
    {"DATA: DUNNO at once", "DATA", "192.0.2.1", MIN_DUNNO},
    {"RCPT, permitted, recorded", "RCPT", "10.1.1.1", MIN_RCPT},
    {"RCPT, refused, recorded", "RCPT", "192.0.2.1", MIN_RCPT},
};

static char dir[200];

struct load {
    pthread_t thread;
    const struct kind *kind;
    int64_t until_ns;
    uint32_t *samples; /* ns */
    size_t count;
};

static int64_t now_ns(void)
{
    struct timespec now;

    clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * 1000000000 + now.tv_nsec;
}

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

static void *run_load(void *ctx)
{
    struct load *load = ctx;
    char request[2048];
    size_t len = (size_t)snprintf(request, sizeof request, request_format, load->kind->state,
                                  load->kind->client);
    int fd = connect_policy();

    while (load->count < MAX_SAMPLES) {
        int64_t begin = now_ns(), end;
        ask(fd, request, len);
        end = now_ns();
        load->samples[load->count++] = (uint32_t)(end - begin);
        if (end > load->until_ns)
            break;
    }
    close(fd);
    return NULL;
}

static int by_time(const void *a, const void *b)
{
    uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;

    return (x > y) - (x < y);
}

static bool measure(const struct kind *kind, size_t connections)
{
    struct load *loads = xcalloc(connections, sizeof *loads);
    uint32_t *all = xcalloc(connections * MAX_SAMPLES, sizeof *all);
    int64_t begin = now_ns();
    size_t total = 0;
    double rate;
    bool is_good;

    for (size_t i = 0; i < connections; i++) {
        loads[i] = (struct load){.kind = kind,
                                 .until_ns = begin + SECONDS * 1000000000LL,
                                 .samples = xcalloc(MAX_SAMPLES, sizeof *all)};
        pthread_create(&loads[i].thread, NULL, run_load, &loads[i]);
    }
    for (size_t i = 0; i < connections; i++) {
        pthread_join(loads[i].thread, NULL);
        memcpy(all + total, loads[i].samples, loads[i].count * sizeof *all);
        total += loads[i].count;
        xfree(&loads[i].samples);
    }
    qsort(all, total, sizeof *all, by_time);
    rate = (double)total * 1e9 / (double)(now_ns() - begin);
    is_good = rate > kind->target && all[total * 99 / 100] < MAX_P99_US * 1000;
    printf("%-26s %11zu %10.0f %10.0f %9.1f %9.1f %8d  %s\n", kind->name, connections,
           kind->target, rate, all[total / 2] / 1e3, all[total * 99 / 100] / 1e3, MAX_P99_US,
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

static pid_t start(void)
{
    const char *build = getenv("BUILD") != NULL ? getenv("BUILD") : "build";
    posix_spawn_file_actions_t files;
    struct str settings = STR_EMPTY, config = STR_EMPTY, program = STR_EMPTY, log = STR_EMPTY;
    pid_t pid;

    str_printf(&settings,
               "node_name = bench\npolicy_socket = unix:%s/policy\nmilter_socket = "
               "unix:%s/milter\nstate_dir = %s/state\ncontrol_dir = %s/control\nmaps_dir = "
               "%s/maps\nrules_file = %s/rules\n",
               dir, dir, dir, dir, dir, dir);
    make("state");
    make("control");
    put("postgate.cf", str_cstr(&settings));
    put("rules", rules);
    str_printf(&config, "%s/postgate.cf", dir);
    str_printf(&program, "%s/postgate-policyd", build);
    str_printf(&log, "%s/log", dir);
    posix_spawn_file_actions_init(&files);
    posix_spawn_file_actions_addopen(&files, 2, str_cstr(&log), O_WRONLY | O_CREAT, 0600);
    char *argv[] = {program.ptr, (char[]){"-f"}, (char[]){"-c"}, config.ptr, NULL};
    if (posix_spawn(&pid, program.ptr, &files, NULL, argv, environ) != 0) {
        fprintf(stderr, "%s cannot be started\n", program.ptr);
        exit(1);
    }
    posix_spawn_file_actions_destroy(&files);
    str_clear(&settings);
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

static bool measure_all(void)
{
    bool is_good = true;

    printf("postgate-policyd with rules that relay by a list. Each request waits for the "
           "answer to "
           "the one before; %d s each.\n\n"
           "%-26s %11s %10s %10s %9s %9s %8s\n%-26s %11s %10s %10s %9s %9s %8s\n",
           SECONDS, "", "connections", "requests/s", "requests/s", "p50 us", "p99 us", "p99 us",
           "", "", "at least", "reached", "", "", "at most");
    for (size_t i = 0; i < sizeof kinds / sizeof kinds[0]; i++) {
        is_good = measure(&kinds[i], 1) && is_good;
        is_good = measure(&kinds[i], 16) && is_good;
    }
    printf("%s\n", is_good ? "all targets met" : "a target was MISSED");
    return is_good;
}

int main(void)
{
    bool is_ready, is_good;
    pid_t pid;

    temp_dir_make(dir);
    pid = start();
    is_ready = wait_until_ready();
    is_good = is_ready && measure_all();
    if (!is_ready)
        fprintf(stderr, "postgate-policyd does not answer in %s\n", dir);
    kill(pid, SIGTERM);
    waitpid(pid, NULL, 0);
    temp_dir_remove(dir);
    return is_good ? 0 : 1;
}
