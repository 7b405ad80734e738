/* Waiting for a hint from Redis: that something lies in our inbox ("inbox"), that a piece of an answer was put or taken (its request's id). Hints
 * may be lost, so whoever waits looks again after a while. Any thread. */
#ifndef CLUSTER_REQUEST_HINTS_H
#define CLUSTER_REQUEST_HINTS_H
#include <pthread.h>
#include "policyd/cluster/answer_stream.h"

#define HINT_INBOX "inbox"

struct hint_wait { /* on the stack of who waits, from hint_begin to hint_end */
    char id[REQUEST_ID_SIZE];
    bool is_hinted;
    pthread_cond_t cond;
    struct hint_wait *next;
};
void hint_begin(struct hint_wait *wait, const char *id);
void hint_end(struct hint_wait *wait);
/* Until a hint since the last call, or ms. */
void hint_await(struct hint_wait *wait, int ms);
/* A message of our channel; empty (a connection was made: some may have been missed): for all. Never blocks. */
void hint_note(struct span message);
/* From now on nobody waits: policyd ends. Answers under way are broken off, those awaited do not come. */
void hint_end_all(void);
bool hint_is_over(void);
void hint_begin_all(void);
#endif
