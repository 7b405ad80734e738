/* One question to the sender pool, through as many rounds as it takes: the worker names what it lacks, DNS is asked in parallel, the worker
 * is asked again with the answers. At most SENDER_ROUNDS_MAX rounds and SENDER_NAMES_MAX names; names below the setting dns_never_ask are
 * answered DNS_LIMITED without being asked. A worker that dies, or says what is not to be believed, costs this one question. */
#ifndef CHECKS_ROUNDS_H
#define CHECKS_ROUNDS_H
#include "conf/settings.h"
#include "inspect/sender_wire.h"

struct rounds_question {
    const struct sender_request *request; /* without answers; copied */
    int message_fd;                       /* sealed; duplicated; -1: none */
    /* Names that will be needed for sure: asked before the first round, to spare one. */
    size_t ahead_count;
    const struct sender_lack *ahead;
    uint64_t asker;   /* dns_asker */
    int64_t deadline; /* clock_mono_ms */
    /* Exactly once, from another thread (only without a pool, before rounds_begin and after rounds_end, from inside rounds_ask); the result is
     * lent. NULL with the failure otherwise. */
    void (*done)(void *ctx, const struct sender_result *result, const char *failure);
    void *ctx;
};

/* Starts the sender pool of postgate-inspect (after content_begin's; dns_begin comes first). -1 with the reason. */
int rounds_begin(const struct settings *settings, struct err *err);
void rounds_end(void);
void rounds_ask(const struct rounds_question *question);

struct rounds_counts {
    uint64_t questions, rounds, failures, workers_started, workers_lost;
    unsigned queue, workers;
};
void rounds_count(struct rounds_counts *counts_r);
#endif
