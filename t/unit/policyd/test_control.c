/* test_control.c - policyd's commands over its real sockets: rules, lists and domains changed and shown, and what bad arguments are told. */
#include "base/file.h"
#include "base/xalloc.h"
#include "engine/reload.h"
#include "engine/snapshot.h"
#include "policyd/control.h"
#include "policyd/images.h"
#include "policyd/milter_link.h"
#include "policyd/next_hops.h"
#include "policyd/publish.h"
#include "t/lib/asks.h"
#include "t/lib/suite.h"
#include "t/lib/temp_dir.h"

#define RULES                                                                                  \
    "list blocked ip\n"                                                                        \
    "list fixed domain { a.example }\n"                                                        \
    "[policy]\n"                                                                               \
    "rule blocked when client.ip in $blocked then reject \"5.7.1 listed\"\n"                   \
    "test policy \"others pass\" with client.ip 192.0.2.1 expect pass\n"

static char dir[200];
static struct settings settings = {.node_name = "gate1",
                                   .state_dir = dir,
                                   .control_dir = dir,
                                   .rules_file = "/nowhere/rules",
                                   .postfix_config_dir = dir,
                                   .maps_dir = dir};
static struct control_shared shared = {.settings = &settings};
static struct control_server *server;

static void begin_threads(struct err *err)
{
    ck_assert_int_eq(reload_start(&settings, err), 0);
    ck_assert_int_eq(publish_begin(&settings, shared.db, err), 0);
    ck_assert_int_eq(next_hops_begin(&settings, shared.db, err), 0);
    ck_assert_int_eq(images_begin(&settings, shared.db, err), 0);
}

/* Without a database: what a daemon has whose policyd.db is damaged. */
static void begin(bool has_db)
{
    struct err err;
    char *path;

    ck_assert_ptr_nonnull(temp_dir_make(dir));
    path = file_path(dir, "policyd.db");
    shared.db = has_db ? policy_db_open(path, &err) : NULL;
    xfree(&path);
    milter_link_begin(dir);
    if (has_db)
        begin_threads(&err);
    server = policyd_control_start(&shared, &err);
    ck_assert_msg(server != NULL, "%s", err.text);
    asks_begin(dir, "policyd", ROLE_ADMIN);
}

static void end(void)
{
    struct snapshot *none = NULL;

    asks_end();
    control_server_stop(&server);
    if (shared.db != NULL) {
        images_end();
        reload_stop();
        publish_end();
        policy_db_close(&shared.db);
    }
    snapshot_swap(&none);
    temp_dir_remove(dir);
}

static long long row_number(size_t row, const char *name)
{
    return json_integer_value(json_object_get(json_array_get(rows, row), name));
}

