/* test_changes.c - what the milter has changed in a message and stored of it: headers, recipients, copies in quarantine. */
#include "t/lib/talk.h"

/* What is stored for whom: a release must not bring the message to anybody twice, nor to whom the rules refuse it. */
START_TEST(test_kept_for)
{
    static const struct {
        const char *name;
        char sender[24], others[2][20];
        const char *kind, *recipients;
    } cases[] = {
        {"all", "<keep@x.example>", {"<dora@a.example>"}, "quarantine", "anna dora "},
        {"some get it", "<a@x.example>", {"<bert@a.example>"}, "partial", "bert "},
        {"a discard",
         "<a@x.example>",
         {"<carl@a.example>", "<bert@a.example>"},
         "partial",
         "bert "},
        {"an archive",
         "<archive@x.example>",
         {"<carl@a.example>", "<dora@a.example>"},
         "keep",
         "anna dora "},
        {"an archive and not all",
         "<archive@x.example>",
         {"<bert@a.example>"},
         "partial",
         "bert "},
    };

    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        const struct quarantine_filter filter = {.limit = 2};
        struct arena *arena = arena_new();
        struct quarantine_entry *list, entry;
        struct str recipients = STR_EMPTY;
        char sender[24], others[2][20];
        size_t count;
        struct err err;

        setup();
        memcpy(sender, cases[i].sender, sizeof sender);
        memcpy(others, cases[i].others, sizeof others);
        struct talk talk = talk_of("192.0.2.7", sender);
        for (size_t k = 0; k < 2; k++)
            talk.others[k] = others[k][0] != '\0' ? others[k] : NULL;
        talk_run(&talk);
        ck_assert_int_eq(quarantine_list(gate.quarantine, &filter, arena, &list, &count, &err),
                         0);
        ck_assert_msg(count == 1, "%s: %zu entries", cases[i].name, count);
        ck_assert_int_eq(
            quarantine_read(gate.quarantine, span_of(list[0].id), arena, &entry, &err), 1);
        for (size_t k = 0; k < entry.recipient_count; k++)
            str_printf(&recipients, "%.4s ", entry.recipients[k].ptr);
        ck_assert_msg(strcmp(str_cstr(&recipients), cases[i].recipients) == 0, "%s: %s",
                      cases[i].name, str_cstr(&recipients));
        ck_assert_msg(span_is(entry.kind, cases[i].kind), "%s: %.*s", cases[i].name,
                      SPAN_ARG(entry.kind));
        str_clear(&recipients);
        free(talk.ctx);
        teardown();
        arena_free(&arena);
    }
}
END_TEST

START_TEST(test_edits)
{
    static const struct {
        const char *name, *header, *value, *want;
    } cases[] = {
        {"mark is set", NULL, NULL, "ins 0 X-Postgate-Trace: v1; n=gate1; p=proxy"},
        {"forged mark", "X-Postgate-Trace", " v1; n=gate1", "del 1 X-Postgate-Trace:"},
        {"other headers of ours", "x-postgate-anything", " 1", "del 1 x-postgate-anything:"},
        {"our results", "Authentication-Results", " (c) MX.example; spf=pass",
         "del 1 Authentication-Results:"},
    };

    setup();
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        char sender[] = "<a@x.example>";
        struct talk talk = talk_of("192.0.2.7", sender);
        talk.header[0] = cases[i].header;
        talk.header[1] = cases[i].value;
        talk_run(&talk);
        ck_assert_msg(talk.ctx->change_count > 0 && strncmp(talk.ctx->changes[0], cases[i].want,
                                                            strlen(cases[i].want)) == 0,
                      "%s: %s", cases[i].name, talk.ctx->changes[0]);
        free(talk.ctx);
    }
    teardown();
}
END_TEST

/* The sender's header goes, ours stays, whichever rule stands first. */
START_TEST(test_removal_goes_first)
{
    char sender[] = "<mark@x.example>";

    setup();
    struct talk talk = talk_of("192.0.2.7", sender);
    talk.header[0] = "X-Seen";
    talk.header[1] = " forged";
    talk_run(&talk);
    ck_assert_str_eq(talk.ctx->changes[0], "del 1 X-Seen:");
    ck_assert_str_eq(talk.ctx->changes[1], "ins 0 X-Seen: yes");
    free(talk.ctx);
    teardown();
}
END_TEST

START_TEST(test_subject)
{
    static const struct {
        const char *subject, *want;
    } cases[] = {
        {" hello", "chg 1 Subject: [seen] hello"},
        {"hello", "chg 1 Subject: [seen] hello"},
        {" ", "chg 1 Subject: [seen] "},
        {NULL, "ins 0 Subject: [seen] "},
        {" [seen] hello", "ins 0 X-Postgate-Trace:"}, /* there already */
    };

    setup();
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        char sender[] = "<tag@x.example>";
        struct talk talk = talk_of("192.0.2.7", sender);
        talk.header[0] = cases[i].subject != NULL ? "Subject" : NULL;
        talk.header[1] = cases[i].subject;
        talk_run(&talk);
        ck_assert_int_eq(talk.end, SMFIS_ACCEPT);
        ck_assert_msg(strncmp(talk.ctx->changes[0], cases[i].want, strlen(cases[i].want)) == 0,
                      "%s: %s", cases[i].subject, talk.ctx->changes[0]);
        free(talk.ctx);
    }
    teardown();
}
END_TEST

