/* test_callbacks.c - the callbacks through a fake libmilter: replies, edits, and callbacks of one connection on random threads. */
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
#include "t/lib/random.h"
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
    "rule not-bert when recipient = \"bert@a.example\" then quarantine \"not for Bert\"\n"
    "rule not-carl when recipient = \"carl@a.example\" then discard\n"
    "rule marked when sender = \"mark@x.example\" then add header \"X-Seen\" \"yes\"\n"
    "rule clean when sender = \"mark@x.example\" then remove header \"X-Seen\"\n"
    "rule archive when sender = \"archive@x.example\" then keep\n";

static const struct check *const checks[] = {&content_check};
static struct gate gate;
static struct settings *settings;
static struct node_key key;
static uint8_t trace_key[32] = {5};
static char dir[] = "/tmp/postgate-callbacks-XXXXXX";

static void release_rules(void *thing)
{
    struct ruleset *rules = thing;

    ruleset_unpin(&rules);
}

static void publish(void)
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
    piece = piece_new("rules-1", rules, release_rules);
    snapshot_hold(snapshot, &piece);
    routes_file_print(&routes, NULL, 0);
    snapshot->routes = routes_parse(str_span(&routes), &err);
    ck_assert_msg(snapshot->routes != NULL, "%s", err.text);
    str_clear(&routes);
    snapshot->revision = 1;
    snapshot_swap(&snapshot);
}

static void open_stores(void)
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
    open_stores();
    gate.settings = settings;
    gate.trace_keys = (struct trace_keys){trace_key, NULL};
    gate.releases = releases_new(trace_key);
    checks_register(checks, 1);
    publish();
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

static SMFICTX *context_new(const char *daemon_name)
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

static struct talk talk_of(const char *client, char *sender)
{
    static char recipient[] = "<anna@a.example>";

    return (struct talk){.ctx = context_new("postgate-proxy"),
                         .client = client,
                         .sender = sender,
                         .recipient = recipient,
                         .rcpt = SMFIS_CONTINUE};
}

START_TEST(test_replies)
{
    static const struct {
        const char *name, *client;
        char sender[20];
        sfsistat rcpt, end;
    } cases[] = {
        {"clean", "192.0.2.7", "<a@x.example>", SMFIS_CONTINUE, SMFIS_ACCEPT},
        {"null sender", "192.0.2.7", "<>", SMFIS_CONTINUE, SMFIS_ACCEPT},
        {"refused at RCPT", "203.0.113.9", "<a@x.example>", SMFIS_REJECT, 0},
        {"held", "192.0.2.7", "<hold@x.example>", SMFIS_CONTINUE, SMFIS_ACCEPT},
        {"quarantined", "192.0.2.7", "<keep@x.example>", SMFIS_CONTINUE, SMFIS_DISCARD},
    };

    setup();
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        char sender[20];
        memcpy(sender, cases[i].sender, sizeof sender);
        struct talk talk = talk_of(cases[i].client, sender);
        talk_run(&talk);
        ck_assert_msg(talk.rcpt == cases[i].rcpt, "%s: RCPT %d", cases[i].name, (int)talk.rcpt);
        ck_assert_msg(talk.end == cases[i].end, "%s: end %d", cases[i].name, (int)talk.end);
        if (cases[i].rcpt == SMFIS_REJECT)
            ck_assert_msg(strstr(talk.ctx->reply, "550 5.7.1 not 100%% welcome [") != NULL,
                          "%s", talk.ctx->reply);
        free(talk.ctx);
    }
    teardown();
}
END_TEST

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

