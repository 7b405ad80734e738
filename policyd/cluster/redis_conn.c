/* redis_conn.c - a bufferevent and a reader. */
#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <event2/buffer.h>
#include <event2/bufferevent.h>
#include <event2/bufferevent_ssl.h>
#include "base/clock.h"
#include "base/xalloc.h"
#include "policyd/cluster/redis_conn.h"
#include "policyd/cluster/redis_reader.h"
#include "policyd/cluster/redis_tls.h"

#define KEEP_IDLE_S  15
#define KEEP_EVERY_S 5
#define KEEP_TIMES   3

struct redis_conn {
    struct bufferevent *bytes;
    struct redis_reader *reader;
    SSL *tls; /* the bufferevent's */
    const struct redis_conn_user *user;
    void *ctx;
    int64_t heard_ms;
    bool is_busy, is_closed; /* closed from within a callback: freed when it returns */
};

static void free_conn(struct redis_conn *conn)
{
    bufferevent_free(conn->bytes);
    redis_reader_free(&conn->reader);
    xfree(&conn);
}

/* Around each call of the user, who may close the connection from within. True: it did, and it is gone. */
static bool is_gone_after(struct redis_conn *conn)
{
    bool is_closed = conn->is_closed;

    conn->is_busy = false;
    if (is_closed)
        free_conn(conn);
    return is_closed;
}

static void lose(struct redis_conn *conn, const char *why)
{
    bufferevent_disable(conn->bytes, EV_READ | EV_WRITE);
    conn->is_busy = true;
    conn->user->on_lost(conn->ctx, why);
    is_gone_after(conn);
}

/* False: the connection is gone. */
static bool hand_over(struct redis_conn *conn, redisReply *reply)
{
    conn->is_busy = true;
    conn->user->on_reply(conn->ctx, reply);
    return !is_gone_after(conn);
}

static bool read_replies(struct redis_conn *conn)
{
    redisReply *reply;
    struct err err;
    int state;

    while ((state = redis_reader_next(conn->reader, &reply, &err)) == 1) {
        if (!hand_over(conn, reply))
            return false;
    }
    if (state == 0)
        return true;
    lose(conn, err.text);
    return false;
}

static void on_bytes(struct bufferevent *bytes, void *ctx)
{
    struct redis_conn *conn = ctx;
    char chunk[16384];
    struct err err;
    size_t len;

    conn->heard_ms = clock_mono_ms();
    while ((len = bufferevent_read(bytes, chunk, sizeof chunk)) > 0) {
        if (redis_reader_feed(conn->reader, span_from(chunk, len), &err) != 0) {
            lose(conn, err.text);
            return;
        }
        if (!read_replies(conn))
            return;
    }
}

static void keep_alive(int fd)
{
    const struct {
        int level, name, value;
    } options[] = {{IPPROTO_TCP, TCP_NODELAY, 1},
                   {SOL_SOCKET, SO_KEEPALIVE, 1},
                   {IPPROTO_TCP, TCP_KEEPIDLE, KEEP_IDLE_S},
                   {IPPROTO_TCP, TCP_KEEPINTVL, KEEP_EVERY_S},
                   {IPPROTO_TCP, TCP_KEEPCNT, KEEP_TIMES}};

    for (size_t i = 0; i < sizeof options / sizeof options[0]; i++) /* fails on a unix socket */
        setsockopt(fd, options[i].level, options[i].name, &options[i].value, sizeof(int));
}

static void on_open(struct redis_conn *conn)
{
    keep_alive(bufferevent_getfd(conn->bytes));
    conn->heard_ms = clock_mono_ms();
    conn->is_busy = true;
    conn->user->on_open(conn->ctx);
    if (!is_gone_after(conn))
        bufferevent_enable(conn->bytes, EV_READ | EV_WRITE);
}

static void on_event(struct bufferevent *bytes, short what, void *ctx)
{
    struct redis_conn *conn = ctx;
    int error = errno;
    unsigned long code;
    struct err err;

    if (conn->user == NULL) /* within redis_conn_open, which says so by itself */
        return;
    if (what & BEV_EVENT_CONNECTED) {
        on_open(conn);
        return;
    }
    code = conn->tls != NULL ? bufferevent_get_openssl_error(bytes) : 0;
    if (conn->tls != NULL && redis_tls_why(conn->tls, code, &err)) {
        lose(conn, err.text);
        return;
    }
    lose(conn,
         what & BEV_EVENT_EOF || error == 0 ? "it closed the connection" : strerror(error));
}

static struct bufferevent *make_bytes(struct event_base *base, SSL *tls)
{
    struct bufferevent *bytes;

    if (tls == NULL)
        return bufferevent_socket_new(base, -1, BEV_OPT_CLOSE_ON_FREE);
    bytes = bufferevent_openssl_socket_new(base, -1, tls, BUFFEREVENT_SSL_CONNECTING,
                                           BEV_OPT_CLOSE_ON_FREE | BEV_OPT_DEFER_CALLBACKS);
    if (bytes == NULL)
        SSL_free(tls);
    else
        bufferevent_openssl_set_allow_dirty_shutdown(bytes, 1);
    return bytes;
}

struct redis_conn *redis_conn_open(struct event_base *base,
                                   const struct redis_addresses *addresses, size_t index,
                                   SSL *tls, struct err *err)
{
    struct sockaddr_storage to = addresses->each[index].address;
    struct bufferevent *bytes = make_bytes(base, tls);
    struct redis_conn *conn;

    if (bytes == NULL) {
        err_set(err, "libevent gives no connection");
        return NULL;
    }
    conn = xcalloc(1, sizeof *conn);
    *conn = (struct redis_conn){.bytes = bytes, .reader = redis_reader_new(), .tls = tls};
    bufferevent_setcb(bytes, on_bytes, NULL, on_event, conn);
    conn->heard_ms = clock_mono_ms();
    if (bufferevent_socket_connect(bytes, (struct sockaddr *)&to,
                                   (int)addresses->each[index].len) != 0) {
        err_set(err, "%s", strerror(errno));
        free_conn(conn);
        return NULL;
    }
    return conn;
}

void redis_conn_use(struct redis_conn *conn, const struct redis_conn_user *user, void *ctx)
{
    conn->user = user;
    conn->ctx = ctx;
}

void redis_conn_write(struct redis_conn *conn, struct span bytes)
{
    bufferevent_write(conn->bytes, bytes.ptr, bytes.len);
}

int64_t redis_conn_heard(const struct redis_conn *conn)
{
    return conn->heard_ms;
}

void redis_conn_close(struct redis_conn **conn)
{
    if (*conn == NULL)
        return;
    if ((*conn)->is_busy)
        (*conn)->is_closed = true;
    else
        free_conn(*conn);
    *conn = NULL;
}
