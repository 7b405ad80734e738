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

static const struct content_wants without_links = {.headers = {"subject\0x-wanted\0", 17}};

START_TEST(test_changes)
{
    for (size_t i = 0; i < COUNT_OF(changes); i++) {
        const struct change *c = &changes[i];
        struct facts *facts = fine();
        struct err err;
        err_reset(&err);
        c->apply(facts);
        ck_assert_msg((content_facts_check(facts, &without_links, &err) == 0) == c->is_taken,
                      "%s: %s", c->name, err.text);
        ck_assert_msg(content_failed(facts) == c->is_failed, "%s", c->name);
        ck_assert_msg((content_failure(facts).len > 0) ==
                          (c->is_failed && c->apply != change_unknown_header),
                      "%s", c->name);
        facts_free(&facts);
    }
}
END_TEST

/* A link as a worker may list it; what is NULL is absent. */
struct link {
    const char *name; /* of the case */
    const char *host, *domain, *text;
    int deceptive; /* -1: absent */
    bool is_taken;
};

static const struct link links[] = {
    {"a link", "www.example.com", "example.com", "Click here", 0, true},
    {"nothing shown", "www.example.com", "example.com", NULL, 1, true},
    {"an IPv4 address", "192.0.2.1", NULL, "192.0.2.1", 0, true},
    {"an IPv6 address", "2001:db8::1", NULL, NULL, 0, true},
    {"a domain that is its own", "example.com", "example.com", NULL, 0, true},
    {"no host", NULL, "example.com", NULL, 0, false},
    {"an empty host", "", "example.com", NULL, 0, false},
    {"a host in upper case", "WWW.example.com", "example.com", NULL, 0, false},
    {"a host with a final dot", "example.com.", "example.com", NULL, 0, false},
    {"a host with U-labels",
     "b\xc3\xbc"
     "cher.example",
     "b\xc3\xbc"
     "cher.example",
     NULL, 0, false},
    {"a host with a line end", "example.com\n", "example.com", NULL, 0, false},
    {"an address in another spelling", "2001:DB8:0::1", NULL, NULL, 0, false},
    {"an address in brackets", "[192.0.2.1]", NULL, NULL, 0, false},
    {"an address with a domain", "192.0.2.1", "example.com", NULL, 0, false},
    {"no domain", "www.example.com", NULL, NULL, 0, false},
    {"another domain", "www.example.com", "example.net", NULL, 0, false},
    {"half a label", "www.example.com", "ample.com", NULL, 0, false},
    {"text that is no UTF-8", "example.com", "example.com", "caf\xe9", 0, false},
    {"no word of deceiving", "example.com", "example.com", NULL, -1, false},
};

static void set_link(struct facts *facts, size_t index, enum fact_id id, const char *text)
{
    struct value value = {.text = span_of(text)};
    struct fact fact = {.state = FACT_VALUE, .count = 1, .values = &value};

    if (text != NULL)
        ck_assert(facts_record_set(facts, RECORD_URL, index, id, &fact));
}

static void add_link(struct facts *facts, const struct link *link)
{
    size_t index = (size_t)facts_record_add(facts, RECORD_URL);
    struct value value = {.number = link->deceptive};
    struct fact fact = {.state = FACT_VALUE, .count = 1, .values = &value};

    set_link(facts, index, FACT_URL_HOST, link->host);
    set_link(facts, index, FACT_URL_DOMAIN, link->domain);
    set_link(facts, index, FACT_URL_TEXT, link->text);
    if (link->deceptive >= 0)
        facts_record_set(facts, RECORD_URL, index, FACT_URL_DECEPTIVE, &fact);
}

/* -1: refused, with links wanted. */
static int check_links(const struct facts *facts)
{
    struct content_wants wants = {.flags = WIRE_LINKS};
    struct err err;

    err_reset(&err);
    return content_facts_check(facts, &wants, &err);
}

START_TEST(test_links)
{
    for (size_t i = 0; i < COUNT_OF(links); i++) {
        struct facts *facts = fine();
        add_link(facts, &links[0]);
        add_link(facts, &links[i]);
        facts_records_learnt(facts, RECORD_URL, false, SPAN(""));
        ck_assert_msg((check_links(facts) == 0) == links[i].is_taken, "%s", links[i].name);
        facts_free(&facts);
    }
}
END_TEST

START_TEST(test_link_lists)
{
    struct fact unknown = {.state = FACT_UNKNOWN, .reason = SPAN("why not")};
    char text[WIRE_LINK_SHOWN_MAX + 2];
    struct facts *facts = fine();

    ck_assert_int_lt(check_links(facts), 0); /* wanted and not there */
    for (size_t i = 0; i < WIRE_LINKS_MAX; i++)
        add_link(facts, &links[0]);
    facts_records_learnt(facts, RECORD_URL, true, SPAN("too many links"));
    ck_assert_int_eq(check_links(facts), 0);
    add_link(facts, &links[0]);
    ck_assert_int_lt(check_links(facts), 0);
    facts_free(&facts);

    facts = fine();
    memset(text, 'x', sizeof text);
    text[WIRE_LINK_SHOWN_MAX] = '\0';
    add_link(facts, &links[0]);
    set_link(facts, 0, FACT_URL_TEXT, text);
    facts_records_learnt(facts, RECORD_URL, false, SPAN(""));
    ck_assert_int_eq(check_links(facts), 0);
    text[WIRE_LINK_SHOWN_MAX] = 'x';
    text[WIRE_LINK_SHOWN_MAX + 1] = '\0';
    set_link(facts, 0, FACT_URL_TEXT, text);
    ck_assert_int_lt(check_links(facts), 0);
    set_link(facts, 0, FACT_URL_TEXT, "x");
    facts_record_set(facts, RECORD_URL, 0, FACT_URL_TEXT, &unknown);
    ck_assert_int_lt(check_links(facts), 0);
    facts_free(&facts);

    facts = fine();
    facts_records_unknown(facts, RECORD_URL, SPAN("why not"));
    ck_assert_int_lt(check_links(facts), 0);
    ck_assert(content_failed(facts));
    facts_free(&facts);
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

/* Without a running inspector the answer comes at once, and says so; of links only who asked for them hears. */
static void ask_in_vain(bool wants_links)
{
    struct check_request *request = calloc(1, sizeof *request);
    struct facts *answer;
    struct err err;
    int check;

    if (wants_links) {
        request->wants = calloc(1, sizeof *request->wants);
        request->want_count = 1;
        request->wants[0] = (struct fact_ref){.fact = FACT_URL_HOST, .record = RECORD_URL};
    }
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
    ck_assert_int_eq(facts_records(answer, RECORD_URL)->state,
                     wants_links ? FACT_UNKNOWN : FACT_PENDING);
    facts_free(&answer);
    check_request_unpin(&request);
}

START_TEST(test_not_started)
{
    ask_in_vain(false);
    ask_in_vain(true);
}
END_TEST

SUITE_MAIN("inspect/content", test_changes, test_links, test_link_lists, test_failure,
           test_not_started)
