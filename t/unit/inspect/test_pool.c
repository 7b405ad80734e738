/* test_pool.c - the pool with real processes: an honest postgate-inspect, and one whose workers have been taken over. Whatever a
 * worker does, its message is failed and the next one passes. */
#include <dirent.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <sys/mman.h>
#include <unistd.h>
#include "base/clock.h"
#include "inspect/pool.h"
#include "t/lib/mail_facts.h"
#include "t/lib/pool_client.h"
#include "t/lib/suite.h"

static const struct evil_case {
    const char *word;
    const char *want; /* part of the failure; NULL: the message passes */
} evils[] = {
    {"open", "ended"},
    {"socket", "ended"},
    {"exec", "ended"},
    {"fork", "ended"},
    {"mprotect", "ended"},
    {"ptrace", "ended"},
    {"kill-parent", "ended"},
    {"crash", "ended"},
    {"write-message", "ended"},
    {"memory", "ended"},
    {"spin", "deadline"},
    {"wrong-id", "another request"},
    {"half", "its length"},
    {"two", "end"},
    {"pass-fd", "descriptor"},
    {"forged", "auth.user"},
    {"rubbish", "not a block"},
    {"afterwards", NULL},
    {"sleep=1", NULL},
    {"names", "too many names"},
    {"log", NULL},
};

START_TEST(test_evil_worker)
{
    const struct evil_case *c = &evils[_i];
    struct pool *pool =
        pool_client_start(EVIL, 1, 100, strcmp(c->word, "spin") == 0 ? 300 : 20000);
    struct str message = STR_EMPTY;
    struct pool_result result;

    pool_client_clean(pool, "nothing");
    str_printf(&message, "From: a@b.example\r\nX-Evil: %s\r\n\r\nx\r\n", c->word);
    pool_client_inspect(pool, str_span(&message), &result);
    if (c->want == NULL)
        ck_assert_msg(result.facts != NULL, "%s: %s", c->word, result.failure);
    else
        ck_assert_msg(result.facts == NULL && strstr(result.failure, c->want) != NULL,
                      "%s: \"%s\"", c->word, result.failure);
    facts_free(&result.facts);
    if (strcmp(c->word, "afterwards") == 0) {
        /* What it adds may come when the next message is already given to it: that one may fail, never be judged by it. */
        pool_client_inspect(pool, SPAN(CLEAN), &result);
        facts_free(&result.facts);
    }
    pool_client_clean(pool, c->word);
    pool_client_clean(pool, c->word);
    pool_stop(&pool);
    str_clear(&message);
}
END_TEST

/* Under a sanitizer its runtime keeps the standard error; a file there may not grow (RLIMIT_FSIZE), so the worker dies. */
#ifdef __SANITIZE_ADDRESS__
#define LOG_IS_CLOSED false
#else
#define LOG_IS_CLOSED true
#endif

START_TEST(test_log_is_not_its)
{
    int kept = dup(STDERR_FILENO), log = memfd_create("log", MFD_CLOEXEC);
    char said[4096] = "";
    struct pool *pool;
    struct pool_result result;

    dup2(log, STDERR_FILENO);
    pool = pool_client_start(EVIL, 1, 100, 20000);
    pool_client_inspect(pool, SPAN("X-Evil: log\n\nx\n"), &result);
    pool_stop(&pool);
    dup2(kept, STDERR_FILENO);
    ck_assert_int_ge(pread(log, said, sizeof said - 1, 0), 0);
    ck_assert_msg(!LOG_IS_CLOSED || result.facts != NULL, "%s", said);
    ck_assert_msg(!LOG_IS_CLOSED || strstr(said, "all is well") == NULL, "%s", said);
    facts_free(&result.facts);
    close(log);
    close(kept);
}
END_TEST

/* The milter, clamd and the quarantine read the same file: what a worker did to its view of it changes nothing. */
START_TEST(test_message_is_untouched)
{
    struct pool *pool = pool_client_start(EVIL, 1, 100, 20000);
    const char text[] = "X-Evil: write-message\n\nx\n";
    int fd = pool_client_seal(span_of(text), ALL_SEALS);
    char now[sizeof text] = "";
    struct pool_result result;

    ck_assert_int_eq(pool_client_submit(pool, fd, NULL, &result), 0);
    pool_client_await(&result);
    ck_assert_int_eq(pread(fd, now, sizeof now, 0), (ssize_t)strlen(text));
    ck_assert_str_eq(now, text);
    pool_stop(&pool);
    close(fd);
}
END_TEST

