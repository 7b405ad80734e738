/* policy_loop.c - puts connections, a loop and a check that obeys together for the suites of policyd. */
#include <errno.h>
#include <pthread.h>
#include <sys/socket.h>
#include <unistd.h>
#include <check.h>
#include <event2/thread.h>
#include "base/clock.h"
#include "engine/piece.h"
#include "engine/routes.h"
#include "engine/staging.h"
#include "policyd/client.h"
#include "t/lib/policy_loop.h"

struct event_base *policy_base;
struct settings policy_settings = {
    .policy_max_connections = 600, .policy_max_request = 4096, .policy_deadline = 300};

/* The check that learns dnsbl.sender: answers when told to, by another thread. */
struct check_request *policy_asked;

static int start_lists(struct check_request *request, struct err *err)
{
    (void)err;
    check_request_unpin(&policy_asked); /* an earlier one that was started and not needed */
    policy_asked = check_request_pin(request);
    return 0;
}

static const enum fact_id list_facts[] = {FACT_DNSBL_SENDER, FACT__COUNT};
static const struct check block_lists = {
    .name = "lists", .stage = STAGE_CONNECT, .facts = list_facts, .start = start_lists};
static const struct check *const checks[] = {&block_lists};

static void *answer_lists(void *text)
{
    struct facts *facts = facts_new();

    facts_set_text(facts, FACT_DNSBL_SENDER, span_of(text));
    mailbox_post(policy_asked->mailbox, policy_asked->check, &facts);
    check_request_unpin(&policy_asked);
    return NULL;
}

void policy_answer(const char *text)
{
    pthread_t thread;

    ck_assert_int_eq(pthread_create(&thread, NULL, answer_lists, (void *)(uintptr_t)text), 0);
    pthread_join(thread, NULL);
}

static void release_rules(void *rules)
{
    struct ruleset *gone = rules;

    ruleset_unpin(&gone);
}

static void release_routes(void *routes)
{
    struct routes *gone = routes;

    routes_free(&gone);
}

static void put_in_force(const char *text)
{
    struct snapshot *snapshot = snapshot_new();
    struct problems problems;
    struct ruleset *rules;
    struct str printed = STR_EMPTY;
    struct piece *piece;

    problems_init(&problems, "rules", span_of(text));
    rules = ruleset_compile(span_of(text), "rules", &problems);
    problems_print(&printed, &problems);
    ck_assert_msg(rules != NULL, "%s", str_cstr(&printed));
    problems_clear(&problems);
    str_clear(&printed);
    piece = piece_new("rules", rules, release_rules);
    snapshot_hold(snapshot, &piece);
    snapshot_bind(snapshot, rules);
    snapshot->routes = routes_parse(SPAN("postgate-routes 1 0\nend\n"), NULL);
    piece = piece_new("routes", snapshot->routes, release_routes);
    snapshot_hold(snapshot, &piece);
    snapshot_swap(&snapshot);
}

void policy_begin(const char *rules)
{
    evthread_use_pthreads();
    policy_base = event_base_new();
    staging_init("");
    checks_register(checks, 1);
    clients_begin(policy_base, &policy_settings, NULL);
    if (rules != NULL)
        put_in_force(rules);
}

void policy_end(void)
{
    struct snapshot *none = NULL;

    clients_end();
    event_base_free(policy_base);
    snapshot_swap(&none);
}

int policy_connect(void)
{
    int ends[2];

    ck_assert_int_eq(socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, ends), 0);
    client_accepted(ends[0]);
    return ends[1];
}

void policy_say(int fd, struct span bytes)
{
    ck_assert_int_eq(write(fd, bytes.ptr, bytes.len), (ssize_t)bytes.len);
}

const char *policy_hear(int fd, size_t count, struct str *heard)
{
    int64_t deadline = clock_mono_ms() + 5000;
    size_t answers = 0;
    char buf[65536];

    str_reset(heard);
    while (answers < count && clock_mono_ms() < deadline) {
        event_base_loop(policy_base, EVLOOP_NONBLOCK);
        ssize_t got = read(fd, buf, sizeof buf);
        if (got == 0 || (got < 0 && errno == ECONNRESET)) {
            str_adds(heard, "<closed");
            break;
        }
        for (ssize_t i = 0; i < got; i++)
            answers += buf[i] == '\n' && heard->len + (size_t)i > 0 &&
                       (i > 0 ? buf[i - 1] : heard->ptr[heard->len - 1]) == '\n';
        str_add(heard, span_from(buf, got > 0 ? (size_t)got : 0));
    }
    return str_cstr(heard);
}

void policy_wait_asked(void)
{
    while (policy_asked == NULL)
        event_base_loop(policy_base, EVLOOP_ONCE);
}