/* Whichever change the MTA does not take: the message is deferred, never delivered half changed. */
START_TEST(test_any_refused_edit_defers)
{
    int all;

    setup();
    for (int after = 1; after < 10; after++) {
        char sender[] = "<all@x.example>", bert[] = "<bert@a.example>";
        struct talk talk = talk_of("192.0.2.7", sender);
        talk.others[0] = bert;
        talk.header[0] = "X-Seen";
        talk.header[1] = " no";
        talk.ctx->fails_after = after;
        talk_run(&talk);
        all = talk.ctx->change_count;
        ck_assert_msg((talk.end == SMFIS_ACCEPT) == (all < after || after == 6), "%d of %d: %d",
                      after, all, (int)talk.end);
        free(talk.ctx);
    }
    ck_assert_int_eq(all, 6); /* Bert, the header out, ours in, subject, mark, our results */
    teardown();
}
END_TEST

START_TEST(test_refused_edit_defers)
{
    char sender[] = "<a@x.example>";

    setup();
    struct talk talk = talk_of("192.0.2.7", sender);
    talk.ctx->fails = 1;
    talk_run(&talk);
    ck_assert_int_eq(talk.end, SMFIS_TEMPFAIL);
    free(talk.ctx);
    teardown();
}
END_TEST

/* Postfix reads more spellings of a path than we, and removes a recipient only under some of them. */
START_TEST(test_odd_recipients)
{
    static const struct {
        char given[32];
        const char *read;
        sfsistat rcpt;
        const char *removed;
    } cases[] = {
        {"<bert@a.example>", "bert@a.example", SMFIS_CONTINUE, "rcpt- 0 <bert@a.example>:"},
        {"<bert @a.example>", "bert@a.example", SMFIS_CONTINUE, "rcpt- 0 <bert@a.example>:"},
        {"<Bert <bert@a.example>>", "bert@a.example", SMFIS_CONTINUE,
         "rcpt- 0 <bert@a.example>:"},
        {"<@x,@y:bert@a.example>", "bert@a.example", SMFIS_CONTINUE,
         "rcpt- 0 <bert@a.example>:"},
        {"<bert@a.example (c)>", NULL, SMFIS_REJECT, NULL},
        {"<be\x01rt@a.example>", "\"be\x01rt\"@a.example", SMFIS_REJECT, NULL},
    };
    char sender[] = "<a@x.example>";

    setup();
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        struct talk talk = talk_of("192.0.2.7", sender);
        char given[32], anna[] = "<anna@a.example>";
        memcpy(given, cases[i].given, sizeof given);
        talk.recipient = given;
        talk.others[0] = anna;
        talk.ctx->macros[2].name = "{rcpt_addr}";
        talk.ctx->macros[2].value = cases[i].read;
        talk_run(&talk);
        ck_assert_msg(talk.rcpt == cases[i].rcpt, "%s: %d", given, (int)talk.rcpt);
        if (cases[i].removed != NULL)
            ck_assert_str_eq(talk.ctx->changes[0], cases[i].removed);
        else
            ck_assert_ptr_nonnull(strstr(talk.ctx->reply, "501 5.1.3"));
        free(talk.ctx);
    }
    teardown();
}
END_TEST

/* A sender that rules cannot read is no way around them. */
START_TEST(test_odd_senders)
{
    static const struct {
        char given[32];
        const char *read;
        sfsistat rcpt, end;
    } cases[] = {
        {"<keep @x.example>", "keep@x.example", SMFIS_CONTINUE, SMFIS_DISCARD},
        {"<Ann <keep@x.example>>", "keep@x.example", SMFIS_CONTINUE, SMFIS_DISCARD},
        {"<a@x.example (c)>", NULL, SMFIS_REJECT, 0},
        {"<a\x01@x.example>", "\"a\x01\"@x.example", SMFIS_REJECT, 0},
        {"<>", NULL, SMFIS_CONTINUE, SMFIS_ACCEPT},
    };

    setup();
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        char given[32];
        memcpy(given, cases[i].given, sizeof given);
        struct talk talk = talk_of("192.0.2.7", given);
        talk.ctx->macros[2].name = "{mail_addr}";
        talk.ctx->macros[2].value = cases[i].read;
        talk_run(&talk);
        ck_assert_msg(talk.rcpt == cases[i].rcpt, "%s: RCPT %d", given, (int)talk.rcpt);
        ck_assert_msg(talk.end == cases[i].end, "%s: end %d", given, (int)talk.end);
        free(talk.ctx);
    }
    teardown();
}
END_TEST

SUITE_MAIN("milter/changes", test_kept_for, test_edits, test_removal_goes_first, test_subject,
           test_any_refused_edit_defers, test_refused_edit_defers, test_odd_recipients,
           test_odd_senders)