START_TEST(test_bad_arguments)
{
    static const struct {
        const char *command, *args, *body, *want;
    } cases[] = {
        {"rules.show", "{\"revision\":99}", "",
         "there is no revision 99; `milter-ctl rules history`"},
        {"rules.rollback", "{}", "", "rollback to which revision?"},
        {"rules.rollback", "{\"revision\":-1}", "", "rollback to which revision?"},
        {"rules.rollback", "{\"revision\":99}", "", "there is no revision 99"},
        {"rules.apply", "{}", "rule", "not applied: 1 error"},
        {"list.show", "{\"name\":\"none\"}", "",
         "there is no list none; declare it in the rules"},
        {"list.export", "{\"name\":\"none\"}", "", "there is no list none"},
        {"list.export", "{}", "", "name: "},
        {"list.add", "{\"name\":\"none\",\"items\":[\"192.0.2.1\"]}", "",
         "there is no list none"},
        {"list.add", "{\"items\":[\"192.0.2.1\"]}", "", "name: "},
        {"list.add", "{\"name\":\"fixed\",\"items\":[\"b.example\"]}", "",
         "list fixed stands in the rules with its items in braces"},
        {"list.add", "{\"name\":\"blocked\",\"items\":[\"192.0.2.300\"]}", "", "192.0.2.300"},
        {"list.add", "{\"name\":\"blocked\",\"items\":[\"\"]}", "", "item"},
        {"list.add", "{\"name\":\"blocked\",\"items\":[7]}", "", "items: "},
        {"list.add", "{\"name\":\"blocked\",\"items\":\"192.0.2.1\"}", "", "items: "},
        {"list.add", "{\"name\":\"blocked\",\"items\":[]}", "", "items: "},
        {"list.add", "{\"name\":\"blocked\",\"items\":[\"10.0.0.0/7\"]}", "", "--force"},
        {"list.import", "{\"name\":\"blocked\"}", "192.0.2.1\nnonsense\n", "line 2"},
        {"list.import", "{\"name\":\"none\"}", "192.0.2.1\n", "there is no list none"},
        {"domain.add", "{\"domain\":\"a.example\"}", "", "a domain needs 1 to"},
        {"domain.add", "{\"domain\":\"a.example\",\"routes\":[\"\"]}", "", "is not a next hop"},
        {"domain.add", "{\"domain\":\"a.example\",\"routes\":[5]}", "", "is not a next hop"},
        {"domain.add", "{\"domain\":\"not a domain\",\"routes\":[\"10.0.0.1\"]}", "",
         "not a domain"},
        {"domain.add", "{\"routes\":[\"10.0.0.1\"]}", "", "domain"},
        {"domain.remove", "{\"domain\":\"b.example\"}", "", "b.example is no accepted domain"},
        {"domain.remove", "{}", "", "domain"},
        {"policy.test", "{\"attributes\":{\"recipeint\":\"a@b\"}}", "",
         "no attribute `recipeint`; did you mean recipient?"},
        {"policy.test", "{\"attributes\":{\"recipient\":5}}", "",
         "the value of recipient is no text"},
        {"policy.test", "{\"attributes\":{\"zzzzzzzzzzz\":\"5\"}}", "",
         "write those of its policy protocol"},
    };

    begin(true);
    ck_assert_int_eq(ask_with("rules.apply", "{}", span_of(RULES)), EXIT_OK);
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        enum control_exit rc =
            ask_with(cases[i].command, cases[i].args, span_of(cases[i].body));
        ck_assert_msg(rc == EXIT_INVALID || rc == EXIT_USAGE, "%s %s: exit %d: %s",
                      cases[i].command, cases[i].args, (int)rc, said.text);
        ck_assert_msg(strstr(said.text, cases[i].want) != NULL, "%s %s: %s", cases[i].command,
                      cases[i].args, said.text);
    }
    /* Somebody else was first. */
    ck_assert_int_eq(ask_with("rules.apply", "{\"base\":77}", span_of(RULES)), EXIT_DIFFERS);
    ck_assert_msg(strstr(said.text, "revision 1") != NULL, "%s", said.text);
    ck_assert_int_eq(ask("list.show", "{\"name\":\"blocked\"}"), EXIT_OK);
    ck_assert_int_eq(row_number(0, "items"), 0); /* nothing of all that was taken */
    end();
}
END_TEST

START_TEST(test_no_rules_yet)
{
    begin(true);
    ck_assert_int_eq(ask("rules.show", "{}"), EXIT_INVALID);
    ck_assert_ptr_nonnull(strstr(said.text, "`milter-ctl rules apply FILE` makes the first"));
    ck_assert_int_eq(ask("rules.history", "{}"), EXIT_OK);
    ck_assert_uint_eq(json_array_size(rows), 0);
    ck_assert_int_eq(ask("policy.test", "{}"), EXIT_PARTIAL);
    ck_assert_str_eq(said.text, "no rules are in force");
    ck_assert_int_eq(ask("status", "{}"), EXIT_DIFFERS);
    ck_assert_ptr_nonnull(
        json_object_get(json_object_get(json_array_get(rows, 0), "problems"), "rules"));
    end();
}
END_TEST

