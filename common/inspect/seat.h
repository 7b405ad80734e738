/* Private to the pool: the place of one worker, empty or taken, and what it works at. Only the pool's thread touches seats. */
#ifndef INSPECT_SEAT_H
#define INSPECT_SEAT_H
#include "inspect/exchange.h"
#include "inspect/launch.h"
#include "inspect/pool.h"

struct seat {
    int fd;            /* -1: empty */
    uint32_t worker;   /* its number with the zygote */
    unsigned messages; /* done */
    bool is_busy;
    struct pool_job job;
    int64_t kill_at; /* clock_mono_ms; while busy */
    struct exchange exchange;
};

enum seat_event {
    SEAT_QUIET = 0,
    SEAT_ANSWERED, /* the job is done, the worker stays */
    SEAT_LOST      /* the worker is gone or was sent away; a job under way has failed */
};

void seat_init(struct seat *seat);
/* A new worker. */
int seat_fill(struct seat *seat, const struct launch *launch, uint32_t worker, uint64_t memory,
              struct err *err);
/* Sends the worker away; fails its job if there is one. */
void seat_empty(struct seat *seat, const struct launch *launch, const char *why);
/* Gives the job to the worker. -1: the worker was not to be had, the seat is empty, the job is untouched. */
int seat_give(struct seat *seat, const struct launch *launch, const struct pool_job *job,
              const struct pool_options *options);
/* What its socket has. */
enum seat_event seat_hear(struct seat *seat, const struct launch *launch,
                          const struct pool_kind *kind);
#endif
