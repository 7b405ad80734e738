/* test_content.c - what may come from a worker, and when an inspection has failed. */
#include "checks/content.h"
#include "facts/derive.h"
#include "inspect/content_facts.h"
#include "t/lib/suite.h"

static struct facts *fine(void)
{
    struct facts *facts = facts_new();

    facts_set_absent(facts, FACT_FROM);
    facts_set_absent(facts, FACT_REPLY_TO);
    facts_set_text(facts, FACT_SUBJECT, SPAN("x"));
    facts_set_absent(facts, FACT_MESSAGE_ID);
    facts_set_number(facts, FACT_MIME_BROKEN, 0);
    facts_set_number(facts, FACT_MIME_AMBIGUOUS, 0);
    facts_records_learnt(facts, RECORD_ATTACHMENT, false, SPAN(""));
    return facts;
}

static void change_nothing(struct facts *facts)
{
    (void)facts;
}

static void change_incomplete(struct facts *facts)
{
    facts_record_add(facts, RECORD_ATTACHMENT);
    facts_records_learnt(facts, RECORD_ATTACHMENT, true, SPAN("too many parts"));
}

static void change_client(struct facts *facts)
{
    struct ip ip = {{0}};

    facts_set_ip(facts, FACT_CLIENT_IP, &ip);
}

static void change_spf(struct facts *facts)
{
    facts_set_number(facts, FACT_SPF, 3);
}

static void change_derived(struct facts *facts)
{
    facts_set_text(facts, FACT_FROM_DOMAIN, SPAN("trusted.example"));
}

static void set_part(struct facts *facts, enum fact_id id, int64_t number)
{
    struct value value = {.number = number, .text = SPAN("x")};
    struct fact fact = {.state = FACT_VALUE, .count = 1, .values = &value};

    facts_record_set(facts, RECORD_ATTACHMENT,
                     (size_t)facts_record_add(facts, RECORD_ATTACHMENT), id, &fact);
}

static void change_virus(struct facts *facts)
{
    set_part(facts, FACT_ATTACHMENT_VIRUS, 0);
}

static void change_size(struct facts *facts)
{
    set_part(facts, FACT_ATTACHMENT_SIZE, 10);
}

static void change_missing(struct facts *facts)
{
    facts_forget(facts, FACT_MIME_BROKEN);
}

static void change_unknown(struct facts *facts)
{
    facts_set_unknown(facts, FACT_SUBJECT, SPAN("why not"));
}

static void change_no_list(struct facts *facts)
{
    facts_records_unknown(facts, RECORD_ATTACHMENT, SPAN("why not"));
}

static void change_urls(struct facts *facts)
{
    facts_records_learnt(facts, RECORD_URL, false, SPAN(""));
}

static void set_header(struct facts *facts, struct span name, enum fact_state state)
{
    struct fact fact = {.state = state, .reason = SPAN("")};

    facts_set_keyed(facts, FACT_HEADER, name, &fact);
}

static void change_wanted(struct facts *facts)
{
    set_header(facts, SPAN("x-wanted"), FACT_ABSENT);
}

static void change_unwanted(struct facts *facts)
{
    set_header(facts, SPAN("x-other"), FACT_ABSENT);
}

static void change_unknown_header(struct facts *facts)
{
    set_header(facts, SPAN("x-wanted"), FACT_UNKNOWN);
}

static const struct change {
    const char *name;
    void (*apply)(struct facts *facts);
    bool is_taken;  /* from a worker */
    bool is_failed; /* an inspection that gave this has failed */
} changes[] = {
    {"what it should be", change_nothing, true, false},
    {"a limit was reached", change_incomplete, true, false},
    {"the size of a part", change_size, true, false},
    {"a wanted header", change_wanted, true, false},
    {"the client", change_client, false, false},
    {"sender authentication", change_spf, false, false},
    {"a derived fact", change_derived, false, false},
    {"another check's fact of a part", change_virus, false, false},
    {"links", change_urls, false, false},
    {"a header nobody asked for", change_unwanted, false, false},
    {"less than it should", change_missing, false, false},
    {"an unknown fact", change_unknown, false, true},
    {"no list of attachments", change_no_list, false, true},
    {"an unknown header", change_unknown_header, false, true},
};

START_TEST(test_changes)
{
    for (size_t i = 0; i < COUNT_OF(changes); i++) {
        const struct change *c = &changes[i];
        struct facts *facts = fine();
        struct err err;
        err_reset(&err);
        c->apply(facts);
        ck_assert_msg((content_facts_check(facts, SPAN("subject\0x-wanted\0"), &err) == 0) ==
                          c->is_taken,
                      "%s: %s", c->name, err.text);
        ck_assert_msg(content_failed(facts) == c->is_failed, "%s", c->name);
        ck_assert_msg((content_failure(facts).len > 0) ==
                          (c->is_failed && c->apply != change_unknown_header),
                      "%s", c->name);
        facts_free(&facts);
    }
}
END_TEST

/* Nothing learnt yet is no failure; the engine's deadline on any of them is one. */
START_TEST(test_failure)
{
    struct facts *facts = facts_new();

    ck_assert(!content_failed(facts));
    facts_set_unknown(facts, FACT_CLIENT_COUNTRY, SPAN("no file"));
    ck_assert(!content_failed(facts));
    facts_set_unknown(facts, FACT_SUBJECT, SPAN("deadline"));
    ck_assert(content_failed(facts));
    ck_assert(span_is(content_failure(facts), "deadline"));
    ck_assert(content_tried(facts));
    facts_free(&facts);
}
END_TEST

/* Without a running inspector the answer comes at once, and says so. */
START_TEST(test_not_started)
{
    struct check_request *request = calloc(1, sizeof *request);
    struct facts *answer;
    struct err err;
    int check;

    request->mailbox = mailbox_new();
    request->check = 3;
    request->message_fd = -1;
    request->references = 1;
    ck_assert_int_eq(content_check.start(request, &err), 0);
    answer = mailbox_take(request->mailbox, &check);
    ck_assert_int_eq(check, 3);
    ck_assert(content_failed(answer));
    ck_assert(span_starts(content_failure(answer), SPAN("inspector: ")));
    ck_assert(!content_tried(answer));
    facts_free(&answer);
    check_request_unpin(&request);
}
END_TEST

SUITE_MAIN("inspect/content", test_changes, test_failure, test_not_started)
