/* test_judge.c - the end of a message when all does not go well, what is kept of it, and what the log says. */
#include <signal.h>
#include <sys/resource.h>
#include "t/lib/fake_content.h"
#include "t/lib/log_capture.h"
#include "t/lib/talk.h"

/* Runs one message and lets go of its connection; the reply goes into reply. */
static sfsistat run(struct talk *talk, char reply[FAKE_TEXT])
{
    talk_run(talk);
    memcpy(reply, talk->ctx->reply, FAKE_TEXT);
    free(talk->ctx);
    return talk->end;
}

static size_t kept(const char *kind)
{
    const struct quarantine_filter filter = {.limit = 100};
    struct arena *arena = arena_new();
    struct quarantine_entry *list;
    size_t count, found = 0;
    struct err err;

    ck_assert_int_eq(quarantine_list(gate.quarantine, &filter, arena, &list, &count, &err), 0);
    for (size_t i = 0; i < count; i++)
        found += span_is(list[i].kind, kind);
    arena_free(&arena);
    return found;
}

START_TEST(test_no_rules)
{
    char sender[] = "<a@x.example>", reply[FAKE_TEXT];
    struct snapshot *none = NULL;

    setup();
    snapshot_swap(&none);
    struct talk talk = talk_of("192.0.2.7", sender);
    run(&talk, reply);
    ck_assert_int_eq(talk.rcpt, SMFIS_TEMPFAIL);
    ck_assert_ptr_nonnull(strstr(reply, "451 4.3.0 no rules in force yet"));
    /* sendmail(1) has no answer at RCPT: the end defers */
    struct talk local = talk_of("127.0.0.1", sender);
    local.ctx->macros[0].name = "{client_port}";
    local.ctx->macros[0].value = "0";
    local.ctx->macros[2].name = "{daemon_port}";
    local.ctx->macros[2].value = "0";
    ck_assert_int_eq(run(&local, reply), SMFIS_TEMPFAIL);
    ck_assert_int_eq(local.rcpt, SMFIS_CONTINUE);
    ck_assert_ptr_nonnull(strstr(reply, "no rules in force yet"));
    teardown();
}
END_TEST

/* One that its inspector could not bear is deferred whatever the rules say, and kept once, however often it comes again. */
START_TEST(test_inspection_failed)
{
    setup();
    log_capture_begin();
    fake_content_failure = "the worker ended by signal 11";
    for (int i = 0; i < 3; i++) {
        char sender[] = "<keep@x.example>", reply[FAKE_TEXT];
        struct talk talk = talk_of("192.0.2.7", sender);
        ck_assert_int_eq(run(&talk, reply), SMFIS_TEMPFAIL);
        ck_assert_ptr_nonnull(strstr(reply, "451 4.3.0 the message could not be inspected"));
    }
    fake_content_failure = "";
    ck_assert_uint_eq(kept("study"), 1);
    ck_assert_uint_eq(kept("quarantine"), 0);
    ck_assert_ptr_nonnull(
        strstr(log_capture_text(), "note=\"not inspected: the worker ended by signal 11\""));
    teardown();
}
END_TEST

/* One that no worker had is not to blame: nothing of it is kept. */
START_TEST(test_inspection_not_tried)
{
    char sender[] = "<keep@x.example>", reply[FAKE_TEXT];
    struct talk talk = talk_of("192.0.2.7", sender);

    setup();
    fake_content_failure = "inspector: not tried: inspection queue full";
    ck_assert_int_eq(run(&talk, reply), SMFIS_TEMPFAIL);
    fake_content_failure = "";
    ck_assert_uint_eq(kept("study"), 0);
    teardown();
}
END_TEST

START_TEST(test_too_large)
{
    char sender[] = "<a@x.example>", reply[FAKE_TEXT];

    setup();
    settings->message_max_bytes = 3;
    struct talk talk = talk_of("192.0.2.7", sender);
    ck_assert_int_eq(run(&talk, reply), SMFIS_TEMPFAIL);
    ck_assert_msg(strstr(reply, "451 4.3.1 ") != NULL && strstr(reply, "message_max_bytes"),
                  "%s", reply);
    teardown();
}
END_TEST

