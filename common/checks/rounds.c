/* rounds.c - a question between worker and DNS: given to the pool, its names asked, given again, until there is a result or a bound is reached. */
#include <fcntl.h>
#include <unistd.h>
#include "base/arena.h"
#include "base/clock.h"
#include "base/xalloc.h"
#include "checks/rounds_inside.h"
#include "inspect/launch.h"
#include "inspect/pool.h"
#include "mail/authres_read.h"

/* What one round may take with a worker; it takes less than a millisecond, unless a large message is hashed or the worker spins. */
#define WORK_MS         2000
#define MESSAGE_WORK_MS 5000
/* Of the time until the deadline, kept for the worker after DNS: a silent name server must not hide what the others said. */
#define RESERVE_MS       500
#define RESERVE_SHARE(t) ((t) / 4)
#define ENDED            POOL_NOT_TRIED "the milter ends"

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static struct pool *pool; /* under the lock */
static _Atomic uint64_t questions, rounds, failures;

static void on_names(struct round *round);

static struct round *round_new(const struct rounds_question *question)
{
    struct round *round = xcalloc(1, sizeof *round);
    int64_t left = question->deadline - clock_mono_ms();
    int64_t reserve = left < 0                           ? 0
                      : RESERVE_SHARE(left) < RESERVE_MS ? RESERVE_SHARE(left)
                                                         : RESERVE_MS;

    round->question = *question;
    round->dns_deadline = question->deadline - reserve;
    round->then = on_names;
    round->arena = arena_new();
    pthread_mutex_init(&round->lock, NULL);
    round->request = *question->request;
    round->request.helo = arena_span(round->arena, question->request->helo);
    round->request.sender = arena_span(round->arena, question->request->sender);
    round->request.receiver = arena_span(round->arena, question->request->receiver);
    round->request.trusted_id = arena_span(round->arena, question->request->trusted_id);
    round->request.answer_count = 0;
    round->request.answers = round->answers;
    round->question.message_fd =
        question->request->job == SENDER_SIGNATURES && question->message_fd >= 0
            ? fcntl(question->message_fd, F_DUPFD_CLOEXEC, 0)
            : -1;
    return round;
}

static void round_end(struct round *round, const char *failure)
{
    const struct rounds_question *question = &round->question;

    if (failure != NULL)
        atomic_fetch_add(&failures, 1);
    question->done(question->ctx, failure == NULL ? &round->result : NULL, failure);
    if (question->message_fd >= 0)
        close(question->message_fd);
    pthread_mutex_destroy(&round->lock);
    arena_free(&round->arena);
    str_clear(&round->body);
    xfree(&round);
}

/* Is that an answer to this, in this round? */
static int check_result(const struct round *round, struct err *err)
{
    const struct sender_result *result = &round->result;

    if (result->lack_count > 0 && round->request.is_last)
        return err_set(err, "it asks for more names than may be asked");
    for (size_t i = 0; i < result->lack_count; i++)
        if (round_knows(round, &result->lacks[i]))
            return err_set(err, "it asks again for what it was told");
    if (result->lack_count == 0 && round->request.job == SENDER_SPF && result->spf == 0)
        return err_set(err, "it says nothing");
    if (result->taken.id.len > 0 &&
        authres_which(result->taken.id, round->request.trusted_id).len == 0)
        return err_set(err, "it takes over results of one that nobody trusts here");
    return 0;
}

static int on_answer(void *ctx, struct span answer, struct err *err)
{
    struct round *round = ctx;

    if (sender_result_read(answer, &round->result, err) < 0)
        return -1;
    return check_result(round, err);
}

static void on_done(void *ctx, const char *failure)
{
    struct round *round = ctx;

    if (failure != NULL || round->result.lack_count == 0)
        round_end(round, failure);
    else
        round_ask(round, round->result.lacks, round->result.lack_count);
}

/* Signatures are those of a message; where its descriptor could not be duplicated there is none. */
static int give(const struct round *round, const struct pool_job *job, struct err *err)
{
    if (round->request.job == SENDER_SIGNATURES && job->message_fd < 0)
        return err_set(err, "there is no message, or no descriptor for it");
    return pool_submit(pool, job, err);
}

/* False: there is no pool. The round may be over when it returns. */
static bool submit(const struct round *round, const struct pool_job *job)
{
    struct err err;
    bool has_pool;

    pthread_mutex_lock(&lock);
    has_pool = pool != NULL;
    if (has_pool && give(round, job, &err) < 0)
        pool_fail(pool, job, err.text);
    pthread_mutex_unlock(&lock);
    return has_pool;
}

/* All names are answered: the next round. */
static void on_names(struct round *round)
{
    struct sender_request *request = &round->request;
    struct pool_job job = {.message_fd = round->question.message_fd,
                           .asker = round->question.asker,
                           .deadline = round->question.deadline,
                           .timeout =
                               round->question.message_fd >= 0 ? MESSAGE_WORK_MS : WORK_MS,
                           .take = on_answer,
                           .done = on_done,
                           .ctx = round};

    atomic_fetch_add(&rounds, 1);
    request->is_last = ++round->count >= SENDER_ROUNDS_MAX ||
                       request->answer_count >= SENDER_NAMES_MAX ||
                       clock_mono_ms() >= round->dns_deadline;
    str_reset(&round->body);
    sender_request_write(&round->body, request);
    job.body = str_span(&round->body);
    if (!submit(round, &job))
        round_end(round, ENDED);
}

void rounds_ask(const struct rounds_question *question)
{
    struct round *round = round_new(question);

    atomic_fetch_add(&questions, 1);
    round_ask(round, question->ahead, question->ahead_count);
}

int rounds_begin(const struct settings *settings, struct err *err)
{
    char path[4096];
    struct pool_options options = {.kind = &pool_sender,
                                   .program = path,
                                   .workers = (unsigned)settings->sender_workers,
                                   .messages = (unsigned)settings->inspect_messages,
                                   .memory = (uint64_t)settings->inspect_memory,
                                   .timeout = WORK_MS};
    struct pool *started;

    round_never_ask(settings->dns_never_ask);
    if (launch_path(path, sizeof path, err) < 0 || pool_start(&started, &options, err) < 0)
        return -1;
    pthread_mutex_lock(&lock);
    pool = started;
    pthread_mutex_unlock(&lock);
    return 0;
}

void rounds_end(void)
{
    struct pool *gone;

    pthread_mutex_lock(&lock);
    gone = pool;
    pool = NULL;
    pthread_mutex_unlock(&lock);
    pool_stop(&gone);
}

void rounds_count(struct rounds_counts *counts_r)
{
    struct pool_counts counts = {.messages = 0};

    pthread_mutex_lock(&lock);
    if (pool != NULL)
        pool_count(pool, &counts);
    pthread_mutex_unlock(&lock);
    *counts_r = (struct rounds_counts){.questions = atomic_load(&questions),
                                       .rounds = atomic_load(&rounds),
                                       .failures = atomic_load(&failures),
                                       .workers_started = counts.workers_started,
                                       .workers_lost = counts.workers_lost,
                                       .queue = counts.queued,
                                       .workers = counts.workers};
}
