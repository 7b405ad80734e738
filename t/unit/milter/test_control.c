/* test_control.c - the milter's commands over its real sockets: what they answer, and what bad arguments are told. */
#include "engine/reload.h"
#include "milter/control.h"
#include "t/lib/asks.h"
#include "t/lib/talk.h"

static struct control_server *server;

static void begin(void)
{
    struct err err;

    setup();
    settings->control_dir = settings->state_dir = dir;
    server = milter_control_start(&gate, &err);
    ck_assert_msg(server != NULL, "%s", err.text);
    asks_begin(dir, "milter", ROLE_OPERATE);
}

/* With an index, as the daemon has it. */
static void add_index(void)
{
    char path[64], index[64];
    const struct quarantine_options options = {.dir = path,
                                               .index_path = index,
                                               .max_percent = 90,
                                               .client_bytes = 1 << 30,
                                               .days = 1};
    struct err err;

    snprintf(path, sizeof path, "%s/quarantine", dir);
    snprintf(index, sizeof index, "%s/milter.db", dir);
    quarantine_close(&gate.quarantine);
    gate.quarantine = quarantine_open(&options, &err);
    ck_assert_msg(gate.quarantine != NULL, "%s", err.text);
}

static void end(void)
{
    asks_end();
    control_server_stop(&server);
    teardown();
}

/* One message that is quarantined. */
static void quarantine_one(void)
{
    char sender[] = "<keep@x.example>";
    struct talk talk = talk_of("192.0.2.7", sender);

    talk.header[0] = "Subject";
    talk.header[1] = " see \xff this";
    talk_run(&talk);
    ck_assert_int_eq(talk.end, SMFIS_DISCARD);
    free(talk.ctx);
}

START_TEST(test_bad_arguments)
{
    static const struct {
        const char *command, *args, *body, *want;
    } cases[] = {
        {"quarantine.list", "{\"state\":\"lost\"}", "",
         "there is no state 'lost'; write held, releasing, released, unknown"},
        {"quarantine.show", "{\"id\":\"20261122-000000000000\"}", "",
         "there is no message 20261122-000000000000 in quarantine; milter-ctl quarantine list"},
        {"quarantine.show", "{\"id\":\"../../etc/passwd\",\"raw\":true}", "",
         "there is no message"},
        {"quarantine.show", "{}", "", "id: "},
        {"quarantine.show", "{\"id\":7}", "", "id: "},
        {"quarantine.release", "{\"id\":\"none\"}", "",
         "there is no message none in quarantine"},
        {"quarantine.release", "{}", "", "id: "},
        {"quarantine.delete", "{\"id\":\"none\"}", "",
         "there is no message none in quarantine"},
        {"quarantine.delete", "{}", "", "id: "},
        {"message.test", "{\"client\":\"here\"}", "Subject: x\n\n",
         "client: here is not an address; write one like"},
        {"message.test", "{\"path\":\"side\"}", "Subject: x\n\n",
         "path: side is none; write proxy, staging"},
        {"message.test", "{\"recipients\":[7]}", "Subject: x\n\n",
         "recipients: each must be a text"},
        {"message.test", "{\"recipients\":\"a@b\"}", "Subject: x\n\n", "recipients: "},
        {"explain", "{\"what\":\"4NONE\"}", "",
         "no decision of this node's milter has the queue id 4NONE"},
        {"explain", "{}", "", "what: "},
        {"no.such", "{}", "", "no.such"},
    };

    begin();
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        enum control_exit rc =
            ask_with(cases[i].command, cases[i].args, span_of(cases[i].body));
        ck_assert_msg(rc == EXIT_INVALID || rc == EXIT_USAGE, "%s %s: exit %d: %s",
                      cases[i].command, cases[i].args, (int)rc, said.text);
        ck_assert_msg(strstr(said.text, cases[i].want) != NULL, "%s %s: %s", cases[i].command,
                      cases[i].args, said.text);
        ck_assert_uint_eq(json_array_size(rows), 0);
    }
    end();
}
END_TEST

