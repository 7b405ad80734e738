/* redis_watch.c - asks the sentinels again and again. */
#include "base/xalloc.h"
#include "policyd/cluster/redis_watch.h"

struct redis_watch {
    struct redis_dial_options options;
    void (*moved)(void *ctx, const char *to);
    void *ctx;
    char *to; /* NULL: not connected */
    struct event *timer;
    struct redis_dial *dial;
};

static void set_timer(struct redis_watch *watch)
{
    const struct timeval after = {REDIS_WATCH_MS / 1000, REDIS_WATCH_MS % 1000 * 1000};

    evtimer_add(watch->timer, &after);
}

static void on_dialled(void *ctx, struct redis_conn *conn, const char *to)
{
    struct redis_watch *watch = ctx;
    bool has_moved = conn != NULL && strcmp(to, watch->to) != 0;

    redis_conn_close(&conn);
    set_timer(watch);
    if (has_moved)
        watch->moved(watch->ctx, to); /* sets it anew */
    else
        redis_dial_cancel(&watch->dial);
}

static void on_timer(evutil_socket_t fd, short what, void *ctx)
{
    struct redis_watch *watch = ctx;

    (void)fd, (void)what;
    redis_dial_cancel(&watch->dial);
    watch->dial = redis_dial_begin(&watch->options, on_dialled, watch);
}

struct redis_watch *redis_watch_new(const struct redis_dial_options *options,
                                    void (*moved)(void *ctx, const char *to), void *ctx)
{
    struct redis_watch *watch = xcalloc(1, sizeof *watch);

    *watch = (struct redis_watch){.options = *options, .moved = moved, .ctx = ctx};
    watch->timer = evtimer_new(options->base, on_timer, watch);
    return watch;
}

void redis_watch_set(struct redis_watch *watch, const char *to)
{
    if (watch->options.where.kind != REDIS_WHERE_SENTINEL)
        return;
    event_del(watch->timer);
    redis_dial_cancel(&watch->dial);
    xfree(&watch->to);
    if (to == NULL)
        return;
    watch->to = xstrdup(to);
    set_timer(watch);
}

void redis_watch_free(struct redis_watch **watch)
{
    if (*watch == NULL)
        return;
    redis_dial_cancel(&(*watch)->dial);
    event_free((*watch)->timer);
    xfree(&(*watch)->to);
    xfree(watch);
}
