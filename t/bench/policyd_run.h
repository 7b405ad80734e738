/* A postgate-policyd of the bench's own in a directory of its own, and the policy protocol to it. What fails ends the bench with a text. */
#ifndef T_BENCH_POLICYD_RUN_H
#define T_BENCH_POLICYD_RUN_H
#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

/* Directories, rules and postgate.cf; `more` are further settings, a line each. */
void policyd_write(const char *dir, const char *rules, const char *more);
/* Starts a program of BUILD (default build/) with -c DIR/postgate.cf and up to four words behind it; it logs to DIR/NAME.log. */
pid_t policyd_run(const char *dir, const char *name, char *const *words);
bool policyd_wait_ready(const char *dir);

int policyd_connect(const char *dir);                      /* -1: nobody answers */
void policyd_ask(int fd, const char *request, size_t len); /* and reads the answer */

int policyd_by_time(const void *a, const void *b); /* of uint32_t, for qsort */
#endif
