/* Every sentence that asks a daemon sends the command and the arguments that the daemons' tables expect. */
#include "t/lib/suite.h"
#include <fcntl.h>
#include <stdio.h>
#include <unistd.h>
#include "base/file.h"
#include "base/xalloc.h"
#include "control/server.h"
#include "milter/ctl/ctl.h"

#define WORDS_MAX 16

static char dir[64], path[96];
static struct str
    heard; /* "command {args}" of each request, and the body behind it, one a line */

static enum control_exit hear(const char *name, struct control_call *call, struct err *err)
{
    char *args = json_dumps(call->args, JSON_COMPACT | JSON_SORT_KEYS);
    struct span piece;

    str_printf(&heard, "%s %s", name, args);
    while (control_body(call, &piece, err) == 1) {
        str_addc(&heard, ' ');
        str_add(&heard, piece);
    }
    str_addc(&heard, '\n');
    free(args);
    if (strcmp(name, "rules.show") == 0) {
        control_row(call, json_pack("{s:i}", "revision", 7));
        control_data(call, SPAN("# old\n"));
    }
    return EXIT_OK;
}

static const struct control_service policyd = {"policyd", NULL, hear},
                                    milter = {"milter", NULL, hear};

#define RULE "[filter] rule a when path = proxy then tag \"t\"\n"

static const struct {
    const char *argv[WORDS_MAX];
    const char *want;
} calls[] = {
    {{"status"}, "status {}\n"},
    {{"explain", "M7K2-9QF4-T3WX"}, "explain {\"what\":\"M7K2-9QF4-T3WX\"}\n"},
    {{"log"}, "log {}\n"},
    {{"log", "--from", "@a.example", "--to", "b@c", "--since", "2026-11-22", "--until",
      "2026-11-23", "--verdict", "reject,defer"},
     "log {\"recipient\":\"b@c\",\"sender\":\"@a.example\",\"since\":1795305600000,"
     "\"until\":1795392000000,\"verdicts\":[\"reject\",\"defer\"]}\n"},
    {{"log", "--client", "192.0.2.0/24", "--rule", "r", "--queue-id", "4X", "--message-id",
      "<1@x>", "--code", "M7K2-9QF4-T3WX"},
     "log {\"client\":\"192.0.2.0/24\",\"code\":\"M7K2-9QF4-T3WX\",\"message_id\":\"<1@x>\","
     "\"queue_id\":\"4X\",\"rule\":\"r\"}\n"},
    {{"log", "--text", "t", "--limit", "5", "--node", "gate2", "--here"},
     "log {\"here\":true,\"limit\":5,\"node\":\"gate2\",\"text\":\"t\"}\n"},
    {{"rules", "show"}, "rules.show {}\n"},
    {{"rules", "show", "3"}, "rules.show {\"revision\":3}\n"},
    {{"rules", "history"}, "rules.history {}\n"},
    {{"rules", "rollback", "3", "--note", "back"},
     "rules.rollback {\"note\":\"back\",\"revision\":3}\n"},
    {{"rules", "diff", "3", "4"}, "rules.show {\"revision\":3}\nrules.show {\"revision\":4}\n"},
    {{"rules", "diff", "3"}, "rules.show {\"revision\":3}\nrules.show {}\n"},
    {{"rules", "diff", "FILE", "3"}, "rules.show {\"revision\":3}\n"},
    {{"rules", "apply", "FILE", "--note", "n"},
     "rules.show {}\nrules.apply {\"base\":7,\"note\":\"n\"} " RULE "\n"},
    {{"rules", "check", "FILE"}, ""},
    {{"rules", "test", "FILE"}, ""},
    {{"list", "show"}, "list.show {}\n"},
    {{"list", "show", "partners"}, "list.export {\"name\":\"partners\"}\n"},
    {{"list", "export", "partners"}, "list.export {\"name\":\"partners\"}\n"},
    {{"list", "add", "partners", "a.example", "b.example"},
     "list.add "
     "{\"force\":false,\"items\":[\"a.example\",\"b.example\"],\"name\":\"partners\"}\n"},
    {{"list", "add", "--force", "partners", "."},
     "list.add {\"force\":true,\"items\":[\".\"],\"name\":\"partners\"}\n"},
    {{"list", "remove", "partners", "a.example"},
     "list.remove {\"force\":false,\"items\":[\"a.example\"],\"name\":\"partners\"}\n"},
    {{"list", "import", "partners", "FILE", "--replace"},
     "list.import {\"force\":false,\"name\":\"partners\",\"replace\":true} " RULE "\n"},
    {{"domain", "list"}, "domain.list {}\n"},
    {{"domain", "add", "a.example", "--route", "192.0.2.1, [::1]:25"},
     "domain.add {\"domain\":\"a.example\",\"routes\":[\"192.0.2.1\",\"[::1]:25\"]}\n"},
    {{"domain", "remove", "a.example"}, "domain.remove {\"domain\":\"a.example\"}\n"},
    {{"message", "test", "FILE", "--client", "192.0.2.7", "--recipient", "a@b", "--recipient",
      "c@d", "--user", "bob"},
     "message.test "
     "{\"auth_user\":\"bob\",\"client\":\"192.0.2.7\",\"recipients\":[\"a@b\",\"c@d\"]} " RULE
     "\n"},
    {{"policy", "test", "sender=a=b@c", "recipient="},
     "policy.test {\"attributes\":{\"recipient\":\"\",\"sender\":\"a=b@c\"}}\n"},
    {{"quarantine", "list", "--state", "held", "--limit", "5"},
     "quarantine.list {\"limit\":5,\"state\":\"held\"}\n"},
    {{"quarantine", "show", "x", "--raw"}, "quarantine.show {\"id\":\"x\",\"raw\":true}\n"},
    {{"quarantine", "list", "--node", "gate2"}, "quarantine.list {\"node\":\"gate2\"}\n"},
    {{"quarantine", "release", "x"}, "quarantine.release {\"id\":\"x\"}\n"},
    {{"quarantine", "release", "x", "--node", "gate2", "--copy"},
     "quarantine.release {\"copy\":true,\"id\":\"x\",\"node\":\"gate2\"}\n"},
    {{"quarantine", "delete", "x"}, "quarantine.delete {\"id\":\"x\"}\n"},
    {{"quarantine", "reindex"}, "quarantine.reindex {}\n"},
    {{"report", "dmarc"}, "dmarc.report {}\n"},
    {{"report", "dmarc", "--day", "2026-11-21", "--domain", "a.example", "--send"},
     "dmarc.report {\"day\":\"2026-11-21\",\"domain\":\"a.example\",\"send\":true}\n"},
    {{"report", "--by", "rule"}, "report {\"by\":\"rule\"}\n"},
};

