/* What a client may leave undone, and in whose name it asks. */
#include <pthread.h>
#include <sched.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include "control/client.h"
#include "control/server.h"
#include "t/lib/suite.h"

static char dir[32];
static int whole; /* bodies that came to their end */

static enum control_exit run_take(struct control_call *call, struct err *err)
{
    struct span piece;
    int state;

    while ((state = control_body(call, &piece, err)) == 1)
        continue;
    whole += state == 0;
    return EXIT_OK;
}

static enum control_exit run_who(struct control_call *call, struct err *err)
{
    err_set(err, "%s", call->user);
    return EXIT_OK;
}

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static atomic_bool is_at_work;

static enum control_exit run_slow(struct control_call *call, struct err *err)
{
    (void)call, (void)err;
    is_at_work = true;
    pthread_mutex_lock(&lock);
    pthread_mutex_unlock(&lock);
    is_at_work = false;
    return EXIT_OK;
}

static const struct control_command commands[] = {{"take", ROLE_READ, run_take},
                                                  {"who", ROLE_READ, run_who},
                                                  {"slow", ROLE_READ, run_slow},
                                                  {NULL, 0, NULL}};
static const struct control_service service = {"test", commands, NULL};
static struct control_server *server;
static struct control_client *client;

static void begin(void)
{
    struct err err = {""};

    snprintf(dir, sizeof dir, "/tmp/postgate-client-XXXXXX");
    ck_assert(mkdtemp(dir) != NULL);
    whole = 0;
    server = control_server_start(dir, &service, &err);
    ck_assert_msg(server != NULL, "%s", err.text);
    client = control_connect(dir, "test", ROLE_READ, &err);
    ck_assert_msg(client != NULL, "%s", err.text);
}

static void end(void)
{
    control_close(&client);
    ck_assert(control_server_stop(&server)); /* waits for its handlers */
    ck_assert(rmdir(dir) == 0);
}

static struct span give(void *ctx)
{
    struct span *left = ctx, piece = *left;

    *left = SPAN("");
    return piece;
}

static const struct {
    const char *name;
    bool is_broken;
    enum control_exit code;
    int whole;
} bodies[] = {
    {"read to its end", false, EXIT_OK, 1},
    {"not read to its end", true, EXIT_UNREACHABLE, 0},
};

static void send_half_or_whole(size_t at)
{
    struct span body = SPAN("half of a list");
    struct control_question question = {.command = "take",
                                        .body = give,
                                        .body_ctx = &body,
                                        .timeout_ms = 5000,
                                        .is_body_broken = &bodies[at].is_broken};
    struct err message = {""};

    begin();
    ck_assert_msg(control_ask(client, &question, &message) == bodies[at].code, "%s: %s",
                  bodies[at].name, message.text);
    if (bodies[at].is_broken)
        ck_assert_msg(strstr(message.text, "not asked") != NULL, "%s", message.text);
    end();
    ck_assert_int_eq(whole, bodies[at].whole);
}

START_TEST(half_a_body_is_no_request)
{
    for (size_t i = 0; i < COUNT_OF(bodies); i++)
        send_half_or_whole(i);
}
END_TEST

static const struct {
    const char *user, *shown; /* before the peer */
} users[] = {
    {NULL, ""},
    {"", ""},
    {"alice", "alice through "},
    {"eve\nreleased x", "eve?released?x through "},
    {"\xc3\xa9", "?? through "},
    {"aaaaaaaaaabbbbbbbbbbccccccccccddddddddddeeeeeeeeeeffff",
     "aaaaaaaaaabbbbbbbbbbccccccccccddddddddddeeeeeee through "},
};

static void ask_as(size_t at)
{
    struct control_question question = {.command = "who", .timeout_ms = 5000};
    struct err peer = {""}, message = {""};
    struct str expected = STR_EMPTY;

    begin();
    ck_assert_int_eq(control_ask(client, &question, &peer), EXIT_OK);
    question.user = users[at].user;
    ck_assert_int_eq(control_ask(client, &question, &message), EXIT_OK);
    str_printf(&expected, "%s%s", users[at].shown, peer.text);
    ck_assert_str_eq(message.text, str_cstr(&expected));
    str_clear(&expected);
    end();
}

START_TEST(who_asks_through_another_is_named_with_it)
{
    for (size_t i = 0; i < COUNT_OF(users); i++)
        ask_as(i);
}
END_TEST

static void *ask_slow(void *unused)
{
    struct control_question question = {.command = "slow", .timeout_ms = 20000};

    control_ask(client, &question, NULL);
    return unused;
}

START_TEST(the_end_says_whether_a_handler_is_still_at_work)
{
    pthread_t asking;

    begin();
    pthread_mutex_lock(&lock);
    ck_assert_int_eq(pthread_create(&asking, NULL, ask_slow, NULL), 0);
    while (!is_at_work)
        sched_yield();
    ck_assert(!control_server_stop(&server));
    ck_assert(is_at_work);
    pthread_mutex_unlock(&lock);
    pthread_join(asking, NULL);
    ck_assert(control_server_stop(&server)); /* none */
    control_close(&client);
    ck_assert(rmdir(dir) == 0);
}
END_TEST

SUITE_MAIN("control/client", half_a_body_is_no_request,
           who_asks_through_another_is_named_with_it,
           the_end_says_whether_a_handler_is_still_at_work)
