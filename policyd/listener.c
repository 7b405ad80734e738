/* listener.c - opens the policy sockets and accepts on them. */
#include <errno.h>
#include <unistd.h>
#include <event2/listener.h>
#include "base/file.h"
#include "base/xalloc.h"
#include "conf/socket_listen.h"
#include "policyd/health.h"
#include "policyd/listener.h"

/* After an accept that failed for want of descriptors: a pause, not a spinning loop. */
#define PAUSE_S 1

struct listener {
    struct evconnlistener *conn;
    struct event *resume;
    char *path; /* unix: to be removed */
};

struct listeners {
    size_t count;
    struct listener each[LISTENERS_MAX];
    void (*accepted)(evutil_socket_t fd);
};

static void on_accept(struct evconnlistener *conn, evutil_socket_t fd, struct sockaddr *address,
                      int size, void *ctx)
{
    struct listeners *listeners = ctx;

    (void)conn, (void)address, (void)size;
    health_set("policy sockets", false, LOG_LEVEL_ERROR, "%s", "");
    listeners->accepted(fd);
}

static void on_resume(evutil_socket_t fd, short what, void *ctx)
{
    (void)fd, (void)what;
    evconnlistener_enable(ctx);
}

static void on_error(struct evconnlistener *conn, void *ctx)
{
    struct listeners *listeners = ctx;
    const struct timeval pause = {PAUSE_S, 0};

    health_set("policy sockets", true, LOG_LEVEL_ERROR, "cannot accept: %s", strerror(errno));
    for (size_t i = 0; i < listeners->count; i++) {
        if (listeners->each[i].conn != conn)
            continue;
        evconnlistener_disable(conn);
        event_add(listeners->each[i].resume, &pause);
    }
}

static int open_one(struct listeners *listeners, struct event_base *base, struct span text,
                    struct err *err)
{
    struct listener *listener = &listeners->each[listeners->count];
    struct socket_address address;
    int fd;

    if (listeners->count == LISTENERS_MAX)
        return err_set(err, "more than %d sockets", LISTENERS_MAX);
    if (socket_address_parse(text, &address, err) != 0)
        return -1;
    fd = socket_listen(&address, err);
    if (fd < 0)
        return -1;
    file_set_nonblock(fd);
    listener->path = address.is_unix ? xstrdup(address.path) : NULL;
    listener->conn = evconnlistener_new(base, on_accept, listeners,
                                        LEV_OPT_CLOSE_ON_FREE | LEV_OPT_CLOSE_ON_EXEC, 0, fd);
    evconnlistener_set_error_cb(listener->conn, on_error);
    listener->resume = evtimer_new(base, on_resume, listener->conn);
    listeners->count++;
    return 0;
}

struct listeners *listeners_open(struct event_base *base, const char *sockets,
                                 void (*accepted)(evutil_socket_t fd), struct err *err)
{
    struct listeners *listeners = xcalloc(1, sizeof *listeners);
    struct span rest = span_of(sockets), one;

    listeners->accepted = accepted;
    while (span_cut(&rest, ',', &one)) {
        if (open_one(listeners, base, span_trim(one), err) != 0) {
            err_prefix(err, "policy_socket");
            listeners_close(&listeners);
            return NULL;
        }
    }
    return listeners;
}

void listeners_close(struct listeners **listeners)
{
    if (*listeners == NULL)
        return;
    for (size_t i = 0; i < (*listeners)->count; i++) {
        struct listener *listener = &(*listeners)->each[i];
        event_free(listener->resume);
        evconnlistener_free(listener->conn);
        if (listener->path != NULL)
            unlink(listener->path);
        xfree(&listener->path);
    }
    xfree(listeners);
}