START_TEST(test_rules)
{
    begin(true);
    ck_assert_int_eq(ask_with("rules.apply", "{\"note\":\"first\"}", span_of(RULES)), EXIT_OK);
    ck_assert_str_eq(said.text, "revision 1 in force");
    ck_assert_int_eq(row_number(0, "tests"), 1);
    ck_assert_int_eq(ask_with("rules.apply", "{\"base\":1}", span_of("# none\n")), EXIT_OK);
    ck_assert_str_eq(said.text, "revision 2 in force");
    ck_assert_int_eq(ask("rules.show", "{\"revision\":1}"), EXIT_OK);
    ck_assert_str_eq(str_cstr(&data), RULES);
    ck_assert_str_eq(row_text(0, "note"), "first");
    ck_assert_int_eq(ask("rules.rollback", "{\"revision\":1}"), EXIT_OK);
    ck_assert_str_eq(said.text, "revision 3 in force, with the text of revision 1");
    ck_assert_int_eq(ask("rules.history", "{}"), EXIT_OK);
    ck_assert_uint_eq(json_array_size(rows), 3);
    ck_assert_int_eq(row_number(0, "revision"), 3);
    ck_assert_str_eq(row_text(0, "note"), "rollback to revision 1");
    end();
}
END_TEST

START_TEST(test_lists)
{
    begin(true);
    ck_assert_int_eq(ask_with("rules.apply", "{}", span_of(RULES)), EXIT_OK);
    ck_assert_int_eq(
        ask("list.add",
            "{\"name\":\"blocked\",\"items\":[\"192.0.2.0/24\",\"2001:db8::/32\"]}"),
        EXIT_OK);
    ck_assert_str_eq(said.text, "list blocked: 2 added, 0 removed");
    ck_assert_int_eq(ask("policy.test", "{\"attributes\":{\"client_address\":\"192.0.2.77\","
                                        "\"recipient\":\"a@b.example\"}}"),
                     EXIT_OK);
    ck_assert_str_eq(row_text(0, "rule"), "blocked");
    ck_assert_int_eq(ask("list.remove", "{\"name\":\"blocked\",\"items\":[\"192.0.2.0/24\"]}"),
                     EXIT_OK);
    ck_assert_str_eq(said.text, "list blocked: 0 added, 1 removed");
    ck_assert_int_eq(ask_with("list.import", "{\"name\":\"blocked\",\"replace\":true}",
                              SPAN("203.0.113.1\n# nothing\n\n203.0.113.2\n")),
                     EXIT_OK);
    ck_assert_int_eq(ask("list.export", "{\"name\":\"blocked\"}"), EXIT_OK);
    ck_assert_str_eq(str_cstr(&data), "203.0.113.1\n203.0.113.2\n");
    ck_assert_int_eq(ask("list.export", "{\"name\":\"fixed\"}"), EXIT_OK);
    ck_assert_str_eq(str_cstr(&data), "a.example\n");
    ck_assert_int_eq(ask("list.show", "{\"name\":\"fixed\"}"), EXIT_OK);
    ck_assert_str_eq(row_text(0, "where"), "revision");
    ck_assert_int_eq(ask("list.show", "{}"), EXIT_OK);
    ck_assert_uint_eq(json_array_size(rows), 2);
    ck_assert_int_eq(ask("status", "{}"), EXIT_DIFFERS); /* no milter */
    ck_assert_int_eq(row_number(0, "revision"), 1);
    end();
}
END_TEST

