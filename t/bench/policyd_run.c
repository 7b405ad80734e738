/* policyd_run.c - starts postgate-policyd for a bench and asks it. */
#include "t/bench/policyd_run.h"
#include <fcntl.h>
#include <spawn.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>
#include "base/clock.h"
#include "base/file.h"
#include "base/str.h"
#include "base/xalloc.h"

#define START_MS 10000

static void put(const char *dir, const char *name, const char *text)
{
    char *path = file_path(dir, name);
    struct err err;

    if (file_replace(path, span_of(text), 0640, &err) != 0) {
        fprintf(stderr, "%s\n", err.text);
        exit(1);
    }
    xfree(&path);
}

static void make(const char *dir, const char *name)
{
    char *path = file_path(dir, name);

    file_make_dir(path, 0750, NULL);
    xfree(&path);
}

void policyd_write(const char *dir, const char *rules, const char *more)
{
    struct str settings = STR_EMPTY;

    str_printf(
        &settings,
        "node_name = bench\npolicy_socket = unix:%s/policy\nmilter_socket = unix:%s/milter\n"
        "state_dir = %s/state\ncontrol_dir = %s/control\nmaps_dir = %s/maps\n"
        "rules_file = %s/rules\n%s",
        dir, dir, dir, dir, dir, dir, more);
    make(dir, "state");
    make(dir, "control");
    put(dir, "postgate.cf", str_cstr(&settings));
    put(dir, "rules", rules);
    str_clear(&settings);
}

pid_t policyd_run(const char *dir, const char *name, char *const *words)
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

int policyd_connect(const char *dir)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

    snprintf(address.sun_path, sizeof address.sun_path, "%.90s/policy", dir);
    if (connect(fd, (struct sockaddr *)&address, sizeof address) == 0)
        return fd;
    close(fd);
    return -1;
}

void policyd_ask(int fd, const char *request, size_t len)
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

bool policyd_wait_ready(const char *dir)
{
    int64_t deadline = clock_mono_ms() + START_MS;
    int fd = -1;

    while (fd < 0 && clock_mono_ms() < deadline) {
        fd = policyd_connect(dir);
        if (fd < 0)
            usleep(10000);
    }
    if (fd >= 0)
        close(fd);
    return fd >= 0;
}

int policyd_by_time(const void *a, const void *b)
{
    uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;

    return (x > y) - (x < y);
}
