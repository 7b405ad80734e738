/* test_release.c - a message handed to Postfix: each way it can end, and the state the message is in then. */
#include <fcntl.h>
#include <pthread.h>
#include <stdlib.h>
#include "milter/release.h"
#include "milter/releases.h"
#include "t/lib/quarantine_samples.h"
#include "t/lib/smtp_server.h"
#include "t/lib/suite.h"
#include "t/lib/temp_dir.h"

#define GREETING                                                                               \
    {NULL, "220 mx\r\n", 0},                                                                   \
    {                                                                                          \
        "EHLO ", "250 mx\r\n", 0                                                               \
    }
#define SENDER                                                                                 \
    {                                                                                          \
        "MAIL FROM:<a@x.example>\r\n", "250 ok\r\n", 0                                         \
    }
#define BOTH                                                                                   \
    {"RCPT TO:<b@y.example>\r\n", "250 ok\r\n", 0},                                            \
    {                                                                                          \
        "RCPT TO:<c@y.example>\r\n", "250 ok\r\n", 0                                           \
    }
#define MESSAGE                                                                                \
    GREETING, SENDER, BOTH,                                                                    \
    {                                                                                          \
        "DATA\r\n", "354 go on\r\n", 0                                                         \
    }

static const uint8_t key[32] = {3};
static char dir[200], listener[240], *listener_path = listener + 5;
static struct settings settings = {.release_listener = listener};
static struct gate gate = {.settings = &settings};
static struct str queue;
static struct err err;

static void begin(void)
{
    temp_dir_make(dir);
    snprintf(listener, sizeof listener, "unix:%s/s", dir);
    gate.quarantine = sample_open(dir, NULL, 1 << 30);
    gate.releases = releases_new(key);
    str_reset(&queue);
    err_reset(&err);
}

static void end(void)
{
    quarantine_close(&gate.quarantine);
    releases_free(&gate.releases);
    str_clear(&queue);
    temp_dir_remove(dir);
}

static enum release_result release(const char *id)
{
    return release_message(&gate, span_of(id), "admin", &queue, &err);
}

/* Do the notes of the message hold this? */
static bool is_noted(const char *id, const char *text)
{
    struct arena *arena = arena_new();
    struct quarantine_entry entry;
    bool is_there;
    size_t at;

    ck_assert_int_eq(quarantine_read(gate.quarantine, span_of(id), arena, &entry, NULL), 1);
    is_there = span_find(entry.notes, span_of(text), &at);
    arena_free(&arena);
    return is_there;
}

START_TEST(test_endings)
{
    static const struct {
        const char *name;
        struct smtp_step steps[9];
        enum release_result result;
        enum quarantine_state state;
        const char *noted;
    } cases[] = {
        {"taken",
         {MESSAGE, {".", "250 2.0.0 Ok: queued as 4XYZ\r\n", 0}, {"QUIT", "221 bye\r\n", 0}},
         RELEASE_DONE,
         QUARANTINE_RELEASED,
         "released by admin: 250 2.0.0 Ok: queued as 4XYZ"},
        {"taken, no good-bye",
         {MESSAGE, {".", "250 ok\r\n", true}},
         RELEASE_DONE,
         QUARANTINE_RELEASED,
         "released by admin: 250 ok"},
        {"not greeted",
         {{NULL, "554 5.7.1 not you\r\n", 0}},
         RELEASE_REFUSED,
         QUARANTINE_HELD,
         "554 5.7.1 not you"},
        {"sender refused",
         {GREETING, {"MAIL", "550 5.1.8 no\r\n", 0}},
         RELEASE_REFUSED,
         QUARANTINE_HELD,
         "Postfix said 550 5.1.8 no"},
        {"lost at the sender",
         {GREETING, {"MAIL", NULL, true}},
         RELEASE_REFUSED,
         QUARANTINE_HELD,
         "closed"},
        {"a recipient refused",
         {GREETING, SENDER, {"RCPT", "250 ok\r\n", 0}, {"RCPT", "450 4.1.1 later\r\n", 0}},
         RELEASE_REFUSED,
         QUARANTINE_HELD,
         "RCPT TO:<c@y.example>: Postfix said 450 4.1.1 later"},
        {"DATA refused",
         {GREETING, SENDER, BOTH, {"DATA", "452 4.3.1 full\r\n", 0}},
         RELEASE_REFUSED,
         QUARANTINE_HELD,
         "452 4.3.1 full"},
        {"message refused",
         {MESSAGE, {".", "554 5.4.6 loop\r\n", 0}},
         RELEASE_REFUSED,
         QUARANTINE_HELD,
         "554 5.4.6 loop"},
        {"message deferred",
         {MESSAGE, {".", "451-4.3.0 not\r\n451 4.3.0 now\r\n", 0}},
         RELEASE_REFUSED,
         QUARANTINE_HELD,
         "451 4.3.0 now"},
        {"lost after the dot",
         {MESSAGE, {".", NULL, true}},
         RELEASE_UNKNOWN,
         QUARANTINE_UNKNOWN,
         "closed"},
        {"lost within the reply",
         {MESSAGE, {".", "250 2.0.0 O", true}},
         RELEASE_UNKNOWN,
         QUARANTINE_UNKNOWN,
         "closed"},
        {"an answer that is none",
         {MESSAGE, {".", "what?\r\n", 0}},
         RELEASE_UNKNOWN,
         QUARANTINE_UNKNOWN,
         "not an SMTP reply"},
        {"an answer that answers nothing",
         {MESSAGE, {".", "354 go on\r\n", 0}},
         RELEASE_UNKNOWN,
         QUARANTINE_UNKNOWN,
         "Postfix said 354 go on"},
    };

    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        char id[QUARANTINE_ID_SIZE];
        begin();
        sample_put(gate.quarantine, id);
        struct smtp_server *server = smtp_server_start(listener_path, cases[i].steps);
        enum release_result result = release(id);
        ck_assert_msg(smtp_server_end(&server, NULL), "%s: steps", cases[i].name);
        ck_assert_msg(result == cases[i].result, "%s: %d %s", cases[i].name, (int)result,
                      err.text);
        ck_assert_msg(sample_state(gate.quarantine, id) == (int)cases[i].state, "%s: state",
                      cases[i].name);
        ck_assert_msg(is_noted(id, cases[i].noted), "%s: note: %s", cases[i].name, err.text);
        sample_check_message(gate.quarantine, id);
        end();
    }
}
END_TEST

