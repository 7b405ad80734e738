/* dns_wait.c - asks the resolver's thread and waits for all answers. */
#include "dns/dns_wait.h"
#include <pthread.h>
#include "base/clock.h"

struct waiting {
    pthread_mutex_t lock;
    pthread_cond_t answered;
    size_t left;
    struct arena *arena; /* under the lock */
};

struct one {
    struct waiting *waiting;
    struct dns_wanted *wanted;
};

static void keep(struct arena *arena, const struct dns_answer *from, struct dns_answer *to)
{
    struct span *records = arena_array(arena, from->count + 1, sizeof *records);

    *to = *from;
    to->name = arena_span(arena, from->name);
    for (size_t i = 0; i < from->count; i++)
        records[i] = arena_span(arena, from->records[i]);
    to->records = records;
}

static void on_answer(void *ctx, const struct dns_answer *answer)
{
    const struct one *one = ctx;
    struct waiting *waiting = one->waiting;

    pthread_mutex_lock(&waiting->lock);
    keep(waiting->arena, answer, &one->wanted->answer);
    if (--waiting->left == 0)
        pthread_cond_signal(&waiting->answered);
    pthread_mutex_unlock(&waiting->lock);
}

void dns_wait(struct dns_wanted *wanted, size_t count, int64_t timeout_ms, struct arena *arena)
{
    struct waiting waiting = {.lock = PTHREAD_MUTEX_INITIALIZER,
                              .answered = PTHREAD_COND_INITIALIZER,
                              .left = count,
                              .arena = arena};
    struct dns_question *questions = arena_array(arena, count + 1, sizeof *questions);
    struct one *ones = arena_array(arena, count + 1, sizeof *ones);
    int64_t deadline = clock_mono_ms() + timeout_ms;

    for (size_t i = 0; i < count; i++) {
        ones[i] = (struct one){&waiting, &wanted[i]};
        questions[i] = (struct dns_question){.type = wanted[i].type,
                                             .name = wanted[i].name,
                                             .is_ours = true,
                                             .deadline = deadline,
                                             .done = on_answer,
                                             .ctx = &ones[i]};
    }
    if (count == 0)
        return;
    dns_ask(questions, count);
    pthread_mutex_lock(&waiting.lock);
    while (waiting.left > 0) /* every question is answered, by its deadline at the latest */
        pthread_cond_wait(&waiting.answered, &waiting.lock);
    pthread_mutex_unlock(&waiting.lock);
    pthread_cond_destroy(&waiting.answered);
    pthread_mutex_destroy(&waiting.lock);
}
