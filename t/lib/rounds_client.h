/* The sender pool with the inspector whose workers have been taken over, and one who waits for its answers. Call from a Check test. */
#ifndef T_LIB_ROUNDS_CLIENT_H
#define T_LIB_ROUNDS_CLIENT_H
#include <pthread.h>
#include "checks/rounds.h"

#define ROUNDS_CLIENT_ASKER  77
#define ROUNDS_CLIENT_BAD_FD 1000000 /* a message that nobody can duplicate */

struct rounds_answer {
    char failure[1100]; /* "": there is a result */
    char reason[SENDER_TEXT_MAX + 1], explanation[SENDER_TEXT_MAX + 1];
    int spf;
};
struct rounds_asked {
    pthread_mutex_t lock;
    pthread_cond_t done;
    bool is_done;
    pthread_t thread; /* that told it */
    int64_t deadline;
    struct rounds_answer answer;
};

/* Forgets what fake_dns knows. */
void rounds_client_begin(unsigned workers);
/* What the worker does is said by helo; with a message it is a question about signatures. The deadline is far away. */
void rounds_client_start(const char *helo, int message_fd, struct rounds_asked *asked);
void rounds_client_start_ahead(const char *helo, const struct sender_lack *ahead, size_t count,
                               struct rounds_asked *asked);
void rounds_client_await(struct rounds_asked *asked);
/* Start and await. */
void rounds_client_ask(const char *helo, int message_fd, struct rounds_answer *answer_r);
void rounds_client_ask_ahead(const char *helo, const struct sender_lack *ahead, size_t count,
                             struct rounds_answer *answer_r);
#endif
