/* content.c - the check that hands a message to postgate-inspect and posts what it learnt. */
#include <stdio.h>
#include <string.h>
#include <unistd.h>
#include "base/file.h"
#include "base/hash.h"
#include "base/xalloc.h"
#include "checks/content.h"
#include "inspect/content_facts.h"
#include "inspect/launch.h"
#include "inspect/pool.h"

static const enum fact_id content_facts[] = {
    FACT_FROM,       FACT_FROM_DOMAIN,    FACT_REPLY_TO,    FACT_SUBJECT,
    FACT_MESSAGE_ID, FACT_MIME_AMBIGUOUS, FACT_MIME_BROKEN, FACT_ATTACHMENT_NAME,
    FACT_URL_HOST,   FACT_HEADER,         FACT__COUNT};

#define INSPECTOR "inspector: " /* begins each reason */

static struct pool *pool;

struct errand {
    struct check_request *request;
    struct str headers; /* wanted names, lower case, each ended by NUL */
    uint32_t flags;     /* WIRE_LINKS */
    struct facts *answer;
};

static void add_header(struct str *headers, struct span name)
{
    for (size_t i = 0; i < name.len; i++)
        str_addc(headers, name.ptr[i] >= 'A' && name.ptr[i] <= 'Z' ? (char)(name.ptr[i] + 32)
                                                                   : name.ptr[i]);
    str_addc(headers, '\0');
}

static struct errand *errand_new(struct check_request *request)
{
    struct errand *errand = xcalloc(1, sizeof *errand);

    errand->request = check_request_pin(request);
    for (size_t i = 0; i < request->want_count; i++)
        if (request->wants[i].fact == FACT_HEADER)
            add_header(&errand->headers, request->wants[i].key);
        else if (fact_table[request->wants[i].fact].record == RECORD_URL)
            errand->flags |= WIRE_LINKS;
    return errand;
}

static void errand_free(struct errand *errand)
{
    check_request_unpin(&errand->request);
    str_clear(&errand->headers);
    xfree(&errand);
}

/* Everything the inspection would have learnt is unknown. */
static struct facts *failed_facts(const struct errand *errand, const char *failure)
{
    struct facts *facts = facts_new();
    struct str text = STR_EMPTY;
    struct fact unknown = {.state = FACT_UNKNOWN};

    str_printf(&text, INSPECTOR "%s", failure);
    unknown.reason = str_span(&text);
    for (size_t i = 0; content_facts[i] != FACT__COUNT; i++)
        if (content_facts[i] < FACT_MESSAGE__COUNT)
            facts_set_unknown(facts, content_facts[i], unknown.reason);
    facts_records_unknown(facts, RECORD_ATTACHMENT, unknown.reason);
    if ((errand->flags & WIRE_LINKS) != 0)
        facts_records_unknown(facts, RECORD_URL, unknown.reason);
    for (size_t i = 0; i < errand->request->want_count; i++)
        if (errand->request->wants[i].fact == FACT_HEADER)
            facts_set_keyed(facts, FACT_HEADER, errand->request->wants[i].key, &unknown);
    str_clear(&text);
    return facts;
}

static void post(struct errand *errand, struct facts *facts)
{
    mailbox_post(errand->request->mailbox, errand->request->check, &facts);
    errand_free(errand);
}

static int on_answer(void *ctx, struct span answer, struct err *err)
{
    struct errand *errand = ctx;
    struct content_wants wants = {str_span(&errand->headers), errand->flags};

    errand->answer = content_facts_read(answer, &wants, err);
    return errand->answer != NULL ? 0 : -1;
}

static void on_done(void *ctx, const char *failure)
{
    struct errand *errand = ctx;

    post(errand, failure == NULL ? errand->answer : failed_facts(errand, failure));
}

