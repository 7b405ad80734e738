/* redis_resolve.c - one look-up: a thread that asks the resolver, and the event by which its answer comes back. */
#include <netdb.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <sys/eventfd.h>
#include <sys/un.h>
#include <unistd.h>
#include "base/xalloc.h"
#include "policyd/cluster/redis_resolve.h"

#define THREADS_MAX 4 /* that hang in the resolver */

static atomic_int threads;

/* Shared by the asking thread and the one that resolves: the last one frees it. */
struct lookup {
    atomic_int holders;
    atomic_bool is_done; /* found and why are there to be read */
    int done_fd;
    struct socket_address of;
    struct redis_addresses found;
    char why[200];
};

struct redis_resolve {
    struct lookup *lookup;
    struct event *on_done;
    redis_found *found;
    void *ctx;
};

static void let_go(struct lookup *lookup)
{
    if (atomic_fetch_sub(&lookup->holders, 1) != 1)
        return;
    close(lookup->done_fd);
    xfree(&lookup);
}

static void keep(struct redis_addresses *found, const void *address, size_t len)
{
    if (found->count == REDIS_RESOLVE_MAX || len > sizeof found->each[0].address)
        return;
    memcpy(&found->each[found->count].address, address, len);
    found->each[found->count++].len = (socklen_t)len;
}

static void look_up(struct lookup *lookup, int flags)
{
    const struct addrinfo hints = {.ai_socktype = SOCK_STREAM, .ai_flags = flags};
    struct addrinfo *all = NULL;
    char port[8];
    int failed;

    snprintf(port, sizeof port, "%u", (unsigned)lookup->of.port);
    failed = getaddrinfo(lookup->of.host, port, &hints, &all);
    if (failed != 0) {
        snprintf(lookup->why, sizeof lookup->why, "the name cannot be resolved: %s",
                 gai_strerror(failed));
        return;
    }
    for (const struct addrinfo *each = all; each != NULL; each = each->ai_next)
        keep(&lookup->found, each->ai_addr, each->ai_addrlen);
    freeaddrinfo(all);
}

static void tell(struct lookup *lookup)
{
    const uint64_t one = 1;

    atomic_store(&lookup->is_done, true);
    if (write(lookup->done_fd, &one, sizeof one) != sizeof one) {
        /* a counter of one does not overflow */
    }
}

static void *work(void *arg)
{
    struct lookup *lookup = arg;

    look_up(lookup, AI_ADDRCONFIG);
    tell(lookup);
    let_go(lookup);
    atomic_fetch_sub(&threads, 1);
    return NULL;
}

static int start_thread(struct lookup *lookup, struct err *err)
{
    pthread_t thread;
    int failed;

    if (atomic_fetch_add(&threads, 1) >= THREADS_MAX) {
        atomic_fetch_sub(&threads, 1);
        return err_set(err, "the resolver does not answer");
    }
    atomic_fetch_add(&lookup->holders, 1);
    failed = pthread_create(&thread, NULL, work, lookup);
    if (failed != 0) {
        atomic_fetch_sub(&threads, 1);
        atomic_fetch_sub(&lookup->holders, 1);
        return err_set(err, "no thread for the resolver: %s", strerror(failed));
    }
    pthread_detach(thread); /* it may hang in the resolver when we end */
    return 0;
}

static void set_unix(struct lookup *lookup)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};

    snprintf(address.sun_path, sizeof address.sun_path, "%s", lookup->of.path);
    keep(&lookup->found, &address, sizeof address);
}

/* What needs no resolver is done before this returns, but told by the event all the same. */
static int start(struct lookup *lookup, struct err *err)
{
    if (lookup->of.is_unix)
        set_unix(lookup);
    else
        look_up(lookup, AI_NUMERICHOST);
    if (lookup->found.count == 0)
        return start_thread(lookup, err);
    tell(lookup);
    return 0;
}

static void on_done(evutil_socket_t fd, short what, void *ctx)
{
    struct redis_resolve *resolve = ctx;
    struct lookup *lookup = resolve->lookup;

    (void)fd, (void)what;
    if (!atomic_load(&lookup->is_done))
        return;
    resolve->found(resolve->ctx, &lookup->found, lookup->found.count > 0 ? NULL : lookup->why);
}

struct redis_resolve *redis_resolve_begin(struct event_base *base,
                                          const struct socket_address *of, redis_found *found,
                                          void *ctx, struct err *err)
{
    struct redis_resolve *resolve = xcalloc(1, sizeof *resolve);
    struct lookup *lookup = xcalloc(1, sizeof *lookup);

    *resolve = (struct redis_resolve){.lookup = lookup, .found = found, .ctx = ctx};
    atomic_store(&lookup->holders, 1);
    lookup->of = *of;
    lookup->done_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    resolve->on_done = event_new(base, lookup->done_fd, EV_READ, on_done, resolve);
    if (lookup->done_fd < 0 || resolve->on_done == NULL ||
        event_add(resolve->on_done, NULL) != 0)
        err_set(err, "no descriptor for the resolver");
    else if (start(lookup, err) == 0)
        return resolve;
    redis_resolve_cancel(&resolve);
    return NULL;
}

void redis_resolve_cancel(struct redis_resolve **resolve)
{
    if (*resolve == NULL)
        return;
    if ((*resolve)->on_done != NULL)
        event_free((*resolve)->on_done);
    let_go((*resolve)->lookup);
    xfree(resolve);
}
