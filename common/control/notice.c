/* notice: the sender's side: notices wait in a bounded queue for the thread that hands them over. */
#include "control/notice.h"
#include <errno.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>
#include "base/clock.h"
#include "base/log.h"
#include "control/notice_path.h"

#define QUEUE_MAX   16384
#define QUEUE_BYTES (16 * 1024 * 1024)
#define AGAIN_MS    200 /* between two tries while nobody takes them */
#define TAKE_MS     500 /* how long one hand-over may wait for room at the other side */

static struct {
    pthread_mutex_t lock;
    pthread_cond_t changed;
    pthread_t thread;
    atomic_bool has_begun;
    bool is_ending, is_handing; /* one is with the thread */
    int fd;
    struct sockaddr_un to;
    size_t first, count, bytes;
    char *each[QUEUE_MAX]; /* a ring; as jansson allocated them */
} queue = {.lock = PTHREAD_MUTEX_INITIALIZER, .fd = -1};
static _Atomic uint64_t dropped;

static size_t place(size_t index)
{
    return (queue.first + index) % QUEUE_MAX;
}

static char *take_first(void)
{
    char *text = queue.each[queue.first];

    queue.first = place(1);
    queue.count--;
    queue.bytes -= strlen(text);
    return text;
}

static void drop_first(void)
{
    free(take_first());
    atomic_fetch_add(&dropped, 1);
}

static void add(char *text)
{
    size_t length = strlen(text);

    while (queue.count == QUEUE_MAX || (queue.count > 0 && queue.bytes + length > QUEUE_BYTES))
        drop_first();
    queue.each[place(queue.count)] = text;
    queue.count++;
    queue.bytes += length;
}

void notice_send(const json_t *notice)
{
    char *text;

    if (!queue.has_begun)
        return;
    text = json_dumps(notice, JSON_COMPACT);
    if (text == NULL || strlen(text) > NOTICE_MAX) {
        free(text);
        atomic_fetch_add(&dropped, 1);
        return;
    }
    pthread_mutex_lock(&queue.lock);
    add(text);
    pthread_cond_broadcast(&queue.changed);
    pthread_mutex_unlock(&queue.lock);
}

uint64_t notice_dropped(void)
{
    return atomic_load(&dropped);
}

/* Waits for room at the other side for TAKE_MS; false when it is not there, or took nothing in that time. */
static bool hand_over(const char *text)
{
    ssize_t sent;

    do
        sent = sendto(queue.fd, text, strlen(text), MSG_NOSIGNAL,
                      (const struct sockaddr *)&queue.to, sizeof(queue.to));
    while (sent < 0 && errno == EINTR);
    return sent >= 0 || errno == EMSGSIZE; /* never to be had: as good as gone */
}

/* With the lock; it is let go of meanwhile. */
static void pause_ms(int ms)
{
    struct timespec until = clock_timespec(clock_mono_ms() + ms);

    pthread_cond_timedwait(&queue.changed, &queue.lock, &until);
}

/* The first one stays in the queue until it is taken, unless it was pushed out meanwhile. */
static void send_first(void)
{
    char *text = take_first();
    bool is_taken;

    queue.is_handing = true;
    pthread_mutex_unlock(&queue.lock);
    is_taken = hand_over(text);
    pthread_mutex_lock(&queue.lock);
    queue.is_handing = false;
    log_state("notices", !is_taken, LOG_LEVEL_INFO,
              "policyd does not take them; they wait here, the newest %d", QUEUE_MAX);
    if (is_taken) {
        free(text);
        return;
    }
    if (queue.count == QUEUE_MAX || queue.bytes + strlen(text) > QUEUE_BYTES) {
        free(text);
        atomic_fetch_add(&dropped, 1);
    } else {
        queue.first = place(QUEUE_MAX - 1);
        queue.each[queue.first] = text;
        queue.count++;
        queue.bytes += strlen(text);
    }
    pause_ms(AGAIN_MS);
}

static void *run(void *unused)
{
    (void)unused;
    pthread_mutex_lock(&queue.lock);
    while (!queue.is_ending) {
        if (queue.count > 0)
            send_first();
        else
            pthread_cond_wait(&queue.changed, &queue.lock);
    }
    pthread_mutex_unlock(&queue.lock);
    return NULL;
}

static void init_condition(void)
{
    pthread_condattr_t attributes;

    pthread_condattr_init(&attributes);
    pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC);
    pthread_cond_init(&queue.changed, &attributes);
    pthread_condattr_destroy(&attributes);
}

void notice_begin(const char *control_dir)
{
    const struct timeval most = {0, TAKE_MS * 1000};
    struct err err;

    if (notice_path(control_dir, &queue.to, &err) != 0) {
        log_warn("notices: %s; there are no statistics of messages", err.text);
        return;
    }
    queue.fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    if (queue.fd < 0) {
        log_warn("notices: a socket: %s", strerror(errno));
        return;
    }
    setsockopt(queue.fd, SOL_SOCKET, SO_SNDTIMEO, &most, sizeof(most));
    init_condition();
    queue.is_ending = false;
    queue.has_begun = pthread_create(&queue.thread, NULL, run, NULL) == 0;
}

static void wait_empty(int timeout_ms)
{
    int64_t deadline = clock_mono_ms() + timeout_ms;

    while ((queue.count > 0 || queue.is_handing) && clock_mono_ms() < deadline)
        pause_ms(10);
}

void notice_end(int timeout_ms)
{
    if (!queue.has_begun)
        return;
    pthread_mutex_lock(&queue.lock);
    wait_empty(timeout_ms);
    while (queue.count > 0)
        drop_first();
    queue.is_ending = true;
    pthread_cond_broadcast(&queue.changed);
    pthread_mutex_unlock(&queue.lock);
    pthread_join(queue.thread, NULL);
    pthread_mutex_lock(&queue.lock);
    while (queue.count > 0) /* put back by the thread */
        drop_first();
    pthread_mutex_unlock(&queue.lock);
    queue.has_begun = false;
    close(queue.fd);
    queue.fd = -1;
}
