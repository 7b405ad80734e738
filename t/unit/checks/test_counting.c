/* test_counting.c - the checks that ask the ports: each answers once, and what it worked with is given back whole. */
#include "base/xalloc.h"
#include "checks/check.h"
#include "checks/counting.h"
#include "checks/ports.h"
#include "t/lib/suite.h"

static struct {
    struct counter_read *read;
    struct greylist_look *look;
} held;

static void hold_read(struct counter_read *read)
{
    held.read = read;
}

static void no_promise(struct span transaction, const struct counter_ask *asks, size_t count)
{
    (void)transaction, (void)asks, (void)count;
}

static void hold_look(struct greylist_look *look)
{
    held.look = look;
}

static void no_passed(const struct greylist_triplet *triplet)
{
    (void)triplet;
}

static const struct counters_port counters = {hold_read, no_promise};
static const struct greylist_port greylist = {hold_look, no_passed};

static struct check_request *request_new(struct mailbox *mailbox)
{
    struct check_request *request = xcalloc(1, sizeof *request);
    struct ip client;

    ck_assert(ip_parse(SPAN("192.0.2.7"), &client));
    request->mailbox = mailbox_pin(mailbox);
    request->message_fd = -1;
    request->references = 1;
    request->facts = facts_new();
    facts_set_ip(request->facts, FACT_CLIENT_IP, &client);
    facts_set_text(request->facts, FACT_SENDER, SPAN("a@outside.example"));
    facts_set_text(request->facts, FACT_RECIPIENT, SPAN("bob@one.example"));
    return request;
}

static struct facts *answer_of(struct mailbox *mailbox)
{
    int check;
    struct facts *facts = mailbox_take(mailbox, &check), *more;

    ck_assert_ptr_nonnull(facts);
    ck_assert_int_eq(check, 0);
    more = mailbox_take(mailbox, &check);
    ck_assert_ptr_null(more);
    return facts;
}

/* Sanitizers see it when the work is looked into after its arena is gone. */
START_TEST(test_counters_answer)
{
    static const struct span name = {.ptr = "messages client.ip 3600", .len = 23};
    struct mailbox *mailbox = mailbox_new();
    struct check_request *request = request_new(mailbox);
    struct facts *facts;
    struct err err;

    ports_set(&counters, &greylist);
    request->want_count = 1;
    request->wants = xcalloc(1, sizeof *request->wants);
    request->wants[0].fact = FACT_COUNT_OF;
    request->wants[0].key = span_from(xstrndup(name.ptr, name.len), name.len);
    ck_assert_int_eq(counters_check.start(request, &err), 0);
    check_request_unpin(&request);
    ck_assert_uint_eq(held.read->count, 1);
    ck_assert(span_is(held.read->asks[0].key, "192.0.2.7"));
    held.read->asks[0].reading = 42;
    held.read->done(held.read);
    facts = answer_of(mailbox);
    ck_assert_int_eq(facts_keyed(facts, FACT_COUNT_OF, name)->values[0].number, 42);
    facts_free(&facts);
    mailbox_unpin(&mailbox);
}
END_TEST

START_TEST(test_greylist_answers)
{
    struct mailbox *mailbox = mailbox_new();
    struct check_request *request = request_new(mailbox);
    struct facts *facts;
    struct err err;

    ports_set(&counters, &greylist);
    ck_assert_int_eq(greylist_check.start(request, &err), 0);
    check_request_unpin(&request);
    ck_assert(span_is(held.look->triplet.recipient, "bob@one.example"));
    held.look->age = 181;
    held.look->done(held.look);
    facts = answer_of(mailbox);
    ck_assert_int_eq(facts_get(facts, FACT_GREYLIST_AGE)->values[0].number, 181);
    facts_free(&facts);
    mailbox_unpin(&mailbox);
}
END_TEST

SUITE_MAIN("checks/counting", test_counters_answer, test_greylist_answers)
