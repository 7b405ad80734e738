/* rounds_client.c - asks the sender pool, whose inspector lies beside the test program (t/make/fakes.mk), and waits for its answers. */
#include "t/lib/rounds_client.h"
#include <check.h>
#include <stdio.h>
#include <string.h>
#include "base/clock.h"
#include "base/log.h"
#include "t/lib/fake_dns.h"

#define FAR_MS 30000

void rounds_client_begin(unsigned workers)
{
    static struct settings settings = {.inspect_messages = 100,
                                       .inspect_memory = 256 << 20,
                                       .dns_never_ask = "localhost, Internal"};
    struct err err;

    log_open("test_rounds", true);
    fake_dns_reset();
    settings.sender_workers = workers;
    ck_assert_msg(rounds_begin(&settings, &err) == 0, "%s", err.text);
}

static void on_done(void *ctx, const struct sender_result *result, const char *failure)
{
    struct rounds_asked *asked = ctx;
    struct rounds_answer *answer = &asked->answer;

    pthread_mutex_lock(&asked->lock);
    ck_assert((result == NULL) == (failure != NULL));
    snprintf(answer->failure, sizeof answer->failure, "%s", failure != NULL ? failure : "");
    if (result != NULL) {
        answer->spf = result->spf;
        snprintf(answer->reason, sizeof answer->reason, "%.*s", SPAN_ARG(result->spf_reason));
        snprintf(answer->explanation, sizeof answer->explanation, "%.*s",
                 SPAN_ARG(result->spf_explanation));
    }
    ck_assert(!asked->is_done);
    asked->is_done = true;
    asked->thread = pthread_self();
    pthread_cond_signal(&asked->done);
    pthread_mutex_unlock(&asked->lock);
}

static void start(const char *helo, int fd, struct rounds_question question,
                  struct rounds_asked *asked)
{
    struct sender_request request = {.job = fd >= 0 ? SENDER_SIGNATURES : SENDER_SPF,
                                     .now = 1790000000,
                                     .helo = span_of(helo),
                                     .sender = SPAN("a@b.example"),
                                     .receiver = SPAN("gate.example"),
                                     .trusted_id = SPAN("")};

    *asked = (struct rounds_asked){.lock = PTHREAD_MUTEX_INITIALIZER,
                                   .done = PTHREAD_COND_INITIALIZER,
                                   .deadline = clock_mono_ms() + FAR_MS};
    question.request = &request;
    question.message_fd = fd;
    question.asker = ROUNDS_CLIENT_ASKER;
    question.deadline = asked->deadline;
    question.done = on_done;
    question.ctx = asked;
    rounds_ask(&question);
}

void rounds_client_start(const char *helo, int message_fd, struct rounds_asked *asked)
{
    start(helo, message_fd, (struct rounds_question){.ahead_count = 0}, asked);
}

void rounds_client_start_ahead(const char *helo, const struct sender_lack *ahead, size_t count,
                               struct rounds_asked *asked)
{
    start(helo, -1, (struct rounds_question){.ahead = ahead, .ahead_count = count}, asked);
}

void rounds_client_await(struct rounds_asked *asked)
{
    pthread_mutex_lock(&asked->lock);
    while (!asked->is_done)
        pthread_cond_wait(&asked->done, &asked->lock);
    pthread_mutex_unlock(&asked->lock);
}

void rounds_client_ask(const char *helo, int message_fd, struct rounds_answer *answer_r)
{
    struct rounds_asked asked;

    rounds_client_start(helo, message_fd, &asked);
    rounds_client_await(&asked);
    *answer_r = asked.answer;
}

void rounds_client_ask_ahead(const char *helo, const struct sender_lack *ahead, size_t count,
                             struct rounds_answer *answer_r)
{
    struct rounds_asked asked;

    rounds_client_start_ahead(helo, ahead, count, &asked);
    rounds_client_await(&asked);
    *answer_r = asked.answer;
}