/* What is printed is not judged here. */
static int saved[2];

static void hush(void)
{
    int null = open("/dev/null", O_WRONLY | O_CLOEXEC);

    ck_assert(null != -1);
    fflush(stdout);
    for (int i = 0; i < 2; i++) {
        saved[i] = dup(STDOUT_FILENO + i);
        dup2(null, STDOUT_FILENO + i);
    }
    close(null);
}

static void speak_again(void)
{
    fflush(stdout);
    for (int i = 0; i < 2; i++) {
        dup2(saved[i], STDOUT_FILENO + i);
        close(saved[i]);
    }
}

static struct ctl begin(struct settings **settings_r)
{
    struct str text = STR_EMPTY, problems = STR_EMPTY;
    struct ctl ctl = {.is_json = true};

    snprintf(dir, sizeof(dir), "/tmp/postgate-ctl-XXXXXX");
    ck_assert(mkdtemp(dir) != NULL);
    snprintf(path, sizeof(path), "%s/file", dir);
    ck_assert(file_replace(path, SPAN(RULE), 0600, NULL) == 0);
    str_printf(&text, "control_dir = %s\n", dir);
    ck_assert(settings_parse(settings_r, str_span(&text), "f", &problems) == 0);
    ctl.settings = *settings_r;
    str_clear(&text);
    str_clear(&problems);
    hush();
    return ctl;
}

static void end(struct settings **settings)
{
    speak_again();
    settings_free(settings);
    ck_assert(unlink(path) == 0);
    ck_assert_msg(rmdir(dir) == 0, "something is left in %s", dir);
    str_clear(&heard);
}

static const struct sentence *find(char *const *argv, size_t argc, size_t *words_r)
{
    bool all;

    for (const struct sentence *s = sentences; s->grammar; s++) {
        *words_r = sentence_matches(s, argv, argc, &all);
        if (all && *words_r > 0)
            return s;
    }
    return NULL;
}

static int say(struct ctl *ctl, const char *const *words)
{
    struct arguments arguments;
    const struct sentence *sentence;
    char *argv[WORDS_MAX];
    size_t argc = 0, used;
    struct err err = {""};
    int code;

    for (; argc < WORDS_MAX && words[argc]; argc++)
        argv[argc] = xstrdup(strcmp(words[argc], "FILE") == 0 ? path : words[argc]);
    sentence = find(argv, argc, &used);
    ck_assert_msg(sentence != NULL, "%s", words[0]);
    ck_assert_msg(arguments_parse(&arguments, sentence, argv + used, argc - used, &err) == 0,
                  "%s", err.text);
    code = sentence->run(ctl, &arguments);
    arguments_clear(&arguments);
    while (argc > 0)
        xfree(&argv[--argc]);
    return code;
}

START_TEST(sentences_ask_what_the_daemons_expect)
{
    struct settings *settings;
    struct ctl ctl = begin(&settings);
    struct control_server *server = control_server_start(dir, &policyd, NULL);

    ck_assert(server != NULL);
    for (size_t i = 0; i < COUNT_OF(calls); i++) {
        str_reset(&heard);
        say(&ctl, calls[i].argv);
        ck_assert_msg(strcmp(str_cstr(&heard), calls[i].want) == 0,
                      "%s %s:\nwanted %s\ngot    %s", calls[i].argv[0],
                      calls[i].argv[1] ? calls[i].argv[1] : "", calls[i].want,
                      str_cstr(&heard));
    }
    control_server_stop(&server);
    end(&settings);
}
END_TEST

START_TEST(the_milter_is_asked_when_policyd_is_down)
{
    static const char *const status[] = {"status", NULL},
                             *const list[] = {"quarantine", "list", NULL},
                             *const rules[] = {"rules", "history", NULL};
    struct settings *settings;
    struct ctl ctl = begin(&settings);
    struct control_server *server = control_server_start(dir, &milter, NULL);

    ck_assert(server != NULL);
    ck_assert_int_eq(say(&ctl, status), EXIT_DIFFERS);
    ck_assert_int_eq(say(&ctl, list), EXIT_OK);
    ck_assert_int_eq(say(&ctl, rules), EXIT_UNREACHABLE);
    ck_assert_str_eq(str_cstr(&heard), "status {}\nquarantine.list {}\n");
    control_server_stop(&server);
    ck_assert_int_eq(say(&ctl, status), EXIT_UNREACHABLE);
    end(&settings);
}
END_TEST

SUITE_MAIN("ctl/contract", sentences_ask_what_the_daemons_expect,
           the_milter_is_asked_when_policyd_is_down)
