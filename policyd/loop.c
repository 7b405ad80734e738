/* loop.c - the event loop's life: signals, the tick of a second, the graceful end. */
#include <signal.h>
#include <event2/thread.h>
#include "base/daemon.h"
#include "base/log.h"
#include "policyd/client.h"
#include "policyd/counters.h"
#include "policyd/listener.h"
#include "policyd/loop.h"
#include "policyd/next_hops.h"

static struct running {
    const struct settings *settings;
    struct event_base *base;
    struct listeners *listeners;
    struct event *on_term, *on_int, *on_hup, *deadline, *second;
} running;

static void stop_loop(void)
{
    event_base_loopbreak(running.base);
}

static void on_deadline(evutil_socket_t fd, short what, void *ctx)
{
    (void)fd, (void)what, (void)ctx;
    stop_loop();
}

/* No new connections; what was asked is answered, up to drain_timeout. */
static void on_end(evutil_socket_t number, short what, void *ctx)
{
    const struct timeval most = {running.settings->drain_timeout / 1000, 0};

    (void)what, (void)ctx;
    log_info("ending after signal %d", (int)number);
    daemon_stopping();
    listeners_close(&running.listeners);
    evtimer_add(running.deadline, &most);
    clients_drain(stop_loop);
}

static void on_hangup(evutil_socket_t number, short what, void *ctx)
{
    (void)number, (void)what, (void)ctx;
    next_hops_changed(); /* resolves, and looks after the map files; settings are read at start only */
}

static void on_second(evutil_socket_t fd, short what, void *ctx)
{
    (void)fd, (void)what, (void)ctx;
    counters_tick();
}

/* Taken by this thread alone: blocked while the others are started, they inherit that. */
static void set_mask(int how)
{
    sigset_t set;

    sigemptyset(&set);
    sigaddset(&set, SIGTERM);
    sigaddset(&set, SIGINT);
    sigaddset(&set, SIGHUP);
    pthread_sigmask(how, &set, NULL);
}

static void add_events(void)
{
    const struct timeval second = {1, 0};

    running.on_term = evsignal_new(running.base, SIGTERM, on_end, NULL);
    running.on_int = evsignal_new(running.base, SIGINT, on_end, NULL);
    running.on_hup = evsignal_new(running.base, SIGHUP, on_hangup, NULL);
    running.deadline = evtimer_new(running.base, on_deadline, NULL);
    running.second = event_new(running.base, -1, EV_PERSIST, on_second, NULL);
    event_add(running.on_term, NULL);
    event_add(running.on_int, NULL);
    event_add(running.on_hup, NULL);
    event_add(running.second, &second);
}

int loop_listen(const struct settings *settings, struct err *err)
{
    signal(SIGPIPE, SIG_IGN);
    set_mask(SIG_BLOCK);
    running.settings = settings;
    if (evthread_use_pthreads() != 0 || (running.base = event_base_new()) == NULL)
        return err_set(err, "libevent finds no way to wait for events on this system");
    running.listeners =
        listeners_open(running.base, settings->policy_socket, client_accepted, err);
    return running.listeners != NULL ? 0 : -1;
}

void loop_run(struct decisions *decisions)
{
    clients_begin(running.base, running.settings, decisions);
    add_events();
    set_mask(SIG_UNBLOCK);
    daemon_ready(running.settings->policy_socket);
    event_base_dispatch(running.base);
    clients_end();
}

void loop_abandon(void)
{
    listeners_close(&running.listeners);
}