START_TEST(test_steps_out_of_place)
{
    SMFICTX *ctx;
    char path[] = "<a@x.example>", *arguments[] = {path, NULL};

    setup();
    ctx = context_new("postgate-proxy");
    ck_assert_int_eq(fake_callbacks.xxfi_close(ctx), SMFIS_CONTINUE); /* a kick: no connect */
    ck_assert_int_eq(fake_callbacks.xxfi_envfrom(ctx, arguments), SMFIS_CONTINUE);
    ck_assert_int_eq(fake_callbacks.xxfi_envrcpt(ctx, arguments), SMFIS_TEMPFAIL);
    ck_assert_int_eq(fake_callbacks.xxfi_eom(ctx), SMFIS_TEMPFAIL);
    ck_assert_int_eq(fake_callbacks.xxfi_abort(ctx), SMFIS_CONTINUE);
    free(ctx);
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

/* What DNS says of a client is in any spelling that its owner likes. */
START_TEST(test_client_name)
{
    static const struct {
        const char *name;
        sfsistat rcpt;
    } cases[] = {
        {"spam.example", SMFIS_REJECT},  {"SPAM.Example", SMFIS_REJECT},
        {"spam.example.", SMFIS_REJECT}, {"unknown", SMFIS_CONTINUE},
        {"not a name", SMFIS_CONTINUE},  {"other.example", SMFIS_CONTINUE},
    };
    char sender[] = "<a@x.example>";

    setup();
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        struct talk talk = talk_of("192.0.2.7", sender);
        talk.ctx->macros[2].name = "{client_name}";
        talk.ctx->macros[2].value = cases[i].name;
        talk_run(&talk);
        ck_assert_msg(talk.rcpt == cases[i].rcpt, "%s: %d", cases[i].name, (int)talk.rcpt);
        free(talk.ctx);
    }
    teardown();
}
END_TEST

START_TEST(test_draining)
{
    char sender[] = "<a@x.example>";

    setup();
    struct talk talk = talk_of("192.0.2.7", sender);
    atomic_store(&gate.is_draining, true);
    talk_run(&talk);
    ck_assert_int_eq(talk.rcpt, SMFIS_TEMPFAIL);
    ck_assert_ptr_nonnull(strstr(talk.ctx->reply, "421 4.3.2"));
    atomic_store(&gate.is_draining, false);
    free(talk.ctx);
    teardown();
}
END_TEST

#define TALKS   60
#define THREADS 6

/* Every talk goes on by one step at a time, on whichever thread takes it next. */
static struct {
    pthread_mutex_t lock;
    struct talk talks[TALKS];
    enum step next[TALKS];
    bool is_busy[TALKS];
    int left;
} table = {.lock = PTHREAD_MUTEX_INITIALIZER};

static int table_take(uint64_t *state)
{
    int found = -1;

    pthread_mutex_lock(&table.lock);
    size_t from = random_below(state, TALKS);
    for (size_t i = 0; i < TALKS && found < 0; i++) {
        size_t at = (from + i) % TALKS;
        if (!table.is_busy[at] && table.next[at] < STEPS)
            found = (int)at;
    }
    if (found >= 0)
        table.is_busy[found] = true;
    if (table.left == 0)
        found = -2;
    pthread_mutex_unlock(&table.lock);
    return found;
}

static void *work(void *seed)
{
    uint64_t state = random_seeded((uintptr_t)seed);
    int at;

    while ((at = table_take(&state)) != -2) {
        if (at < 0)
            continue;
        step_run(&table.talks[at], table.next[at]);
        pthread_mutex_lock(&table.lock);
        table.is_busy[at] = false;
        if (++table.next[at] == STEPS)
            table.left--;
        pthread_mutex_unlock(&table.lock);
    }
    return NULL;
}

START_TEST(test_callbacks_on_random_threads)
{
    pthread_t threads[THREADS];
    char sender[] = "<a@x.example>";

    setup();
    table.left = TALKS;
    for (size_t i = 0; i < TALKS; i++)
        table.talks[i] = talk_of("192.0.2.7", sender);
    for (size_t i = 0; i < THREADS; i++)
        ck_assert_int_eq(pthread_create(&threads[i], NULL, work, (void *)(uintptr_t)(i + 1)),
                         0);
    for (size_t i = 0; i < THREADS; i++)
        pthread_join(threads[i], NULL);
    for (size_t i = 0; i < TALKS; i++) {
        ck_assert_int_eq(table.talks[i].end, SMFIS_ACCEPT);
        free(table.talks[i].ctx);
    }
    ck_assert_uint_eq(atomic_load(&gate.transactions), 0);
    teardown();
}
END_TEST

SUITE_MAIN("milter/callbacks", test_replies, test_kept_for, test_edits, test_removal_goes_first,
           test_refused_edit_defers, test_steps_out_of_place, test_odd_recipients,
           test_client_name, test_draining, test_callbacks_on_random_threads)
