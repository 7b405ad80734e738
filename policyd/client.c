/* client.c - one connection of the policy protocol: cuts requests out of its buffer and answers them in order. */
#include <sys/queue.h>
#include <sys/socket.h>
#include <event2/buffer.h>
#include <event2/bufferevent.h>
#include <event2/thread.h>
#include "base/clock.h"
#include "base/xalloc.h"
#include "policyd/client.h"
#include "policyd/counters.h"
#include "policyd/health.h"
#include "policyd/question.h"

/* Postfix closes after 300 s without a request (smtpd_policy_service_max_idle); somebody who does not is closed then. */
#define IDLE_S 1200
/* Answers not yet read; beyond it no further request of that connection is begun. */
#define MAX_UNREAD (64 * 1024)

struct client {
    TAILQ_ENTRY(client) by_use; /* the longest idle first */
    struct bufferevent *conn;
    struct request_reader reader;
    struct question *question; /* under way, or NULL */
    struct event *deadline;
};

static struct {
    struct event_base *base;
    size_t max_connections, max_request;
    TAILQ_HEAD(, client) all;
    size_t count;
    struct event *wake;
    void (*drained)(void); /* set while draining */
} clients;

static void client_free(struct client *client)
{
    TAILQ_REMOVE(&clients.all, client, by_use);
    clients.count--;
    counters_set(COUNTER_CONNECTIONS, clients.count);
    question_free(&client->question);
    if (client->deadline != NULL)
        event_free(client->deadline);
    bufferevent_free(client->conn);
    xfree(&client);
    if (clients.count == 0 && clients.drained != NULL)
        clients.drained();
}

static void used_now(struct client *client)
{
    TAILQ_REMOVE(&clients.all, client, by_use);
    TAILQ_INSERT_TAIL(&clients.all, client, by_use);
}

static void on_deadline(evutil_socket_t fd, short what, void *ctx);

/* Not before the deadline: the timer's clock is finer than ours. */
static void arm(struct client *client)
{
    int64_t ms = question_deadline(client->question) - clock_mono_ms() + 1;
    struct timeval pause = {ms > 0 ? ms / 1000 : 0, ms > 0 ? ms % 1000 * 1000 : 0};

    event_add(client->deadline, &pause);
}

static void wait_for(struct client *client, struct question *question)
{
    client->question = question;
    bufferevent_disable(client->conn, EV_READ);
    if (client->deadline == NULL)
        client->deadline = evtimer_new(clients.base, on_deadline, client);
    arm(client);
}

/* Begins the request at the front of the buffer. 1 begun, 0 none is whole yet, -1 malformed. */
static int begin_request(struct client *client, struct err *err)
{
    struct evbuffer *in = bufferevent_get_input(client->conn);
    struct str answer = STR_EMPTY;
    struct request request;
    struct question *waiting;
    size_t used;
    struct span bytes = span_from(evbuffer_pullup(in, -1), evbuffer_get_length(in));
    int state = request_parse(&client->reader, bytes, &request, &used, err);

    if (state != 1)
        return state;
    counters_add(COUNTER_REQUESTS, 1);
    waiting = question_ask(&request, &answer);
    evbuffer_drain(in, used);
    if (waiting != NULL)
        wait_for(client, waiting);
    else
        bufferevent_write(client->conn, answer.ptr, answer.len);
    str_clear(&answer);
    used_now(client);
    return 1;
}

static void malformed(struct client *client, const struct err *err)
{
    counters_add(COUNTER_MALFORMED, 1);
    log_warn("policy: disconnected a client that does not speak the policy protocol: %s",
             err->text);
    client_free(client);
}

static bool may_begin(const struct client *client)
{
    return client->question == NULL && clients.drained == NULL &&
           evbuffer_get_length(bufferevent_get_input(client->conn)) > 0 &&
           evbuffer_get_length(bufferevent_get_output(client->conn)) < MAX_UNREAD;
}

static bool is_idle(const struct client *client)
{
    return client->question == NULL &&
           evbuffer_get_length(bufferevent_get_output(client->conn)) == 0;
}

