/* One message through the milter's callbacks over the fake libmilter: stores, rules in force, and the steps of a connection. */
#ifndef T_LIB_TALK_H
#define T_LIB_TALK_H
#include <arpa/inet.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>
#include "base/file.h"
#include "base/log.h"
#include "checks/content.h"
#include "engine/piece.h"
#include "engine/routes.h"
#include "milter/callbacks.h"
#include "milter/releases.h"
#include "store/decisions.h"
#include "store/quarantine.h"
#include "t/lib/fake_libmilter.h"
#include "t/lib/suite.h"

static const char rules_text[] =
    "[filter]\n"
    "rule bad-client when client.ip in { 203.0.113.0/24 } then reject \"5.7.1 not 100% "
    "welcome\"\n"
    "rule bad-name when client.name = \"spam.example\" then reject \"5.7.1 bad name\"\n"
    "rule loop when loop.certain then reject \"5.4.6 Routing loop\"\n"
    "rule parts when any attachment (uninspected known) then quarantine \"x\"\n"
    "rule held when sender = \"hold@x.example\" then hold\n"
    "rule kept when sender = \"keep@x.example\" then quarantine \"kept\"\n"
    "rule both when sender = \"both@x.example\" then quarantine \"both\", reject \"5.7.1 no\"\n"
    "rule not-bert when recipient = \"bert@a.example\" then quarantine \"not for Bert\"\n"
    "rule not-carl when recipient = \"carl@a.example\" then discard\n"
    "rule marked when sender = \"mark@x.example\" then add header \"X-Seen\" \"yes\"\n"
    "rule clean when sender = \"mark@x.example\" then remove header \"X-Seen\"\n"
    "rule tagged when sender = \"tag@x.example\" then prefix subject \"[seen]\"\n"
    "rule several when sender = \"all@x.example\" then prefix subject \"[seen]\", remove "
    "header "
    "\"X-Seen\", add header \"X-Seen\" \"yes\"\n"
    "rule archive when sender = \"archive@x.example\" then keep\n";

static const struct check *const checks[] = {&content_check};
static struct gate gate;
static struct settings *settings;
static struct node_key key;
static uint8_t trace_key[32] = {5};
static char dir[] = "/tmp/postgate-callbacks-XXXXXX";

static void talk_release_rules(void *thing)
{
    struct ruleset *rules = thing;

    ruleset_unpin(&rules);
}

static inline void talk_release_routes(void *thing)
{
    struct routes *routes = thing;

    routes_free(&routes);
}

static void talk_publish(void)
{
    struct problems problems;
    struct ruleset *rules;
    struct snapshot *snapshot = snapshot_new();
    struct str routes = STR_EMPTY;
    struct piece *piece;
    struct err err;

    problems_init(&problems, "rules", span_of(rules_text));
    rules = ruleset_compile(span_of(rules_text), "rules", &problems);
    ck_assert_ptr_nonnull(rules);
    problems_clear(&problems);
    snapshot_bind(snapshot, rules);
    piece = piece_new("rules-1", rules, talk_release_rules);
    snapshot_hold(snapshot, &piece);
    routes_file_print(&routes, NULL, 0);
    snapshot->routes = routes_parse(str_span(&routes), &err);
    ck_assert_msg(snapshot->routes != NULL, "%s", err.text);
    piece = piece_new("routes-1", snapshot->routes, talk_release_routes);
    snapshot_hold(snapshot, &piece);
    str_clear(&routes);
    snapshot->revision = 1;
    snapshot_swap(&snapshot);
}

static void talk_open_stores(void)
{
    struct decisions_options decisions = {.state_dir = dir,
                                          .program = DECISION_MILTER,
                                          .key = &key,
                                          .days = 1,
                                          .max_bytes = 1 << 30};
    struct str path = STR_EMPTY;
    struct err err;

    ck_assert_ptr_nonnull(mkdtemp(dir));
    str_printf(&path, "%s/quarantine", dir);
    ck_assert_int_eq(mkdir(str_cstr(&path), 0700), 0);
    struct quarantine_options quarantine = {.dir = str_cstr(&path),
                                            .max_percent = 90,
                                            .min_free = 0,
                                            .client_bytes = 1 << 30,
                                            .days = 1};
    ck_assert_int_eq(node_key_load(dir, &key, &err), 0);
    gate.decisions = decisions_open(&decisions, &err);
    ck_assert_msg(gate.decisions != NULL, "%s", err.text);
    gate.quarantine = quarantine_open(&quarantine, &err);
    ck_assert_msg(gate.quarantine != NULL, "%s", err.text);
    str_clear(&path);
}