START_TEST(test_too_many_recipients)
{
    char sender[] = "<a@x.example>", other[] = "<dora@a.example>", reply[FAKE_TEXT];

    setup();
    settings->recipients_max = 1;
    struct talk talk = talk_of("192.0.2.7", sender);
    talk.others[0] = other;
    ck_assert_int_eq(run(&talk, reply), SMFIS_ACCEPT); /* the first one's goes on */
    ck_assert_ptr_nonnull(strstr(reply, "452 4.5.3 too many recipients"));
    struct talk local = talk_of("127.0.0.1", sender);
    local.ctx->macros[0].name = "{client_port}";
    local.ctx->macros[0].value = "0";
    local.ctx->macros[2].name = "{daemon_port}";
    local.ctx->macros[2].value = "0";
    local.others[0] = other;
    ck_assert_int_eq(run(&local, reply), SMFIS_TEMPFAIL);
    ck_assert_msg(strstr(reply, "recipients_max") != NULL, "%s", reply);
    teardown();
}
END_TEST

/* A bound of the quarantine: what would be quarantined is deferred, what is rejected anyway is rejected, and the log says why. */
START_TEST(test_quarantine_full)
{
    const struct quarantine_options options = {
        .dir = dir, .max_percent = 90, .client_bytes = 1, .days = 1};
    char sender[] = "<keep@x.example>", reply[FAKE_TEXT];
    struct err err;

    setup();
    log_capture_begin();
    quarantine_close(&gate.quarantine);
    gate.quarantine = quarantine_open(&options, &err);
    ck_assert_msg(gate.quarantine != NULL, "%s", err.text);
    struct talk talk = talk_of("192.0.2.7", sender);
    ck_assert_int_eq(run(&talk, reply), SMFIS_TEMPFAIL);
    ck_assert_ptr_nonnull(strstr(reply, "451 4.3.0 the message could not be kept"));
    ck_assert_ptr_nonnull(strstr(log_capture_text(), "not kept in quarantine: "));
    ck_assert_ptr_nonnull(strstr(log_capture_text(), "quarantine_client_bytes"));
    char both[] = "<both@x.example>";
    struct talk rejected = talk_of("192.0.2.7", both);
    ck_assert_int_eq(run(&rejected, reply), SMFIS_REJECT);
    ck_assert_ptr_nonnull(strstr(log_capture_text(), "note=\"rejected unkept: a bound"));
    teardown();
}
END_TEST

/* Nothing can be written: what must be durable defers, and says so. */
START_TEST(test_quarantine_unwritable)
{
    char sender[] = "<keep@x.example>", both[] = "<both@x.example>", reply[FAKE_TEXT];
    const struct rlimit none = {0, 0};
    struct rlimit before;

    setup();
    log_capture_begin();
    struct talk talk = talk_of("192.0.2.7", sender), rejected = talk_of("192.0.2.7", both);
    for (enum step step = CONNECT; step < END; step++) {
        step_run(&talk, step);
        step_run(&rejected, step);
    }
    ck_assert_int_eq(getrlimit(RLIMIT_FSIZE, &before), 0);
    signal(SIGXFSZ, SIG_IGN);
    (void)!setrlimit(RLIMIT_FSIZE, &none); /* no assertion now: Check writes each to a file */
    step_run(&talk, END);
    step_run(&rejected, END);
    (void)!setrlimit(RLIMIT_FSIZE, &before);
    ck_assert_int_eq(talk.end, SMFIS_TEMPFAIL);
    ck_assert_int_eq(rejected.end, SMFIS_TEMPFAIL); /* `quarantine, reject` promises a copy */
    step_run(&talk, CLOSE);
    step_run(&rejected, CLOSE);
    memcpy(reply, talk.ctx->reply, FAKE_TEXT);
    ck_assert_ptr_nonnull(strstr(reply, "could not be kept"));
    ck_assert_uint_eq(kept("quarantine"), 0);
    free(talk.ctx);
    free(rejected.ctx);
    teardown();
}
END_TEST