/* All that can be done with what is there; each turn takes a request off a buffer of bounded length. */
static void proceed(struct client *client)
{
    struct err err;
    int state = 1;

    while (state == 1 && may_begin(client))
        state = begin_request(client, &err);
    if (state < 0)
        malformed(client, &err);
    else if (clients.drained != NULL && is_idle(client))
        client_free(client);
}

static void on_data(struct bufferevent *conn, void *ctx)
{
    (void)conn;
    proceed(ctx);
}

static void on_end(struct bufferevent *conn, short what, void *ctx)
{
    (void)conn, (void)what;
    client_free(ctx);
}

static void finish(struct client *client, const struct str *answer)
{
    question_free(&client->question);
    event_del(client->deadline);
    bufferevent_write(client->conn, answer->ptr, answer->len);
    bufferevent_enable(client->conn, EV_READ);
    proceed(client);
}

static void step(struct client *client)
{
    struct str answer = STR_EMPTY;

    if (question_step(client->question, &answer))
        finish(client, &answer);
    else
        arm(client);
    str_clear(&answer);
}

static void on_deadline(evutil_socket_t fd, short what, void *ctx)
{
    (void)fd, (void)what;
    step(ctx);
}

/* Some answer of a check is in; whose it is not said, since its owner may be gone. */
static void on_wake(evutil_socket_t fd, short what, void *ctx)
{
    struct client *client, *next;

    (void)fd, (void)what, (void)ctx;
    for (client = TAILQ_FIRST(&clients.all); client != NULL; client = next) {
        next = TAILQ_NEXT(client, by_use);
        if (client->question != NULL)
            step(client);
    }
}

static void wake_loop(void *ctx)
{
    event_active(ctx, EV_READ, 0);
}

void clients_begin(struct event_base *base, const struct settings *settings,
                   struct decisions *decisions)
{
    clients.base = base;
    clients.max_connections = (size_t)settings->policy_max_connections;
    clients.max_request = (size_t)settings->policy_max_request;
    TAILQ_INIT(&clients.all);
    clients.wake = event_new(base, -1, 0, on_wake, NULL);
    questions_begin(settings, decisions, wake_loop, clients.wake);
}

/* Room for one more: the longest idle connection has to go. */
static bool make_room(void)
{
    struct client *client;

    health_set("policy connections", clients.count >= clients.max_connections, LOG_LEVEL_WARN,
               "there are %zu (policy_max_connections); the longest idle ones are closed",
               clients.count);
    if (clients.count < clients.max_connections)
        return true;
    TAILQ_FOREACH(client, &clients.all, by_use)
    {
        if (is_idle(client)) {
            client_free(client);
            return true;
        }
    }
    return false;
}

void client_accepted(evutil_socket_t fd)
{
    const struct timeval idle = {IDLE_S, 0};
    struct client *client;

    if (clients.drained != NULL || !make_room()) {
        evutil_closesocket(fd);
        return;
    }
    client = xcalloc(1, sizeof *client);
    client->reader.limit = clients.max_request;
    client->conn = bufferevent_socket_new(clients.base, fd, BEV_OPT_CLOSE_ON_FREE);
    bufferevent_setcb(client->conn, on_data, on_data, on_end, client);
    bufferevent_setwatermark(client->conn, EV_READ, 0, clients.max_request + 1);
    bufferevent_set_timeouts(client->conn, &idle, &idle);
    bufferevent_enable(client->conn, EV_READ | EV_WRITE);
    TAILQ_INSERT_TAIL(&clients.all, client, by_use);
    counters_set(COUNTER_CONNECTIONS, ++clients.count);
}

static void close_idle(void)
{
    struct client *client, *next;

    for (client = TAILQ_FIRST(&clients.all); client != NULL; client = next) {
        next = TAILQ_NEXT(client, by_use);
        if (is_idle(client))
            client_free(client);
    }
}

void clients_drain(void (*done)(void))
{
    if (clients.count == 0) {
        done();
        return;
    }
    clients.drained = done;
    close_idle();
}

void clients_end(void)
{
    clients.drained = NULL;
    while (!TAILQ_EMPTY(&clients.all))
        client_free(TAILQ_FIRST(&clients.all));
    event_free(clients.wake);
}
