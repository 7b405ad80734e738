/* A sender pool that says what the test told it, linked instead of checks/rounds.c: `FAKES_layer/test_x := fake_rounds`. It answers from a thread
 * of its own, never from inside rounds_ask; what nobody told it fails ("nobody told what to say"). Needs no rounds_begin. All of it may be
 * called from any thread. */
#ifndef T_LIB_FAKE_ROUNDS_H
#define T_LIB_FAKE_ROUNDS_H
#include "checks/rounds.h"

/* What each question matching it gets: the last row said wins. NULL matches any text; of failure and result one is NULL. Texts and the result
 * are the test's and live until the next reset. */
struct fake_rounds_row {
    enum sender_job job;
    const char *sender; /* of the request; "" is the empty one */
    const char *helo;
    const struct sender_result *result;
    const char *failure;
};
void fake_rounds_say(const struct fake_rounds_row *row);

/* Forgets rows and counts, lets go what is held; waits until everything asked so far is answered. */
void fake_rounds_reset(void);

/* From here on nothing is answered until fake_rounds_release. */
void fake_rounds_hold(void);
void fake_rounds_release(void);

/* Since the last reset. */
size_t fake_rounds_asked(enum sender_job job);
/* Waits until so many questions of any job were asked; false after 20 s. */
bool fake_rounds_wait_asked(size_t count);

/* The last question of the job as it was asked; false: there was none. */
struct fake_rounds_seen {
    struct ip client;
    char helo[300], sender[600], receiver[300], trusted_id[600];
    char message[4096]; /* the first bytes of it; "" without one */
    int64_t now, deadline;
    uint64_t asker;
    size_t ahead_count;
};
bool fake_rounds_last(enum sender_job job, struct fake_rounds_seen *seen_r);
#endif