START_TEST(test_what_is_sent)
{
    static const struct smtp_step steps[] = {
        MESSAGE, {".", "250 2.0.0 Ok: queued as 4XYZ\r\n", 0}, {"QUIT", "221 bye\r\n", 0}, {0}};
    struct str heard = STR_EMPTY;
    char id[QUARANTINE_ID_SIZE];
    const char *mark, *message;

    begin();
    sample_put(gate.quarantine, id);
    struct smtp_server *server = smtp_server_start(listener_path, steps);
    ck_assert_int_eq(release("M7K2-9QF4-T3WX"), RELEASE_DONE); /* by its decision code */
    ck_assert(smtp_server_end(&server, &heard));
    ck_assert_str_eq(str_cstr(&queue), "4XYZ");
    mark = strstr(str_cstr(&heard), "DATA\r\nX-Postgate-Release: v1; id=");
    ck_assert_ptr_nonnull(mark);
    message = strstr(mark + 6, "\r\n") + 2;
    ck_assert_str_eq(message, SAMPLE_MESSAGE "\r\n.\r\nQUIT\r\n");
    str_clear(&heard);
    end();
}
END_TEST

/* Lost while the message is on its way: surely not taken. Larger than what sockets hold, so that the loss is seen. */
START_TEST(test_lost_before_the_dot)
{
    static const struct smtp_step steps[] = {MESSAGE, {"X-Postgate-Release: ", NULL, true}};
    const struct span recipients[] = {SPAN("b@y.example"), SPAN("c@y.example")};
    const struct quarantine_entry entry = {
        .sender = SPAN("a@x.example"), .recipients = recipients, .recipient_count = 2};
    size_t size = 8 << 20;
    char *bytes = calloc(1, size), id[QUARANTINE_ID_SIZE];

    begin();
    int fd = sample_memfd(bytes, size);
    ck_assert_int_eq(quarantine_put(gate.quarantine, &entry, fd, id, &err), QUARANTINE_STORED);
    struct smtp_server *server = smtp_server_start(listener_path, steps);
    ck_assert_int_eq(release(id), RELEASE_REFUSED);
    ck_assert(smtp_server_end(&server, NULL));
    ck_assert_msg(strstr(err.text, "write: ") != NULL, "%s", err.text);
    ck_assert_int_eq(sample_state(gate.quarantine, id), QUARANTINE_HELD);
    close(fd);
    free(bytes);
    end();
}
END_TEST

