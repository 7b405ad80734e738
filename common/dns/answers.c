/* answers.c - hands answers to whoever asked, and counts. */
#include "dns/answers.h"
#include <stdatomic.h>
#include "base/xalloc.h"
#include "dns/watch.h"

static struct {
    atomic_uint_least64_t asked, joined, of_status[DNS_LIMITED + 1];
    atomic_uint under_way;
} counts;

void answers_count(struct dns_counts *counts_r)
{
    *counts_r = (struct dns_counts){
        .asked = atomic_load(&counts.asked),
        .joined = atomic_load(&counts.joined),
        .answered = atomic_load(&counts.of_status[DNS_FOUND]) +
                    atomic_load(&counts.of_status[DNS_NONE]),
        .failed = atomic_load(&counts.of_status[DNS_FAILED]),
        .timeouts = atomic_load(&counts.of_status[DNS_TIMEOUT]),
        .limited = atomic_load(&counts.of_status[DNS_LIMITED]),
        .under_way = atomic_load(&counts.under_way),
        .servers = watch_servers(),
        .is_silent = watch_is_silent(),
        .is_validating = watch_is_validating(),
    };
}

void answers_note_asked(size_t count)
{
    atomic_fetch_add(&counts.asked, count);
}

void answers_give(struct waiter **waiter, const struct dns_answer *answer)
{
    const struct dns_question *question = &(*waiter)->question;

    atomic_fetch_add(&counts.of_status[answer->status], 1);
    if (question->done != NULL)
        question->done(question->ctx, answer);
    xfree(waiter);
}

void answers_give_status(struct waiter **waiter, enum dns_status status)
{
    const struct dns_answer answer = {
        .type = (*waiter)->question.type,
        .status = status,
        .name = span_from((*waiter)->name.text, (*waiter)->name.len),
    };

    answers_give(waiter, &answer);
}

void answers_note_joined(void)
{
    atomic_fetch_add(&counts.joined, 1);
}

void answers_note_under_way(unsigned count)
{
    atomic_store(&counts.under_way, count);
}
