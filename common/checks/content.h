/* The check that learns what is inside a message: hands the sealed memfd to a sandboxed worker of postgate-inspect. */
#ifndef CHECKS_CONTENT_H
#define CHECKS_CONTENT_H
#include "checks/check.h"

extern const struct check content_check;

/* Starts postgate-inspect (the file beside our own executable) and waits until it stands in its sandbox. -1 when it does not:
 * err says why (a kernel without Landlock or seccomp, the file missing). Once, before the first transaction. */
int content_begin(const struct settings *settings, struct err *err);
/* Fails what waits, ends the workers. */
void content_end(void);

/* The inspection did not take place: the worker died, ran past its deadline or was refused, the queue was full. Such a message is
 * deferred, whatever the rules say (a limit that was reached is no failure: the list of attachments is then incomplete). */
bool content_failed(const struct facts *facts);
/* Why, for the log; empty when it did not fail. */
struct span content_failure(const struct facts *facts);

/* A worker had the message when it failed: only then may the message be to blame. */
bool content_tried(const struct facts *facts);

/* For `status`: since the start. */
struct content_counts {
    uint64_t messages, failures, workers_started, workers_lost;
    unsigned queue, queue_max, workers;
};
void content_count(struct content_counts *counts_r);
#endif
