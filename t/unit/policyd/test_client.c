/* Connections of the policy protocol: order, bounds, disconnects, waiting for checks, hundreds at once, the end. */
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>
#include <event2/thread.h>
#include "base/clock.h"
#include "checks/check.h"
#include "engine/piece.h"
#include "engine/routes.h"
#include "engine/staging.h"
#include "policyd/client.h"
#include "policyd/counters.h"
#include "policyd/listener.h"

#include "t/lib/suite.h"
#include "t/lib/temp_dir.h"

#define REQUEST(state, more) "request=smtpd_access_policy\nprotocol_state=" state "\n" more "\n"
#define RCPT(client, to)                                                                       \
    REQUEST("RCPT", "client_address=" client "\nsender=a@b.example\nrecipient=" to             \
                    "\npolicy_context=staging\n")
#define RULES                                                                                  \
    "list relay_networks ip { 10.0.0.0/8 }\n"                                                  \
    "[policy]\n"                                                                               \
    "rule ours when path = staging and client.ip in $relay_networks then permit relay\n"       \
    "rule slow when client.country = \"XX\" then reject \"5.7.1 slow\"\n"                      \
    "rule blind (unknown passes) when client.country unknown then defer \"4.7.1 blind\"\n"

static struct event_base *base;
static struct settings settings = {
    .policy_max_connections = 600, .policy_max_request = 4096, .policy_deadline = 300};

/* The check that learns client.country: answers when told to, by another thread. */
static struct check_request *asked;
static bool is_asked_after_end;

static int start_country(struct check_request *request, struct err *err)
{
    (void)err;
    check_request_unpin(&asked); /* an earlier one that was started and not needed */
    asked = check_request_pin(request);
    return 0;
}

static const enum fact_id country_facts[] = {FACT_CLIENT_COUNTRY, FACT__COUNT};
static const struct check country = {"country", STAGE_CONNECT, country_facts,
                                     false,     false,         start_country};
static const struct check *const checks[] = {&country};

static void *answer_country(void *text)
{
    struct facts *facts = facts_new();

    facts_set_text(facts, FACT_CLIENT_COUNTRY, span_of(text));
    mailbox_post(asked->mailbox, asked->check, &facts);
    check_request_unpin(&asked);
    return NULL;
}

static void answer_from_thread(const char *text)
{
    pthread_t thread;

    ck_assert_int_eq(pthread_create(&thread, NULL, answer_country, (void *)(uintptr_t)text), 0);
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

static void begin(const char *rules)
{
    evthread_use_pthreads();
    base = event_base_new();
    staging_init("");
    checks_register(checks, 1);
    clients_begin(base, &settings, NULL);
    if (rules != NULL)
        put_in_force(rules);
}

static void end(void)
{
    struct snapshot *none = NULL;

    clients_end();
    event_base_free(base);
    snapshot_swap(&none);
    if (!is_asked_after_end)
        check_request_unpin(&asked);
}

static int connect_client(void)
{
    int ends[2];

    ck_assert_int_eq(socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, ends), 0);
    client_accepted(ends[0]);
    return ends[1];
}

static void say(int fd, struct span bytes)
{
    ck_assert_int_eq(write(fd, bytes.ptr, bytes.len), (ssize_t)bytes.len);
}

