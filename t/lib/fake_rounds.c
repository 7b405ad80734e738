/* fake_rounds.c - instead of checks/rounds.c: a table of results, given by a thread of its own, now or when the test says so. */
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>
#include "t/lib/fake_rounds.h"

#define ROWS_MAX    100
#define ASKED_MAX   4000
#define JOBS        (SENDER_SIGNATURES + 1)
#define WAIT_SECOND 20

static struct asked {
    struct fake_rounds_row row; /* what it gets, taken when it is answered */
    char sender[600], helo[300];
    void (*done)(void *ctx, const struct sender_result *result, const char *failure);
    void *ctx;
} asked[ASKED_MAX];

static pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t changed = PTHREAD_COND_INITIALIZER;
static struct fake_rounds_row rows[ROWS_MAX];
static struct fake_rounds_seen seen[JOBS];
static size_t row_count, asked_count, answered_count, counts[JOBS];
static bool is_held, is_running;

static bool matches(const char *wanted, const char *text)
{
    return wanted == NULL || strcmp(wanted, text) == 0;
}

static void find_row(struct asked *one)
{
    enum sender_job job = one->row.job;

    one->row.failure = "nobody told what to say";
    for (size_t i = 0; i < row_count; i++)
        if (rows[i].job == job && matches(rows[i].sender, one->sender) &&
            matches(rows[i].helo, one->helo))
            one->row = rows[i];
}

/* Unlocked, since done may ask again. */
static void *run(void *unused)
{
    (void)unused;
    pthread_mutex_lock(&mutex);
    for (;;) {
        struct asked *one = &asked[answered_count];
        while (answered_count == asked_count || is_held) {
            pthread_cond_broadcast(&changed);
            pthread_cond_wait(&changed, &mutex);
            one = &asked[answered_count];
        }
        find_row(one);
        pthread_mutex_unlock(&mutex);
        one->done(one->ctx, one->row.result, one->row.failure);
        pthread_mutex_lock(&mutex);
        answered_count++;
    }
    return NULL;
}

static void start_thread(void)
{
    pthread_t thread;

    if (is_running)
        return;
    if (pthread_create(&thread, NULL, run, NULL) != 0)
        abort();
    pthread_detach(thread);
    is_running = true;
}

static void copy(char *to, size_t size, struct span from)
{
    snprintf(to, size, "%.*s", SPAN_ARG(from));
}

static void see(struct fake_rounds_seen *to, const struct rounds_question *question)
{
    const struct sender_request *request = question->request;

    *to = (struct fake_rounds_seen){.client = request->client,
                                    .now = request->now,
                                    .deadline = question->deadline,
                                    .asker = question->asker,
                                    .ahead_count = question->ahead_count};
    copy(to->helo, sizeof to->helo, request->helo);
    copy(to->sender, sizeof to->sender, request->sender);
    copy(to->receiver, sizeof to->receiver, request->receiver);
    copy(to->trusted_id, sizeof to->trusted_id, request->trusted_id);
    if (question->message_fd >= 0)
        (void)!pread(question->message_fd, to->message, sizeof to->message - 1, 0);
}

void rounds_ask(const struct rounds_question *question)
{
    const struct sender_request *request = question->request;
    struct asked *one;

    pthread_mutex_lock(&mutex);
    start_thread();
    if (asked_count == ASKED_MAX || request->job >= JOBS)
        abort();
    one = &asked[asked_count++];
    *one = (struct asked){
        .row = {.job = request->job}, .done = question->done, .ctx = question->ctx};
    copy(one->sender, sizeof one->sender, request->sender);
    copy(one->helo, sizeof one->helo, request->helo);
    see(&seen[request->job], question);
    counts[request->job]++;
    pthread_cond_broadcast(&changed);
    pthread_mutex_unlock(&mutex);
}

void fake_rounds_say(const struct fake_rounds_row *row)
{
    pthread_mutex_lock(&mutex);
    if (row_count == ROWS_MAX || (row->result == NULL) == (row->failure == NULL))
        abort();
    rows[row_count++] = *row;
    pthread_mutex_unlock(&mutex);
}

static void wait_answered(void)
{
    is_held = false;
    pthread_cond_broadcast(&changed);
    while (answered_count < asked_count)
        pthread_cond_wait(&changed, &mutex);
}

void fake_rounds_reset(void)
{
    pthread_mutex_lock(&mutex);
    wait_answered();
    row_count = asked_count = answered_count = 0;
    memset(counts, 0, sizeof counts);
    pthread_mutex_unlock(&mutex);
}

static void set_held(bool to)
{
    pthread_mutex_lock(&mutex);
    is_held = to;
    pthread_cond_broadcast(&changed);
    pthread_mutex_unlock(&mutex);
}

void fake_rounds_hold(void)
{
    set_held(true);
}

void fake_rounds_release(void)
{
    set_held(false);
}

size_t fake_rounds_asked(enum sender_job job)
{
    size_t count;

    pthread_mutex_lock(&mutex);
    count = counts[job];
    pthread_mutex_unlock(&mutex);
    return count;
}

bool fake_rounds_wait_asked(size_t count)
{
    struct timespec end;
    bool is_there;

    clock_gettime(CLOCK_REALTIME, &end);
    end.tv_sec += WAIT_SECOND;
    pthread_mutex_lock(&mutex);
    while (asked_count < count && pthread_cond_timedwait(&changed, &mutex, &end) == 0)
        ;
    is_there = asked_count >= count;
    pthread_mutex_unlock(&mutex);
    return is_there;
}

bool fake_rounds_last(enum sender_job job, struct fake_rounds_seen *seen_r)
{
    bool is_there;

    pthread_mutex_lock(&mutex);
    is_there = counts[job] > 0;
    *seen_r = seen[job];
    pthread_mutex_unlock(&mutex);
    return is_there;
}

int rounds_begin(const struct settings *settings, struct err *err)
{
    (void)settings, (void)err;
    return 0;
}

/* As the real one: nothing is under way afterwards. */
void rounds_end(void)
{
    pthread_mutex_lock(&mutex);
    wait_answered();
    pthread_mutex_unlock(&mutex);
}

void rounds_count(struct rounds_counts *counts_r)
{
    pthread_mutex_lock(&mutex);
    *counts_r = (struct rounds_counts){.questions = asked_count, .rounds = answered_count};
    pthread_mutex_unlock(&mutex);
}
