/* bench_cluster - 200 nodes around one Redis: commands a second, CPU and memory of Redis, how long a change of a list takes to reach all of them. */
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <unistd.h>
#include "base/clock.h"
#include "base/log.h"
#include "t/bench/many_nodes.h"
#include "t/lib/redis_server.h"

#define NODES       200
#define START_MS    20000
#define QUIET_S     12 /* heartbeats and looks alone */
#define CHANGES     30
#define EVERY_MS    500
#define DESCRIPTORS 4096

/* What is asked for. */
#define MAX_P99_MS 1000

/* Of Redis, over a while. */
struct usage {
    int64_t begun_us;
    double commands, cpu_s, bytes_out;
};

static double cpu_seconds(void)
{
    return many_nodes_info("cpu", "used_cpu_user") + many_nodes_info("cpu", "used_cpu_sys");
}

static struct usage begin(void)
{
    return (struct usage){clock_mono_us(), many_nodes_info("stats", "total_commands_processed"),
                          cpu_seconds(), many_nodes_info("stats", "total_net_output_bytes")};
}

static void print_usage(const char *what, const struct usage *since)
{
    struct usage now = begin();
    double seconds = (double)(now.begun_us - since->begun_us) / 1e6;

    printf("%-34s %10.0f %11.1f %12.1f\n", what, (now.commands - since->commands) / seconds,
           100 * (now.cpu_s - since->cpu_s) / seconds,
           (now.bytes_out - since->bytes_out) / seconds / 1e6);
}

static bool make_changes(void)
{
    for (uint64_t number = 1; number <= CHANGES; number++) {
        int64_t begun = clock_mono_ms(), left;
        if (many_nodes_change(number) != 0 || !many_nodes_wait_read(number, 10000)) {
            printf("change %d has not reached all nodes within 10 s\n", (int)number);
            return false;
        }
        left = EVERY_MS - (clock_mono_ms() - begun);
        if (left > 0)
            usleep((useconds_t)left * 1000);
    }
    return true;
}

static bool print_delays(void)
{
    size_t count;
    const int64_t *delays = many_nodes_delays(&count);
    double p99 = count > 0 ? (double)delays[count * 99 / 100] / 1000 : 0;

    if (count == 0)
        return false;
    printf("\na change of a list, until a node has read it: p50 %.1f ms, p99 %.1f ms (at most "
           "%d), "
           "the slowest %.1f ms, of %zu\n",
           (double)delays[count / 2] / 1000, p99, MAX_P99_MS, (double)delays[count - 1] / 1000,
           count);
    return p99 <= MAX_P99_MS;
}

static bool measure(void)
{
    struct usage usage = begin();
    bool is_good;

    printf(
        "%d nodes, each with its own link and hints; a heartbeat, all heartbeats and the heads "
        "each 5 s.\n\n%-34s %10s %11s %12s\n",
        NODES, "", "commands/s", "Redis CPU %", "sent MB/s");
    sleep(QUIET_S);
    print_usage("at rest", &usage);
    usage = begin();
    is_good = make_changes();
    print_usage("two changes of a list a second", &usage);
    is_good = print_delays() && is_good;
    printf("Redis' memory: %.1f MB in use, %.1f MB of the system, %.0f connections\n",
           many_nodes_info("memory", "used_memory") / 1e6,
           many_nodes_info("memory", "used_memory_rss") / 1e6,
           many_nodes_info("clients", "connected_clients"));
    if (many_nodes_failures() > 0) {
        printf("%llu commands were not answered\n", (unsigned long long)many_nodes_failures());
        is_good = false;
    }
    printf("%s\n", is_good ? "all targets met" : "a target was MISSED");
    return is_good;
}

int main(void)
{
    struct rlimit files = {DESCRIPTORS, DESCRIPTORS};
    struct redis_server server;
    int64_t begun = clock_mono_ms();
    bool is_good;

    log_open("bench_cluster", true);
    log_set_level(LOG_LEVEL_WARN);
    signal(SIGPIPE, SIG_IGN);
    setrlimit(RLIMIT_NOFILE, &files);
    redis_server_start(&server, "");
    many_nodes_start(server.where, NODES);
    is_good = many_nodes_wait_ready(START_MS);
    printf("all connected, and the heads read, after %d ms\n", (int)(clock_mono_ms() - begun));
    is_good = is_good && measure();
    many_nodes_stop();
    redis_server_stop(&server);
    return is_good ? 0 : 1;
}