START_TEST(test_quarantine)
{
    char args[100], id[40];

    begin();
    add_index();
    ck_assert_int_eq(ask("quarantine.list", "{}"), EXIT_OK);
    ck_assert_uint_eq(json_array_size(rows), 0);
    quarantine_one();
    ck_assert_int_eq(ask("quarantine.list", "{\"state\":\"held\",\"limit\":5}"), EXIT_OK);
    ck_assert_uint_eq(json_array_size(rows), 1);
    ck_assert_str_eq(row_text(0, "kind"), "quarantine");
    ck_assert_str_eq(row_text(0, "sender"), "keep@x.example");
    ck_assert_str_eq(row_text(0, "subject"), "see \xef\xbf\xbd this");
    snprintf(id, sizeof id, "%s", row_text(0, "id"));
    quarantine_one();
    ck_assert_int_eq(ask("quarantine.list", "{\"limit\":1}"), EXIT_OK);
    ck_assert_uint_eq(json_array_size(rows), 1);
    ck_assert_int_eq(ask("quarantine.list", "{\"limit\":-3}"), EXIT_OK);
    ck_assert_uint_eq(json_array_size(rows), 2);
    ck_assert_int_eq(ask("quarantine.list", "{\"state\":\"released\"}"), EXIT_OK);
    ck_assert_uint_eq(json_array_size(rows), 0);
    snprintf(args, sizeof args, "{\"id\":\"%s\",\"raw\":true}", id);
    ck_assert_int_eq(ask("quarantine.show", args), EXIT_OK);
    ck_assert_str_eq(row_text(0, "id"), id);
    ck_assert_str_eq(str_cstr(&data), "Subject: see \xff this\r\n\r\ntext\r\n");
    ck_assert_int_eq(ask("quarantine.delete", args), EXIT_OK);
    ck_assert_int_eq(ask("quarantine.delete", args), EXIT_INVALID);
    ck_assert_msg(strstr(said.text, "deleted") != NULL, "%s", said.text);
    ck_assert_int_eq(ask("quarantine.release", args), EXIT_INVALID);
    ck_assert_int_eq(ask("quarantine.show", args), EXIT_PARTIAL); /* its message is cut off */
    ck_assert_msg(strstr(said.text, "deleted") != NULL, "%s", said.text);
    ck_assert_int_eq(ask("quarantine.reindex", "{}"), EXIT_OK);
    ck_assert_str_eq(said.text, "2 messages indexed");
    end();
}
END_TEST

START_TEST(test_release_not_taken)
{
    char args[100];

    begin();
    settings->release_listener = "unix:/nowhere/release";
    quarantine_one();
    ck_assert_int_eq(ask("quarantine.list", "{}"), EXIT_OK);
    snprintf(args, sizeof args, "{\"id\":\"%s\"}", row_text(0, "id"));
    ck_assert_int_eq(ask("quarantine.release", args), EXIT_INVALID);
    ck_assert_msg(
        strstr(said.text, "release_listener = unix:/nowhere/release: cannot connect") != NULL,
        "%s", said.text);
    ck_assert_int_eq(ask("quarantine.show", args), EXIT_OK);
    ck_assert_str_eq(row_text(0, "state"), "held");
    ck_assert_ptr_nonnull(strstr(row_text(0, "notes"), "held again by"));
    end();
}
END_TEST