/* With Postfix's own tools beside; without its main.cf what is accepted waits for its map. */
START_TEST(test_domains)
{
    static const char add[] =
        "{\"domain\":\"A.example.\",\"routes\":[\"mail.a.example:2525\",\"10.0.0.1\"]}";
    char *main_cf;

    begin(true);
    ck_assert_int_eq(ask_with("rules.apply", "{}", span_of(RULES)), EXIT_OK);
    ck_assert_int_eq(ask("domain.add", add), EXIT_PARTIAL);
    ck_assert_msg(strstr(said.text, "accepted, but Postfix does not know it yet: ") != NULL,
                  "%s", said.text);
    main_cf = file_path(dir, "main.cf");
    ck_assert_int_eq(file_replace(main_cf,
                                  SPAN("compatibility_level = 3.6\n"
                                       "default_database_type = hash\n"),
                                  0644, NULL),
                     0);
    ck_assert_int_eq(ask("domain.add", add), EXIT_OK);
    ck_assert_msg(strstr(said.text, "has its new routes") != NULL, "%s", said.text);
    ck_assert_int_eq(ask("domain.list", "{}"), EXIT_OK);
    ck_assert_uint_eq(json_array_size(rows), 1);
    ck_assert_str_eq(row_text(0, "domain"), "a.example");
    json_t *routes = json_object_get(json_array_get(rows, 0), "routes");
    ck_assert_uint_eq(json_array_size(routes), 2);
    ck_assert_str_eq(json_string_value(json_array_get(routes, 0)), "mail.a.example:2525");
    ck_assert_str_eq(json_string_value(json_array_get(routes, 1)), "10.0.0.1:25");
    ck_assert_int_eq(ask("domain.remove", "{\"domain\":\"a.example\"}"), EXIT_OK);
    ck_assert_str_eq(said.text, "domain a.example removed");
    ck_assert_int_eq(ask("domain.list", "{}"), EXIT_OK);
    ck_assert_uint_eq(json_array_size(rows), 0);
    xfree(&main_cf);
    end();
}
END_TEST

/* What is published stays in force, and every command says why it cannot. */
START_TEST(test_no_database)
{
    static const char *const commands[] = {"rules.show",     "rules.history", "rules.apply",
                                           "rules.rollback", "list.show",     "list.export",
                                           "list.add",       "list.remove",   "list.import",
                                           "domain.list",    "domain.add",    "domain.remove"};

    begin(false);
    for (size_t i = 0; i < COUNT_OF(commands); i++) {
        ck_assert_int_eq(ask(commands[i], "{}"), EXIT_PARTIAL);
        ck_assert_msg(strstr(said.text, "policyd runs without its database") != NULL, "%s: %s",
                      commands[i], said.text);
    }
    end();
}
END_TEST

/* What policyd does not know is the milter's; without one that is said. */
START_TEST(test_no_milter)
{
    begin(false);
    ck_assert_int_eq(ask("quarantine.list", "{}"), EXIT_UNREACHABLE);
    ck_assert_msg(strstr(said.text, "milter") != NULL, "%s", said.text);
    ck_assert_int_eq(ask("explain", "{\"what\":\"4XYZ\"}"), EXIT_INVALID);
    ck_assert_msg(strstr(said.text, "milter") != NULL, "%s", said.text);
    end();
}
END_TEST

/* Alone: its own decisions, the milter's absence told; no other node, and no code of one. */
START_TEST(test_search)
{
    begin(false);
    ck_assert_int_eq(ask("log", "{}"), EXIT_PARTIAL);
    ck_assert_uint_eq(json_array_size(rows), 2); /* neither daemon has any */
    for (size_t i = 0; i < 2; i++)
        ck_assert_ptr_nonnull(
            json_object_get(json_object_get(json_array_get(rows, i), "log"), "trouble"));
    ck_assert_int_eq(ask("log", "{\"node\":\"gate1\"}"), EXIT_PARTIAL);
    ck_assert_uint_eq(json_array_size(rows), 2);
    ck_assert_int_eq(ask("log", "{\"node\":\"gate2\"}"), EXIT_INVALID);
    ck_assert_ptr_nonnull(strstr(said.text, "is in no cluster"));
    ck_assert_int_eq(ask("log", "{\"limit\":0}"), EXIT_INVALID);
    ck_assert_int_eq(ask("explain", "{\"what\":\"M7K2-9QF4-T3WX\"}"), EXIT_INVALID);
    end();
}
END_TEST

SUITE_MAIN("policyd/control", test_bad_arguments, test_no_rules_yet, test_rules, test_lists,
           test_domains, test_no_database, test_no_milter, test_search)