/* Nobody is asked: what cannot be written as a command never gets there, and what is not held is not sent. */
START_TEST(test_not_sent)
{
    static const struct {
        const char *name;
        struct span sender, recipient;
        const char *want;
    } cases[] = {
        {"a command in the sender", SPAN("a\r\nQUIT"), SPAN("b@y.example"),
         "a sender that cannot"},
        {"a command in a recipient", SPAN("a@x.example"), SPAN("b\nDATA"),
         "a recipient that cannot"},
        {"a control", SPAN("a@x.example"), SPAN("b\x7f@y.example"), "a recipient that cannot"},
        {"nobody", SPAN("a@x.example"), SPAN(""), "has no recipients"},
        {"nobody listens", SPAN("a@x.example"), SPAN("b@y.example"), "cannot connect"},
    };

    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        const struct quarantine_entry entry = {.sender = cases[i].sender,
                                               .recipients = &cases[i].recipient,
                                               .recipient_count = cases[i].recipient.len > 0};
        int fd = sample_memfd("x", 1);
        char id[QUARANTINE_ID_SIZE];
        begin();
        ck_assert_int_eq(quarantine_put(gate.quarantine, &entry, fd, id, &err),
                         QUARANTINE_STORED);
        ck_assert_int_eq(release(id), RELEASE_REFUSED);
        ck_assert_msg(strstr(err.text, cases[i].want) != NULL, "%s: %s", cases[i].name,
                      err.text);
        ck_assert_int_eq(sample_state(gate.quarantine, id), QUARANTINE_HELD);
        close(fd);
        end();
    }
}
END_TEST

START_TEST(test_not_there)
{
    char id[QUARANTINE_ID_SIZE], path[300];

    begin();
    sample_put(gate.quarantine, id);
    ck_assert_int_eq(release("20261122-000000000000"), RELEASE_REFUSED);
    ck_assert_str_eq(err.text, "there is no message 20261122-000000000000 in quarantine");
    ck_assert_int_eq(quarantine_delete(gate.quarantine, id, "gone", &err), 1);
    ck_assert_int_eq(release(id), RELEASE_REFUSED);
    ck_assert_msg(strstr(err.text, "deleted") != NULL, "%s", err.text);
    sample_put(gate.quarantine, id);
    snprintf(path, sizeof path, "%s/held/%s", dir, id);
    int fd = open(path, O_WRONLY | O_APPEND);
    ck_assert_int_eq(ftruncate(fd, lseek(fd, 0, SEEK_END) - 20), 0); /* damaged */
    close(fd);
    ck_assert_int_eq(release(id), RELEASE_REFUSED);
    ck_assert_msg(err.text[0] != '\0', "a damaged file");
    end();
}
END_TEST

START_TEST(test_unicode_addresses)
{
    static const struct smtp_step steps[] = {
        GREETING,
        {"MAIL FROM:<\xc3\xbc@x.example> SMTPUTF8\r\n", "250 ok\r\n", 0},
        {"RCPT TO:<b@y.example>\r\n", "550 no\r\n", 0},
        {0}};
    const struct span recipient = SPAN("b@y.example");
    const struct quarantine_entry entry = {
        .sender = SPAN("\xc3\xbc@x.example"), .recipients = &recipient, .recipient_count = 1};
    int fd = sample_memfd("x", 1);
    char id[QUARANTINE_ID_SIZE];

    begin();
    ck_assert_int_eq(quarantine_put(gate.quarantine, &entry, fd, id, &err), QUARANTINE_STORED);
    struct smtp_server *server = smtp_server_start(listener_path, steps);
    ck_assert_int_eq(release(id), RELEASE_REFUSED);
    ck_assert(smtp_server_end(&server, NULL));
    close(fd);
    end();
}
END_TEST

static void *release_too(void *id)
{
    struct str name = STR_EMPTY;
    struct err why;
    enum release_result result = release_message(&gate, span_of(id), "other", &name, &why);

    str_clear(&name);
    return (void *)(uintptr_t)result;
}

/* Two administrators, one message, one server that answers once. */
START_TEST(test_claimed_once)
{
    static const struct smtp_step steps[] = {
        MESSAGE, {".", "250 ok\r\n", 0}, {"QUIT", "221 bye\r\n", 0}, {0}};
    char id[QUARANTINE_ID_SIZE];
    pthread_t thread;
    void *other;

    begin();
    sample_put(gate.quarantine, id);
    struct smtp_server *server = smtp_server_start(listener_path, steps);
    ck_assert_int_eq(pthread_create(&thread, NULL, release_too, id), 0);
    enum release_result mine = release(id);
    pthread_join(thread, &other);
    ck_assert(smtp_server_end(&server, NULL));
    ck_assert_int_eq((int)mine + (int)(uintptr_t)other, RELEASE_DONE + RELEASE_REFUSED);
    ck_assert_int_eq(sample_state(gate.quarantine, id), QUARANTINE_RELEASED);
    end();
}
END_TEST

SUITE_MAIN("milter/release", test_endings, test_what_is_sent, test_lost_before_the_dot,
           test_not_sent, test_not_there, test_unicode_addresses, test_claimed_once)