/* The whole journey, nothing kept. */
START_TEST(test_message_test)
{
    static const struct {
        const char *name, *args, *message, *disposition, *rule;
    } cases[] = {
        {"clean", "{}", "Subject: x\r\n\r\nhi\r\n", "deliver", "(none)"},
        {"line feeds", "{}", "Subject: x\nX: a\n b\n\nhi\n", "deliver", "(none)"},
        {"no headers", "{}", "hi there\n", "deliver", "(none)"},
        {"empty", "{}", "", "deliver", "(none)"},
        {"headers alone", "{}", "Subject: x", "deliver", "(none)"},
        {"a client", "{\"client\":\"203.0.113.9\"}", "S: x\n\n", "reject", "(none)"},
        {"at RCPT", "{\"client\":\"203.0.113.9\",\"recipients\":[\"a@b.example\"]}", "S: x\n\n",
         "reject", "(none)"},
        {"kept", "{\"sender\":\"keep@x.example\"}", "S: x\n\n", "quarantine", "kept"},
        {"rejected",
         "{\"sender\":\"both@x.example\",\"recipients\":[\"a@b.example\",\"c@d.example\"]}",
         "S: x\n\n", "reject", "both"},
        {"a bad sender", "{\"sender\":\"a b <\"}", "S: x\n\n", "reject", "(none)"},
        {"no way around", "{\"path\":\"release\",\"sender\":\"keep@x.example\"}", "S: x\n\n",
         "quarantine", "kept"},
        {"sendmail", "{\"path\":\"local\",\"auth_user\":\"anna\",\"helo\":\"h\"}", "S: x\n\n",
         "deliver", "(none)"},
    };

    begin();
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        enum control_exit rc =
            ask_with("message.test", cases[i].args, span_of(cases[i].message));
        ck_assert_msg(rc == EXIT_OK, "%s: %s", cases[i].name, said.text);
        ck_assert_msg(strcmp(row_text(0, "disposition"), cases[i].disposition) == 0, "%s: %s",
                      cases[i].name, row_text(0, "disposition"));
        ck_assert_msg(strcmp(row_text(0, "rule"), cases[i].rule) == 0, "%s: %s", cases[i].name,
                      row_text(0, "rule"));
    }
    ck_assert_int_eq(ask("quarantine.list", "{}"), EXIT_OK);
    ck_assert_uint_eq(json_array_size(rows), 0);
    ck_assert_uint_eq(atomic_load(&gate.transactions), 0);
    struct snapshot *none = NULL;
    snapshot_swap(&none);
    ck_assert_int_eq(ask_with("message.test", "{}", SPAN("S: x\n\n")), EXIT_INVALID);
    ck_assert_ptr_nonnull(
        strstr(said.text, "no rules are in force yet; milter-ctl rules apply"));
    end();
}
END_TEST

START_TEST(test_explain)
{
    char args[100];

    begin();
    quarantine_one();
    ck_assert_int_eq(ask("quarantine.list", "{}"), EXIT_OK);
    snprintf(args, sizeof args, "{\"what\":\"%s\"}", row_text(0, "code"));
    ck_assert_int_eq(ask("explain", args), EXIT_OK);
    ck_assert_str_eq(row_text(0, "rule"), "kept");
    ck_assert_str_eq(row_text(0, "disposition"), "quarantine");
    json_t *facts = json_object_get(json_array_get(rows, 0), "facts");
    ck_assert_str_eq(json_string_value(json_object_get(facts, "client.ip")), "192.0.2.7");
    ck_assert_int_eq(ask("explain", "{\"what\":\"4XYZ\"}"), EXIT_OK);
    ck_assert_str_eq(row_text(0, "rule"), "kept");
    ck_assert_int_eq(ask("explain", "{\"what\":\"AAAA-AAAA-AAAA\"}"), EXIT_INVALID);
    ck_assert_msg(said.text[0] != '\0', "of a code that is none");
    end();
}
END_TEST

START_TEST(test_status)
{
    struct err err;

    begin();
    ck_assert_int_eq(reload_start(settings, &err), 0);
    quarantine_one();
    ck_assert_int_eq(ask("status", "{}"), EXIT_OK);
    ck_assert_str_eq(row_text(0, "program"), "milter");
    json_t *row = json_array_get(rows, 0);
    ck_assert_int_eq(json_integer_value(json_object_get(row, "messages")), 1);
    ck_assert_int_eq(json_integer_value(json_object_get(row, "quarantined")), 1);
    ck_assert_int_eq(json_integer_value(json_object_get(row, "quarantine_entries")), 1);
    ck_assert_int_eq(ask("snapshot.reload", "{}"), EXIT_OK);
    reload_stop();
    struct snapshot *none = NULL;
    snapshot_swap(&none);
    ck_assert_int_eq(ask("status", "{}"), EXIT_DIFFERS); /* nothing in force */
    end();
}
END_TEST

SUITE_MAIN("milter/control", test_bad_arguments, test_quarantine, test_release_not_taken,
           test_message_test, test_explain, test_status)
