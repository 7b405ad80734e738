/* Inside of the link: what its thread and those that send share, under the lock, and what is the thread's alone. For redis*.c only. */
#ifndef CLUSTER_REDIS_LINK_H
#define CLUSTER_REDIS_LINK_H
#include <pthread.h>
#include "policyd/cluster/redis_breaker.h"
#include "policyd/cluster/redis_hints.h"
#include "policyd/cluster/redis_job.h"
#include "policyd/cluster/redis_watch.h"

#define REDIS_MAX_QUEUE_BYTES (256 * 1024 * 1024)
#define REDIS_TEXTS           6
#define REDIS_SCRIPTS         32 /* more than there are */
#define REDIS_STALL_MS                                                                         \
    1000 /* replies are due and nothing at all is heard: the connection is dead */

enum redis_link_state {
    REDIS_TRYING, /* commands wait for the connection, up to their deadline */
    REDIS_UP,
    REDIS_AWAY /* the breaker is open: commands fail at once */
};
struct redis_wish { /* to subscribe */
    struct redis_wish *next;
    char *channel;
    void (*on_hint)(void *ctx, struct span message);
    void *ctx;
};

struct redis {
    struct redis_options options; /* of texts */
    char *texts[REDIS_TEXTS];
    struct redis_where where;
    pthread_t thread;
    int wake_fd;

    pthread_mutex_t lock;
    enum redis_link_state state;
    int64_t since_ms; /* wall clock */
    char why[512];
    struct redis_jobs inbox;
    size_t under_way, bytes_under_way; /* in all three lists */
    struct redis_wish *wishes;
    bool is_stopping;

    /* The thread's alone. */
    struct event_base *base;
    struct event *on_wake, *on_tick, *on_again;
    int64_t tick_ms; /* when on_tick is due; 0: not set */
    struct redis_jobs waiting,
        pending; /* for a connection; for a reply, in the order they were sent */
    struct redis_breaker breaker;
    struct redis_dial *dial;
    struct redis_conn *conn;
    const struct redis_script *sent[REDIS_SCRIPTS]; /* over this connection */
    size_t sent_count;
    struct redis_hints *hints;
    struct redis_watch *watch;
};

int redis_link_begin(struct redis *redis, struct err *err);
void *redis_link_run(void *redis);
void redis_link_end(struct redis *redis);                   /* the thread is gone */
void redis_put(struct redis *redis, struct redis_job *job); /* any thread; takes it over */
#endif