/* The client's network: /24, or /56 of IPv6. Nobody's mail is held up by one network's for long. */
static uint64_t asker_of(const struct check_request *request)
{
    static const uint64_t seed[2] = {3, 4}; /* a clash shares one share */
    const struct fact *client =
        request->facts != NULL ? facts_get(request->facts, FACT_CLIENT_IP) : NULL;
    struct ip ip;

    if (client == NULL || client->state != FACT_VALUE)
        return 0;
    ip = client->values[0].ip;
    return hash_table64(seed, span_from(ip.byte, ip_is_v4(&ip) ? 15 : 7));
}

static int content_start(struct check_request *request, struct err *err)
{
    struct errand *errand = errand_new(request);
    struct pool_job job = {.message_fd = request->message_fd,
                           .asker = asker_of(request),
                           .deadline = request->deadline,
                           .wants = errand->flags,
                           .body = str_span(&errand->headers),
                           .take = on_answer,
                           .done = on_done,
                           .ctx = errand};

    if (pool == NULL)
        err_set(err, POOL_NOT_TRIED "postgate-inspect was not started");
    else if (pool_submit(pool, &job, err) == 0)
        return 0;
    post(errand, failed_facts(errand, err->text));
    return 0;
}

const struct check content_check = {
    .name = "content",
    .stage = STAGE_EOM,
    .facts = content_facts,
    .reads_facts = true,
    .reads_message = true,
    .start = content_start,
};

int content_begin(const struct settings *settings, struct err *err)
{
    char path[4096];
    struct pool_options options = {
        .kind = &pool_content,
        .program = path,
        .workers = (unsigned)settings->inspect_workers,
        .messages = (unsigned)settings->inspect_messages,
        .memory = (uint64_t)settings->inspect_memory,
        .timeout = settings->inspect_timeout,
        .limits = {.parts = (uint32_t)settings->mime_max_parts,
                   .depth = (uint32_t)settings->mime_max_depth,
                   .headers = (uint32_t)settings->mime_max_headers,
                   .header_bytes = (uint32_t)settings->mime_max_header_bytes,
                   .parameters = (uint32_t)settings->mime_max_parameters},
    };

    if (launch_path(path, sizeof path, err) < 0)
        return -1;
    return pool_start(&pool, &options, err);
}

void content_end(void)
{
    pool_stop(&pool);
}

/* The reason of the first content fact that is unknown, or NULL. */
static const struct span *first_unknown(const struct facts *facts)
{
    static const enum record records[] = {RECORD_ATTACHMENT, RECORD_URL};

    for (size_t i = 0; i < sizeof records / sizeof *records; i++) {
        const struct record_list *list = facts_records(facts, records[i]);
        if (list->state == FACT_UNKNOWN)
            return &list->reason;
    }
    for (size_t i = 0; content_facts[i] != FACT__COUNT; i++) {
        const struct fact *fact = facts_get(facts, content_facts[i]);
        if (fact->state == FACT_UNKNOWN)
            return &fact->reason;
    }
    for (size_t i = 0; i < facts_keyed_count(facts); i++) {
        const struct keyed_fact *keyed = facts_keyed_at(facts, i);
        if (keyed->id == FACT_HEADER && keyed->fact.state == FACT_UNKNOWN)
            return &keyed->fact.reason;
    }
    return NULL;
}

bool content_failed(const struct facts *facts)
{
    return first_unknown(facts) != NULL;
}

struct span content_failure(const struct facts *facts)
{
    const struct span *reason = first_unknown(facts);

    return reason != NULL ? *reason : (struct span){"", 0};
}

bool content_tried(const struct facts *facts)
{
    return !span_starts(content_failure(facts), SPAN(INSPECTOR POOL_NOT_TRIED));
}

void content_count(struct content_counts *counts_r)
{
    struct pool_counts counts = {.messages = 0};

    if (pool != NULL)
        pool_count(pool, &counts);
    *counts_r = (struct content_counts){.messages = counts.messages,
                                        .failures = counts.failures,
                                        .workers_started = counts.workers_started,
                                        .workers_lost = counts.workers_lost,
                                        .queue = counts.queued,
                                        .queue_max = counts.queue_max,
                                        .workers = counts.workers};
}