static void setup(void)
{
    struct str problems = STR_EMPTY;
    struct err err;

    log_open("test", true);
    log_set_level(LOG_LEVEL_ERROR);
    ck_assert_int_eq(settings_parse(&settings,
                                    SPAN("node_name = gate1\nauthserv_id = mx.example\n"), "cf",
                                    &problems),
                     0);
    str_clear(&problems);
    talk_open_stores();
    gate.settings = settings;
    memcpy(gate.trace.of[0], trace_key, sizeof gate.trace.of[0]);
    gate.trace.count = 1;
    gate.releases = releases_new(trace_key);
    checks_register(checks, 1);
    talk_publish();
    ck_assert_int_eq(callbacks_register(&gate, &err), 0);
}

static void teardown(void)
{
    char command[128];

    decisions_close(&gate.decisions);
    quarantine_close(&gate.quarantine);
    releases_free(&gate.releases);
    settings_free(&settings);
    snprintf(command, sizeof command, "rm -rf %s", dir);
    ck_assert_int_eq(system(command), 0);
    memcpy(dir + strlen(dir) - 6, "XXXXXX", 6);
}

static inline SMFICTX *context_new(const char *daemon_name)
{
    SMFICTX *ctx = calloc(1, sizeof *ctx);

    ctx->macros[0].name = "{daemon_name}";
    ctx->macros[0].value = daemon_name;
    ctx->macros[1].name = "i";
    ctx->macros[1].value = "4XYZ";
    return ctx;
}

/* The steps of one message, in order; each may run on another thread. */
enum step { CONNECT, HELO, MAIL, RCPT, HEADER, END_HEADERS, BODY, END, CLOSE, STEPS };

struct talk {
    SMFICTX *ctx;
    const char *client;
    char *sender;
    char *recipient;
    char *others[2]; /* further recipients, or NULL */
    const char *header[2];
    sfsistat rcpt, end;
};

static void step_run(struct talk *talk, enum step step)
{
    struct sockaddr_in address = {.sin_family = AF_INET};
    char *mail[] = {talk->sender, NULL}, *rcpt[] = {talk->recipient, NULL};
    char host[] = "client", helo[] = "helo.example", body[] = "text\r\n";

    inet_pton(AF_INET, talk->client, &address.sin_addr);
    switch (step) {
    case CONNECT:
        fake_callbacks.xxfi_connect(talk->ctx, host, (_SOCK_ADDR *)&address);
        break;
    case HELO:
        fake_callbacks.xxfi_helo(talk->ctx, helo);
        break;
    case MAIL:
        fake_callbacks.xxfi_envfrom(talk->ctx, mail);
        break;
    case RCPT:
        talk->rcpt = fake_callbacks.xxfi_envrcpt(talk->ctx, rcpt);
        for (size_t i = 0; i < COUNT_OF(talk->others) && talk->others[i] != NULL; i++) {
            rcpt[0] = talk->others[i];
            fake_callbacks.xxfi_envrcpt(talk->ctx, rcpt);
        }
        break;
    case HEADER:
        if (talk->header[0] != NULL)
            fake_callbacks.xxfi_header(talk->ctx, (char *)(uintptr_t)talk->header[0],
                                       (char *)(uintptr_t)talk->header[1]);
        break;
    case END_HEADERS:
        fake_callbacks.xxfi_eoh(talk->ctx);
        break;
    case BODY:
        fake_callbacks.xxfi_body(talk->ctx, (unsigned char *)body, strlen(body));
        break;
    case END:
        talk->end = fake_callbacks.xxfi_eom(talk->ctx);
        break;
    default:
        fake_callbacks.xxfi_close(talk->ctx);
    }
}

static void talk_run(struct talk *talk)
{
    for (enum step step = CONNECT; step < STEPS; step++)
        if (!(talk->rcpt != SMFIS_CONTINUE && step > RCPT && step < CLOSE))
            step_run(talk, step);
}

static inline struct talk talk_of(const char *client, char *sender)
{
    static char recipient[] = "<anna@a.example>";

    return (struct talk){.ctx = context_new("postgate-proxy"),
                         .client = client,
                         .sender = sender,
                         .recipient = recipient,
                         .rcpt = SMFIS_CONTINUE};
}
#endif