START_TEST(test_unsealed_is_refused)
{
    struct pool *pool = pool_client_start(HONEST, 1, 100, 20000);
    struct pool_result result;
    int seals[] = {F_SEAL_WRITE, F_SEAL_WRITE | F_SEAL_GROW | F_SEAL_SEAL,
                   F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_SEAL};

    for (size_t i = 0; i < COUNT_OF(seals); i++) {
        int fd = pool_client_seal(SPAN(CLEAN), seals[i]);
        ck_assert_int_eq(pool_client_submit(pool, fd, NULL, &result), -1);
        ck_assert(strstr(result.failure, "not sealed") != NULL);
        close(fd);
    }
    pool_stop(&pool);
}
END_TEST

START_TEST(test_queue_is_bounded)
{
    struct pool *pool = pool_client_start(EVIL, 1, 100, 10000);
    int fd = pool_client_seal(SPAN("X-Evil: spin\n\nx\n"), ALL_SEALS);
    struct pool_result results[8];
    struct pool_counts counts;
    int accepted = 0;

    ck_assert_int_eq(pool_client_submit(pool, fd, NULL, &results[accepted++]), 0);
    do { /* until the worker has it, the queue holds one less */
        pool_count(pool, &counts);
    } while (counts.queued > 0);
    while (accepted < 8 && pool_client_submit(pool, fd, NULL, &results[accepted]) == 0)
        accepted++;
    ck_assert_int_eq(accepted, 1 + (int)pool_content.queue_per_worker);
    ck_assert_str_eq(results[accepted].failure, "not tried: inspection queue full");
    pool_stop(&pool); /* fails what waits */
    for (int i = 0; i < accepted; i++)
        ck_assert(results[i].is_done && results[i].facts == NULL);
    close(fd);
}
END_TEST

START_TEST(test_waiting_counts)
{
    struct pool *pool = pool_client_start(EVIL, 1, 100, 600);
    int spin = pool_client_seal(SPAN("X-Evil: spin\n\nx\n"), ALL_SEALS);
    struct pool_result first, second;
    struct pool_job late = {.message_fd = spin,
                            .deadline = clock_mono_ms() + 200,
                            .body = SPAN(""),
                            .take = pool_client_take,
                            .done = pool_client_done,
                            .ctx = &second};

    ck_assert_int_eq(pool_client_submit(pool, spin, NULL, &first), 0);
    second = (struct pool_result){.lock = PTHREAD_MUTEX_INITIALIZER,
                                  .done = PTHREAD_COND_INITIALIZER};
    ck_assert_int_eq(pool_submit(pool, &late, NULL), 0);
    pool_client_await(&second);
    ck_assert_msg(strstr(second.failure, "before the deadline") != NULL, "%s", second.failure);
    pool_client_await(&first);
    pool_client_clean(pool, "waiting");
    pool_stop(&pool);
    close(spin);
}
END_TEST

START_TEST(test_workers_are_renewed)
{
    struct pool *pool = pool_client_start(HONEST, 2, 3, 20000);
    struct pool_counts counts;

    for (int i = 0; i < 20; i++)
        pool_client_clean(pool, "a renewal");
    do { /* the answer is out a moment before it is counted */
        pool_count(pool, &counts);
    } while (counts.messages < 20);
    ck_assert_uint_eq(counts.failures, 0);
    ck_assert_uint_eq(counts.workers_lost, 0);
    ck_assert_uint_ge(counts.workers_started, 20 / 3);
    pool_stop(&pool);
}
END_TEST

/* The children of this process: in a test of its own process there is one, the zygote. */
static pid_t find_child(void)
{
    DIR *proc = opendir("/proc");
    struct dirent *entry;
    pid_t found = 0;

    while ((entry = readdir(proc)) != NULL && found == 0) {
        char path[300], state;
        int pid, parent;
        FILE *file;
        snprintf(path, sizeof path, "/proc/%s/stat", entry->d_name);
        file = entry->d_name[0] >= '1' && entry->d_name[0] <= '9' ? fopen(path, "r") : NULL;
        if (file == NULL)
            continue;
        if (fscanf(file, "%d (%*[^)]) %c %d", &pid, &state, &parent) == 3 &&
            parent == getpid() && state != 'Z')
            found = pid;
        fclose(file);
    }
    closedir(proc);
    return found;
}

