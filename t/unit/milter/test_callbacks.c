/* test_callbacks.c - the callbacks through a fake libmilter: replies, order, and callbacks of one connection on random threads. */
#include "t/lib/random.h"
#include "t/lib/talk.h"

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

SUITE_MAIN("milter/callbacks", test_replies, test_steps_out_of_place, test_client_name,
           test_draining, test_callbacks_on_random_threads)
