/* server: the control sockets of a daemon, a thread that accepts, a bounded number of threads that serve. */
#include "control/server.h"
#include <errno.h>
#include <poll.h>
#include <pthread.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>
#include "base/clock.h"
#include "base/log.h"
#include "base/xalloc.h"
#include "control/call.h"
#include "control/listen.h"

#define SEND_TIMEOUT_S 30 /* for a client that reads nothing */
#define STOP_WAIT_MS   2000

/* How many connections there may be before a role is refused: readers cannot lock out operators, nor these administrators. */
static const struct role_row {
    enum control_role role;
    int most;
} roles[] = {{ROLE_READ, CONTROL_MAX_CLIENTS / 2},
             {ROLE_OPERATE, CONTROL_MAX_CLIENTS * 3 / 4},
             {ROLE_ADMIN, CONTROL_MAX_CLIENTS}};
#define ROLE_COUNT (sizeof(roles) / sizeof(roles[0]))

struct control_server {
    struct control_service service;
    struct control_listener listeners[ROLE_COUNT];
    int stop_event;
    pthread_t acceptor;
    pthread_mutex_t lock; /* of what follows, and of is_stopping */
    pthread_cond_t ended;
    int clients[CONTROL_MAX_CLIENTS]; /* descriptors, -1 for none */
    int count;
    bool is_stopping, is_abandoned;
};

struct connection {
    struct control_server *server;
    int slot, fd;
    enum control_role role;
};

/* A slot, or -1 when there are too many of this role. */
static int take_slot(struct control_server *server, int fd, int most)
{
    int slot = -1;

    pthread_mutex_lock(&server->lock);
    for (int i = 0; server->count < most && !server->is_stopping && slot == -1; i++)
        if (server->clients[i] == -1)
            slot = i;
    if (slot != -1) {
        server->clients[slot] = fd;
        server->count++;
    }
    pthread_mutex_unlock(&server->lock);
    return slot;
}

static void server_free(struct control_server *server)
{
    pthread_mutex_destroy(&server->lock);
    pthread_cond_destroy(&server->ended);
    close(server->stop_event);
    xfree(&server);
}

/* The last one out frees a server that was not waited for. */
static void give_slot_back(struct control_server *server, int slot)
{
    bool is_last;

    pthread_mutex_lock(&server->lock);
    close(server->clients[slot]);
    server->clients[slot] = -1;
    is_last = --server->count == 0 && server->is_abandoned;
    pthread_cond_signal(&server->ended);
    pthread_mutex_unlock(&server->lock);
    if (is_last)
        server_free(server);
}

static void *serve(void *arg)
{
    struct connection connection = *(struct connection *)arg;

    xfree(&arg);
    control_call_serve(&connection.server->service, connection.fd, connection.role);
    give_slot_back(connection.server, connection.slot);
    return NULL;
}

static void say_busy(int fd)
{
    struct err unused;

    control_write(fd, 'E', SPAN("{\"id\":0,\"exit\":4,\"message\":\"too many connections\"}"),
                  &unused);
    close(fd);
}

static void start_serving(struct control_server *server, int fd, const struct role_row *role)
{
    struct timeval patience = {.tv_sec = SEND_TIMEOUT_S};
    struct connection *connection;
    pthread_attr_t attr;
    pthread_t thread;
    int slot = take_slot(server, fd, role->most);

    log_state("control connections", slot == -1, LOG_LEVEL_WARN, "too many of the role %s",
              names_name(control_role_names, role->role));
    if (slot == -1) {
        say_busy(fd);
        return;
    }
    setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &patience, sizeof(patience));
    connection = xmalloc(sizeof(*connection));
    *connection = (struct connection){server, slot, fd, role->role};
    pthread_attr_init(&attr);
    pthread_attr_setdetachstate(&attr, PTHREAD_CREATE_DETACHED);
    if (pthread_create(&thread, &attr, serve, connection) != 0) {
        xfree(&connection);
        give_slot_back(server, slot);
    }
    pthread_attr_destroy(&attr);
}