START_TEST(test_zygote_is_started_again)
{
    struct pool *pool = pool_client_start(HONEST, 1, 100, 20000);
    struct pool_result result;
    int fd = pool_client_seal(SPAN(CLEAN), ALL_SEALS);
    bool is_back = false;

    pool_client_clean(pool, "the start");
    ck_assert_int_eq(kill(find_child(), SIGKILL), 0);
    for (int i = 0; i < 1000 && !is_back; i++) {
        if (pool_client_submit(pool, fd, NULL, &result) < 0) {
            poll(NULL, 0, 20); /* refused while it is known to be gone */
            continue;
        }
        pool_client_await(&result);
        is_back = result.facts != NULL;
        facts_free(&result.facts);
    }
    ck_assert(is_back);
    pool_stop(&pool);
    close(fd);
}
END_TEST

START_TEST(test_program_missing)
{
    struct pool_options options = {
        .kind = &pool_content, .program = "/nonexistent/postgate-inspect", .workers = 1};
    struct pool *pool = NULL;
    struct err err;

    ck_assert_int_eq(pool_start(&pool, &options, &err), -1);
    ck_assert_msg(strstr(err.text, "could not be started") != NULL, "%s", err.text);
    options.program = "/bin/true";
    ck_assert_int_eq(pool_start(&pool, &options, &err), -1);
    ck_assert_ptr_null(pool);
}
END_TEST

START_TEST(test_large_message)
{
    struct pool *pool = pool_client_start(HONEST, 1, 100, 20000);
    struct str message = STR_EMPTY;
    struct pool_result result;

    str_adds(&message, "From: a@b.example\r\nContent-Type: application/pdf; name=a.pdf\r\n"
                       "Content-Transfer-Encoding: base64\r\n\r\n");
    while (message.len < 40 << 20)
        str_adds(&message,
                 "QUJDREVGR0hJSktMTU5PUFFSU1RVVldYWVphYmNkZWZnaGlqa2xtbm9wcXJzdHV2\r\n");
    pool_client_inspect(pool, str_span(&message), &result);
    ck_assert_msg(result.facts != NULL, "%s", result.failure);
    ck_assert_uint_eq(facts_records(result.facts, RECORD_ATTACHMENT)->count, 1);
    facts_free(&result.facts);
    str_clear(&message);
    pool_stop(&pool);
}
END_TEST

/* The same messages as test_mail, through the sandbox: character sets that were not opened before would show here. */
START_TEST(test_mail_in_the_sandbox)
{
    static char names[MAIL_FACTS_MAX][100];
    size_t count = mail_facts_names(names);
    struct pool *pool = pool_client_start(HONEST, 2, 50, 20000);

    for (size_t i = 0; i < count; i++) {
        struct mail_case mail;
        struct pool_result result;
        struct str headers = STR_EMPTY, got = STR_EMPTY;
        struct content_wants wants;
        int fd;
        mail_facts_read(names[i], &mail);
        for (size_t j = 0; j < mail.want_count; j++) {
            str_add(&headers, mail.wants[j]);
            str_addc(&headers, '\0');
        }
        fd = pool_client_seal(str_span(&mail.message), ALL_SEALS);
        wants = (struct content_wants){str_span(&headers), mail.wants_links ? WIRE_LINKS : 0};
        ck_assert_int_eq(pool_client_submit(pool, fd, &wants, &result), 0);
        pool_client_await(&result);
        ck_assert_msg(result.facts != NULL, "%s: %s", names[i], result.failure);
        mail_facts_print(&got, &mail, result.facts);
        if (strncmp(names[i], "limit-", 6) != 0) /* their limits are others than the pool's */
            ck_assert_str_eq(str_cstr(&got), str_cstr(&mail.expected));
        facts_free(&result.facts);
        str_clear(&headers);
        str_clear(&got);
        mail_facts_clear(&mail);
        close(fd);
    }
    pool_stop(&pool);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("inspect/pool");
    TCase *tcase = tcase_create("pool");
    SRunner *runner;
    int failed;

    tcase_set_timeout(tcase, 120);
    tcase_add_loop_test(tcase, test_evil_worker, 0, (int)COUNT_OF(evils));
    tcase_add_test(tcase, test_log_is_not_its);
    tcase_add_test(tcase, test_message_is_untouched);
    tcase_add_test(tcase, test_unsealed_is_refused);
    tcase_add_test(tcase, test_queue_is_bounded);
    tcase_add_test(tcase, test_waiting_counts);
    tcase_add_test(tcase, test_workers_are_renewed);
    tcase_add_test(tcase, test_zygote_is_started_again);
    tcase_add_test(tcase, test_program_missing);
    tcase_add_test(tcase, test_large_message);
    tcase_add_test(tcase, test_mail_in_the_sandbox);
    suite_add_tcase(suite, tcase);
    runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed > 0 ? EXIT_FAILURE : EXIT_SUCCESS;
}