/* Over the release listener comes only what was released. */
START_TEST(test_release_listener)
{
    char sender[] = "<a@x.example>", reply[FAKE_TEXT];

    setup();
    struct talk talk = talk_of("127.0.0.1", sender);
    talk.ctx->macros[0].value = "postgate-release";
    talk.header[0] = "X-Postgate-Release";
    talk.header[1] = " v1; id=20261122-0123456789ab; n=00; x=9999999999; s=00";
    ck_assert_int_eq(run(&talk, reply), SMFIS_REJECT);
    ck_assert_ptr_nonnull(strstr(reply, "550 5.7.1 this listener takes only"));
    teardown();
}
END_TEST

START_TEST(test_hold)
{
    char sender[] = "<hold@x.example>";

    setup();
    struct talk talk = talk_of("192.0.2.7", sender);
    talk_run(&talk);
    ck_assert_int_eq(talk.end, SMFIS_ACCEPT);
    ck_assert_msg(strncmp(talk.ctx->changes[talk.ctx->change_count - 1], "hold ", 5) == 0, "%s",
                  talk.ctx->changes[talk.ctx->change_count - 1]);
    free(talk.ctx);
    struct talk refused = talk_of("192.0.2.7", sender);
    for (enum step step = CONNECT; step < END; step++)
        step_run(&refused, step);
    refused.ctx->fails = 1;
    step_run(&refused, END);
    ck_assert_int_eq(refused.end, SMFIS_TEMPFAIL);
    step_run(&refused, CLOSE);
    free(refused.ctx);
    teardown();
}
END_TEST

/* One line a decision; nothing the sender wrote begins another or looks like a field. */
START_TEST(test_log_line)
{
    char sender[] = "<\"a verdict=deliver\"@x.example>", bert[] = "<bert@a.example>",
         dora[] = "<dora@a.example>", reply[FAKE_TEXT];
    const char *line;

    setup();
    log_capture_begin();
    struct talk talk = talk_of("192.0.2.7", sender);
    talk.others[0] = bert;
    talk.others[1] = dora;
    ck_assert_int_eq(run(&talk, reply), SMFIS_ACCEPT);
    line = strstr(log_capture_text(), "4XYZ: path=proxy client=192.0.2.7 from=<");
    ck_assert_msg(line != NULL, "%s", log_capture_text());
    ck_assert_msg(strstr(line, " to=<bert@a.example>") != NULL, "%s", line);
    ck_assert_msg(strstr(line, " verdict=deliver code=") != NULL, "%s", line);
    ck_assert_msg(strstr(line, " verdict=deliver\"") == NULL, "a field of the sender's: %s",
                  line);
    ck_assert_msg(strstr(line, " quarantine=") != NULL, "%s", line); /* Bert's */
    ck_assert_msg(strchr(line, '\n') == strrchr(line, '\n'), "one line: %s", line);
    teardown();
}
END_TEST

/* A loop is one warning, and counted. */
START_TEST(test_loop)
{
    char sender[] = "<a@x.example>", reply[FAKE_TEXT], mark[FAKE_TEXT];

    setup();
    log_capture_begin();
    struct talk first = talk_of("192.0.2.7", sender);
    talk_run(&first);
    memcpy(mark, strchr(first.ctx->changes[0], ':') + 1, sizeof mark - 100);
    free(first.ctx);
    struct talk second = talk_of("192.0.2.7", sender);
    second.header[0] = "X-Postgate-Trace";
    second.header[1] = mark;
    ck_assert_int_eq(run(&second, reply), SMFIS_REJECT);
    ck_assert_ptr_nonnull(strstr(reply, "554 5.4.6 Routing loop"));
    ck_assert_uint_eq(atomic_load(&gate.loops), 1);
    ck_assert_ptr_nonnull(
        strstr(log_capture_text(), "routing loop: this message passed gate1"));
    teardown();
}
END_TEST

SUITE_MAIN("milter/judge", test_no_rules, test_inspection_failed, test_inspection_not_tried,
           test_too_large, test_too_many_recipients, test_quarantine_full,
           test_quarantine_unwritable, test_release_listener, test_hold, test_log_line,
           test_loop)