/* Runs the loop until `count` answers are there, or the end: then "<closed" is added. */
static const char *hear(int fd, size_t count, struct str *heard)
{
    int64_t deadline = clock_mono_ms() + 5000;
    size_t answers = 0;
    char buf[65536];

    str_reset(heard);
    while (answers < count && clock_mono_ms() < deadline) {
        event_base_loop(base, EVLOOP_NONBLOCK);
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

START_TEST(test_order)
{
    struct str heard = STR_EMPTY;
    int fd;

    begin("[policy]\nrule a when recipient = \"a@x.example\" then reject \"5.7.1 a\"\nrule b "
          "when recipient = \"b@x.example\" then defer \"4.7.1 b\"\n");
    fd = connect_client();
    say(fd, SPAN(RCPT("192.0.2.1", "a@x.example") RCPT("192.0.2.1", "b@x.example")
                     REQUEST("DATA", "") RCPT("192.0.2.1", "c@x.example") "request=smtp"));
    ck_assert_str_eq(
        hear(fd, 4, &heard),
        "action=550 5.7.1 a\n\naction=451 4.7.1 b\n\naction=DUNNO\n\naction=DUNNO\n\n");
    say(fd, SPAN("d_access_policy\nprotocol_state=VRFY\nrecipient=a@x.example\n\n"));
    ck_assert_str_eq(hear(fd, 1, &heard), "action=550 5.7.1 a\n\n");
    close(fd);
    str_clear(&heard);
    end();
}
END_TEST

START_TEST(test_bytewise)
{
    static const char text[] = RCPT("10.1.1.1", "a@x.example");
    struct str heard = STR_EMPTY;
    int fd;

    begin(RULES);
    fd = connect_client();
    for (size_t i = 0; i < sizeof text - 1; i++) {
        say(fd, span_from(text + i, 1));
        event_base_loop(base, EVLOOP_NONBLOCK);
    }
    ck_assert_str_eq(hear(fd, 1, &heard), "action=OK\n\n");
    close(fd);
    str_clear(&heard);
    end();
}
END_TEST

/* No answer, the connection ends, others go on. */
START_TEST(test_malformed)
{
    static const struct span cases[] = {SPAN("hello\n\n"), SPAN("\n"),
                                        SPAN("request=smtpd_access_policy\nx=\0\n\n")};
    struct str heard = STR_EMPTY, large = STR_EMPTY;
    int good, fd;

    begin(RULES);
    good = connect_client();
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        fd = connect_client();
        say(fd, cases[i]);
        ck_assert_str_eq(hear(fd, 1, &heard), "<closed");
        close(fd);
    }
    for (int i = 0; i < 5000; i++)
        str_addc(&large, 'x');
    fd = connect_client();
    say(fd, str_span(&large));
    ck_assert_str_eq(hear(fd, 1, &heard), "<closed");
    close(fd);
    ck_assert_uint_eq(counters_get(COUNTER_MALFORMED), COUNT_OF(cases) + 1);
    say(good, SPAN(RCPT("10.1.1.1", "a@x.example")));
    ck_assert_str_eq(hear(good, 1, &heard), "action=OK\n\n");
    close(good);
    str_clear(&heard);
    str_clear(&large);
    end();
}
END_TEST

START_TEST(test_no_snapshot)
{
    struct str heard = STR_EMPTY;
    int fd;

    begin(NULL);
    fd = connect_client();
    say(fd, SPAN(RCPT("10.1.1.1", "a@x.example") REQUEST("MAIL", "")));
    ck_assert_str_eq(hear(fd, 2, &heard),
                     "action=451 4.3.0 no rules are in force yet\n\naction=DUNNO\n\n");
    close(fd);
    str_clear(&heard);
    end();
}
END_TEST

/* One waits for a check; another connection is answered meanwhile; what was pipelined behind it comes after it. */
START_TEST(test_wait)
{
    struct str heard = STR_EMPTY;
    int slow, fast;

    begin(RULES);
    slow = connect_client();
    fast = connect_client();
    say(slow, SPAN(RCPT("192.0.2.1", "a@x.example") REQUEST("DATA", "")));
    while (asked == NULL)
        event_base_loop(base, EVLOOP_ONCE);
    say(fast, SPAN(RCPT("10.1.1.1", "a@x.example")));
    ck_assert_str_eq(hear(fast, 1, &heard), "action=OK\n\n");
    ck_assert_int_eq(read(slow, &(char){0}, 1), -1);
    close(fast);
    str_clear(&heard);
    close(slow);
    end();
}
END_TEST

START_TEST(test_answered_late)
{
    struct str heard = STR_EMPTY;
    int fd;

    begin(RULES);
    settings.policy_deadline = 60000;
    fd = connect_client();
    say(fd, SPAN(RCPT("192.0.2.1", "a@x.example") REQUEST("DATA", "")));
    while (asked == NULL)
        event_base_loop(base, EVLOOP_ONCE);
    answer_from_thread("XX");
    ck_assert_str_eq(hear(fd, 2, &heard), "action=550 5.7.1 slow\n\naction=DUNNO\n\n");
    close(fd);
    str_clear(&heard);
    end();
}
END_TEST

/* policy_deadline: what is not known by then is unknown, and the rules decide. */
START_TEST(test_deadline)
{
    struct str heard = STR_EMPTY;
    int fd;

    begin(RULES);
    fd = connect_client();
    say(fd, SPAN(RCPT("192.0.2.1", "a@x.example")));
    ck_assert_str_eq(hear(fd, 1, &heard), "action=451 4.7.1 blind\n\n");
    answer_from_thread("XX"); /* nobody is there to read it */
    close(fd);
    str_clear(&heard);
    end();
}
END_TEST

/* The client leaves while its question waits: the answer comes late, to nobody. */
START_TEST(test_gone)
{
    int fd;

    begin(RULES);
    fd = connect_client();
    say(fd, SPAN(RCPT("192.0.2.1", "a@x.example")));
    while (asked == NULL)
        event_base_loop(base, EVLOOP_ONCE);
    is_asked_after_end = true;
    end();
    answer_from_thread("XX");
    close(fd);
}
END_TEST

START_TEST(test_too_many)
{
    struct str heard = STR_EMPTY;
    int fds[4];

    begin(RULES);
    settings.policy_max_connections = 3;
    clients_end();
    clients_begin(base, &settings, NULL);
    for (int i = 0; i < 3; i++)
        fds[i] = connect_client();
    say(fds[0], SPAN(RCPT("10.1.1.1", "a@x.example")));
    hear(fds[0], 1, &heard); /* now fds[1] is the longest idle */
    fds[3] = connect_client();
    ck_assert_str_eq(hear(fds[1], 1, &heard), "<closed");
    for (int i = 0; i < 4; i++) {
        if (i != 1) {
            say(fds[i], SPAN(RCPT("10.1.1.1", "a@x.example")));
            ck_assert_str_eq(hear(fds[i], 1, &heard), "action=OK\n\n");
        }
        close(fds[i]);
    }
    str_clear(&heard);
    end();
}
END_TEST

static bool is_drained;

static void note_drained(void)
{
    is_drained = true;
}

/* At the end: idle connections are closed at once, a question under way is answered first. */
START_TEST(test_drain)
{
    struct str heard = STR_EMPTY;
    int idle, waiting;

    begin(RULES);
    settings.policy_deadline = 60000;
    idle = connect_client();
    waiting = connect_client();
    say(waiting, SPAN(RCPT("192.0.2.1", "a@x.example")));
    while (asked == NULL)
        event_base_loop(base, EVLOOP_ONCE);
    clients_drain(note_drained);
    ck_assert_str_eq(hear(idle, 1, &heard), "<closed");
    ck_assert(!is_drained);
    answer_from_thread("XX");
    ck_assert_str_eq(hear(waiting, 2, &heard), "action=550 5.7.1 slow\n\n<closed");
    ck_assert(is_drained);
    close(idle);
    close(waiting);
    str_clear(&heard);
    end();
}
END_TEST

#define MANY 500

static int connect_unix(const char *path)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0);

    ck_assert_uint_lt(strlen(path), sizeof address.sun_path);
    memcpy(address.sun_path, path, strlen(path));
    ck_assert_int_eq(connect(fd, (struct sockaddr *)&address, sizeof address), 0);
    return fd;
}

