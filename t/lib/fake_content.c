/* fake_content.c - instead of checks/content.c: answers from a thread of its own, a little later, sometimes after the owner let go. */
#include <pthread.h>
#include <unistd.h>
#include "base/xalloc.h"
#include "checks/content.h"
#include "t/lib/fake_content.h"

const char *fake_content_failure = "";

static void *answer_later(void *argument)
{
    struct check_request *request = argument;
    struct facts *facts = facts_new();

    facts_records_learnt(facts, RECORD_ATTACHMENT, false, SPAN(""));
    facts_set_number(facts, FACT_MIME_BROKEN, 0);
    mailbox_post(request->mailbox, request->check, &facts);
    check_request_unpin(&request);
    return NULL;
}

static int fake_start(struct check_request *request, struct err *err)
{
    pthread_attr_t attributes;
    pthread_t thread;
    int rc;

    pthread_attr_init(&attributes);
    pthread_attr_setdetachstate(&attributes, PTHREAD_CREATE_DETACHED);
    rc = pthread_create(&thread, &attributes, answer_later, check_request_pin(request));
    pthread_attr_destroy(&attributes);
    return rc == 0 ? 0 : err_set(err, "no thread");
}

static const enum fact_id learnt[] = {FACT_ATTACHMENT_NAME, FACT_MIME_BROKEN, FACT__COUNT};

const struct check content_check = {
    .name = "content",
    .stage = STAGE_EOM,
    .facts = learnt,
    .reads_message = true,
    .start = fake_start,
};

int content_begin(const struct settings *settings, struct err *err)
{
    (void)settings, (void)err;
    return 0;
}

void content_end(void)
{
}

bool content_failed(const struct facts *facts)
{
    (void)facts;
    return fake_content_failure[0] != '\0';
}

struct span content_failure(const struct facts *facts)
{
    (void)facts;
    return span_of(fake_content_failure);
}

bool content_tried(const struct facts *facts)
{
    (void)facts;
    return !span_starts(span_of(fake_content_failure), SPAN("inspector: not tried: "));
}

void content_count(struct content_counts *counts_r)
{
    *counts_r = (struct content_counts){0};
}
