/* The zygote as its client sees it: started, given orders, heard. */
#ifndef INSPECT_LAUNCH_H
#define INSPECT_LAUNCH_H
#include <sys/types.h>
#include "base/err.h"
#include "inspect/wire.h"

struct launch {
    pid_t pid;      /* 0: not running */
    int control_fd; /* -1 when not running */
};

/* Of postgate-inspect: the file beside our own executable. */
int launch_path(char *path_r, size_t size, struct err *err);
/* posix_spawn of `program` with the pool's name as its argument. It says READY or FAILED when it has come so far. */
int launch_start(struct launch *launch, const char *program, const char *pool, struct err *err);
/* Kills it (its workers die with it) and waits for it. */
void launch_end(struct launch *launch);
/* The zygote forks a worker; our end of its socket is returned, -1: the zygote is gone. */
int launch_fork(const struct launch *launch, uint32_t worker, uint64_t memory, struct err *err);
void launch_kill(const struct launch *launch, uint32_t worker);
/* 1: news; 0: none now; -1: the zygote is gone. */
int launch_hear(const struct launch *launch, struct wire_news *news_r);
#endif