/* As many lasting connections as a busy Postfix has processes, through a real socket, each asking again and again. */
START_TEST(test_many)
{
    char dir[200], socket_path[220], where[240];
    struct str heard = STR_EMPTY;
    struct listeners *listeners;
    struct err err;
    int fds[MANY];

    begin(RULES);
    temp_dir_make(dir);
    snprintf(socket_path, sizeof socket_path, "%s/policy", dir);
    snprintf(where, sizeof where, "unix:%s", socket_path);
    listeners = listeners_open(base, where, client_accepted, &err);
    ck_assert_msg(listeners != NULL, "%s", err.text);
    ck_assert_ptr_null(listeners_open(base, where, client_accepted, &err));
    ck_assert_ptr_nonnull(strstr(err.text, "another process answers"));
    for (int i = 0; i < MANY; i++)
        fds[i] = connect_unix(socket_path);
    for (int round = 0; round < 5; round++) {
        for (int i = 0; i < MANY; i++)
            say(fds[i],
                i % 2 == 0 ? SPAN(RCPT("10.1.1.1", "a@x.example")) : SPAN(REQUEST("DATA", "")));
        for (int i = 0; i < MANY; i++)
            ck_assert_str_eq(hear(fds[i], 1, &heard),
                             i % 2 == 0 ? "action=OK\n\n" : "action=DUNNO\n\n");
    }
    ck_assert_uint_eq(counters_get(COUNTER_CONNECTIONS), MANY);
    listeners_close(&listeners);
    ck_assert_int_eq(access(socket_path, F_OK), -1);
    for (int i = 0; i < MANY; i++)
        close(fds[i]);
    str_clear(&heard);
    end();
    temp_dir_remove(dir);
}
END_TEST

SUITE_MAIN("policy clients", test_order, test_bytewise, test_malformed, test_no_snapshot,
           test_wait, test_answered_late, test_deadline, test_gone, test_too_many, test_drain,
           test_many)
