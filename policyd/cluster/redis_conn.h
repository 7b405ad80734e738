/* One connection to a Redis or a sentinel: bytes out, replies in, over libevent's bufferevents. The link's thread alone. */
#ifndef CLUSTER_REDIS_CONN_H
#define CLUSTER_REDIS_CONN_H
#include <event2/event.h>
#include <openssl/ssl.h>
#include "policyd/cluster/redis.h"
#include "policyd/cluster/redis_resolve.h"

struct redis_conn;
/* Called on the thread of the base, never from within redis_conn_open or _write. From within each of them the connection may be closed. */
struct redis_conn_user {
    void (*on_open)(void *ctx);                     /* connected, and TLS is done */
    void (*on_reply)(void *ctx, redisReply *reply); /* to be freed with freeReplyObject */
    void (*on_lost)(void *ctx, const char *why);    /* at most once; nothing comes after it */
};
/* tls: a session, taken over; NULL: none. index: which of the addresses. NULL with a text. */
struct redis_conn *redis_conn_open(struct event_base *base,
                                   const struct redis_addresses *addresses, size_t index,
                                   SSL *tls, struct err *err);
void redis_conn_use(struct redis_conn *conn, const struct redis_conn_user *user, void *ctx);
void redis_conn_write(struct redis_conn *conn, struct span bytes);
int64_t redis_conn_heard(
    const struct redis_conn *conn); /* when it last said anything (clock_mono_ms) */
void redis_conn_close(struct redis_conn **conn);
#endif