/* Out of descriptors: a moment for some to come back, instead of a busy loop. */
static void wait_a_moment(struct control_server *server)
{
    struct pollfd stop = {.fd = server->stop_event, .events = POLLIN};

    log_warn("control: accepting a connection: %s", strerror(errno));
    poll(&stop, 1, 200);
}

static void accept_one(struct control_server *server, size_t i)
{
    int fd = accept4(server->listeners[i].fd, NULL, NULL, SOCK_CLOEXEC);

    if (fd != -1)
        start_serving(server, fd, &roles[i]);
    else if (errno == EMFILE || errno == ENFILE || errno == ENOMEM || errno == ENOBUFS)
        wait_a_moment(server);
}

static void *accept_all(void *arg)
{
    struct control_server *server = arg;
    struct pollfd waiting[ROLE_COUNT + 1];

    for (size_t i = 0; i < ROLE_COUNT; i++)
        waiting[i] = (struct pollfd){.fd = server->listeners[i].fd, .events = POLLIN};
    waiting[ROLE_COUNT] = (struct pollfd){.fd = server->stop_event, .events = POLLIN};
    for (;;) {
        if (poll(waiting, ROLE_COUNT + 1, -1) == -1 && errno != EINTR)
            return NULL;
        if (waiting[ROLE_COUNT].revents)
            return NULL;
        for (size_t i = 0; i < ROLE_COUNT; i++)
            if (waiting[i].revents)
                accept_one(server, i);
    }
}

static void close_listeners(struct control_server *server)
{
    for (size_t i = 0; i < ROLE_COUNT; i++)
        control_listen_end(&server->listeners[i]);
}

static struct control_server *server_new(const struct control_service *service)
{
    struct control_server *server = xcalloc(1, sizeof(*server));
    pthread_condattr_t attr;

    server->service = *service;
    server->stop_event = eventfd(0, EFD_CLOEXEC);
    pthread_mutex_init(&server->lock, NULL);
    pthread_condattr_init(&attr);
    pthread_condattr_setclock(&attr, CLOCK_MONOTONIC);
    pthread_cond_init(&server->ended, &attr);
    pthread_condattr_destroy(&attr);
    for (size_t i = 0; i < ROLE_COUNT; i++)
        server->listeners[i].fd = -1;
    for (int i = 0; i < CONTROL_MAX_CLIENTS; i++)
        server->clients[i] = -1;
    return server;
}

struct control_server *control_server_start(const char *control_dir,
                                            const struct control_service *service,
                                            struct err *err)
{
    struct control_server *server = server_new(service);
    bool is_open = true;

    for (size_t i = 0; i < ROLE_COUNT && is_open; i++)
        is_open = control_listen(&server->listeners[i], control_dir, service->program,
                                 roles[i].role, err) == 0;
    if (is_open && pthread_create(&server->acceptor, NULL, accept_all, server) == 0)
        return server;
    if (is_open)
        err_set(err, "no thread for the control sockets");
    close_listeners(server);
    server_free(server);
    return NULL;
}

/* Tells all to end and waits. True when all did. */
static bool end_clients(struct control_server *server)
{
    int64_t deadline = clock_mono_ms() + STOP_WAIT_MS;
    struct timespec until;
    int late = 0;

    until = (struct timespec){.tv_sec = deadline / 1000, .tv_nsec = deadline % 1000 * 1000000};
    server->is_stopping = true;
    for (int i = 0; i < CONTROL_MAX_CLIENTS; i++)
        if (server->clients[i] != -1)
            shutdown(server->clients[i], SHUT_RD);
    while (server->count > 0 && late == 0)
        late = pthread_cond_timedwait(&server->ended, &server->lock, &until);
    server->is_abandoned = server->count > 0;
    return !server->is_abandoned;
}

bool control_server_stop(struct control_server **server)
{
    struct control_server *ending = *server;
    const uint64_t one = 1;
    bool is_empty;

    *server = NULL;
    if (!ending)
        return true;
    if (write(ending->stop_event, &one, sizeof(one)) == sizeof(one))
        pthread_join(ending->acceptor, NULL);
    close_listeners(ending);
    pthread_mutex_lock(&ending->lock);
    is_empty = end_clients(ending);
    pthread_mutex_unlock(&ending->lock);
    if (is_empty)
        server_free(ending);
    return is_empty;
}
