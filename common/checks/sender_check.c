/* sender_check.c - hands a question to the sender pool and posts what comes of it. */
#include "base/xalloc.h"
#include "checks/rounds.h"
#include "checks/sender_check.h"
#include "dns/dns.h"

struct errand {
    struct check_request *request;
    sender_learn *learn;
};

static const struct settings *settings;

void sender_check_begin(const struct settings *of_program)
{
    settings = of_program;
}

const struct settings *sender_check_settings(void)
{
    return settings;
}

void sender_check_post(struct check_request *request, struct facts *facts)
{
    mailbox_post(request->mailbox, request->check, &facts);
}

static void on_done(void *ctx, const struct sender_result *result, const char *failure)
{
    struct errand *errand = ctx;
    struct facts *facts = facts_new();

    if (result != NULL)
        errand->learn(errand->request, result, facts);
    else
        checks_at((size_t)errand->request->check)->without(facts, failure);
    sender_check_post(errand->request, facts);
    check_request_unpin(&errand->request);
    xfree(&errand);
}

static uint64_t asker_of(const struct check_request *request)
{
    const struct fact *client = facts_get(request->facts, FACT_CLIENT_IP);

    return client->state == FACT_VALUE ? dns_asker(&client->values[0].ip) : 0;
}

void sender_check_ask(struct check_request *request, const struct sender_request *question,
                      const struct sender_lack *ahead, size_t ahead_count, sender_learn *learn)
{
    struct errand *errand = xcalloc(1, sizeof *errand);
    struct rounds_question ask = {.request = question,
                                  .message_fd = request->message_fd,
                                  .ahead_count = ahead_count,
                                  .ahead = ahead,
                                  .asker = asker_of(request),
                                  .deadline = request->deadline,
                                  .done = on_done,
                                  .ctx = errand};

    *errand = (struct errand){.request = check_request_pin(request), .learn = learn};
    rounds_ask(&ask);
}
