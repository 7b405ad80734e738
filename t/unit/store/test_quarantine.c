/* The quarantine: stored whole, bounded, claimed once, settled, cut, expired. */
#include <fcntl.h>
#include <pthread.h>
#include <sys/stat.h>

#include "t/lib/quarantine_samples.h"
#include "t/lib/set_clock.h"
#include "t/lib/suite.h"
#include "t/lib/temp_dir.h"

#define PLENTY 1000000000

static char dir[200];
static struct err err;

static struct quarantine *begin(void)
{
    temp_dir_make(dir);
    return sample_open(dir, NULL, PLENTY);
}

static void end(struct quarantine **q)
{
    quarantine_close(q);
    temp_dir_remove(dir);
}

START_TEST(test_put_and_read)
{
    struct quarantine *q = begin();
    struct arena *arena = arena_new();
    struct quarantine_entry entry;
    char id[QUARANTINE_ID_SIZE], path[300];
    struct stat st;

    sample_put(q, id);
    ck_assert_int_eq(quarantine_read(q, span_of(id), arena, &entry, &err), 1);
    ck_assert_int_eq(entry.state, QUARANTINE_HELD);
    ck_assert_int_eq(entry.time_ms, SET_CLOCK_BEGIN);
    ck_assert(span_is(entry.code, "M7K2-9QF4-T3WX") && span_is(entry.subject, "hello\nworld"));
    ck_assert_uint_eq(entry.recipient_count, 2);
    sample_check_message(q, id);
    snprintf(path, sizeof(path), "%s/held/%s", dir, id);
    ck_assert_int_eq(stat(path, &st), 0);
    ck_assert_int_eq(st.st_mode & 0777, 0600);
    ck_assert_int_eq(quarantine_read(q, SPAN("m7k29qf4t3wx"), arena, &entry, &err), 1);
    ck_assert_str_eq(entry.id, id);
    ck_assert_int_eq(quarantine_read(q, SPAN("../lock"), arena, &entry, &err), 0);
    ck_assert_int_eq(quarantine_read(q, SPAN("20261122-000000000000"), arena, &entry, &err), 0);
    arena_free(&arena);
    end(&q);
}
END_TEST

START_TEST(test_large_message)
{
    struct quarantine *q = begin();
    struct quarantine_entry e = {.client = SPAN("192.0.2.1")};
    size_t len = 5000001;
    char *bytes = malloc(len), id[QUARANTINE_ID_SIZE];
    int fd;

    memset(bytes, 'x', len);
    fd = sample_memfd(bytes, len);
    ck_assert_int_eq(lseek(fd, 17, SEEK_SET), 17);
    ck_assert_int_eq(quarantine_put(q, &e, fd, id, &err), QUARANTINE_STORED);
    ck_assert_int_eq(lseek(fd, 0, SEEK_CUR), 17);
    close(fd);
    quarantine_close(&q);
    q = sample_open(dir, NULL, PLENTY);
    struct arena *arena = arena_new();
    int64_t offset;

    ck_assert_int_eq(quarantine_open_message(q, span_of(id), arena, &e, &fd, &offset, &err), 1);
    ck_assert_uint_eq(e.message_bytes, len);
    close(fd);
    arena_free(&arena);
    free(bytes);
    end(&q);
}
END_TEST

START_TEST(test_many_recipients)
{
    static struct span recipients[3000];
    struct quarantine *q = begin();
    struct quarantine_entry e = {.recipient_count = 3000, .recipients = recipients}, back;
    struct arena *arena = arena_new();
    char id[QUARANTINE_ID_SIZE];
    int fd = sample_memfd("x", 1);

    for (size_t i = 0; i < 3000; i++)
        recipients[i] = SPAN("somebody@a.rather.long.domain.example");
    ck_assert_int_eq(quarantine_put(q, &e, fd, id, &err), QUARANTINE_STORED);
    ck_assert_int_eq(quarantine_read(q, span_of(id), arena, &back, &err), 1);
    ck_assert_uint_eq(back.recipient_count, 3000);
    close(fd);
    arena_free(&arena);
    end(&q);
}
END_TEST

START_TEST(test_damaged_file)
{
    struct quarantine *q = begin();
    struct arena *arena = arena_new();
    struct quarantine_entry entry;
    char id[QUARANTINE_ID_SIZE], path[300];
    int64_t offset;
    int fd;

    sample_put(q, id);
    snprintf(path, sizeof(path), "%s/held/%s", dir, id);
    fd = open(path, O_RDWR);
    ck_assert_int_eq(pwrite(fd, "X", 1, lseek(fd, 0, SEEK_END) - 1), 1);
    close(fd);
    ck_assert_int_eq(quarantine_open_message(q, span_of(id), arena, &entry, &fd, &offset, &err),
                     -1);
    ck_assert_msg(strstr(err.text, "sha256") != NULL, "%s", err.text);
    ck_assert_int_eq(truncate(path, 400), 0);
    ck_assert_int_eq(quarantine_read(q, span_of(id), arena, &entry, &err), -1);
    ck_assert_int_eq(truncate(path, 10), 0);
    ck_assert_int_eq(quarantine_read(q, span_of(id), arena, &entry, &err), -1);
    ck_assert_msg(strstr(err.text, id) != NULL, "%s", err.text);
    arena_free(&arena);
    end(&q);
}
END_TEST

struct claim {
    struct quarantine *q;
    const char *id;
    int result;
};

static void *claim(void *ctx)
{
    struct claim *c = ctx;
    struct err mine;

    c->result = quarantine_claim(c->q, c->id, &mine);
    return NULL;
}

START_TEST(test_claimed_once)
{
    struct quarantine *q = begin();

    for (int round = 0; round < 20; round++) {
        struct claim claims[4];
        pthread_t threads[4];
        char id[QUARANTINE_ID_SIZE];
        int sum = 0;

        sample_put(q, id);
        for (int i = 0; i < 4; i++) {
            claims[i] = (struct claim){q, id, -2};
            pthread_create(&threads[i], NULL, claim, &claims[i]);
        }
        for (int i = 0; i < 4; i++) {
            pthread_join(threads[i], NULL);
            ck_assert_int_ge(claims[i].result, 0);
            sum += claims[i].result;
        }
        ck_assert_int_eq(sum, 1);
        ck_assert_int_eq(sample_state(q, id), QUARANTINE_RELEASING);
    }
    end(&q);
}
END_TEST

/* From each state to each: what is possible. Rows from, columns to: held, releasing, released, unknown, deleted. */
static const char possible[5][6] = {"----d", "h-ru-", "-----", "h-r-d", "-----"};

static void bring_to(struct quarantine *q, const char *id, enum quarantine_state state)
{
    if (state == QUARANTINE_HELD)
        return;
    if (state == QUARANTINE_DELETED) {
        ck_assert_int_eq(quarantine_delete(q, id, "test", &err), 1);
        return;
    }
    ck_assert_int_eq(quarantine_claim(q, id, &err), 1);
    if (state != QUARANTINE_RELEASING)
        ck_assert_int_eq(quarantine_settle(q, id, state, "test", &err), 1);
}

START_TEST(test_transitions)
{
    struct quarantine *q = begin();

    for (int from = 1; from <= 5; from++)
        for (int to = 1; to <= 5; to++) {
            char id[QUARANTINE_ID_SIZE];
            int expected = possible[from - 1][to - 1] != '-';

            sample_put(q, id);
            bring_to(q, id, (enum quarantine_state)from);
            ck_assert_msg(quarantine_settle(q, id, (enum quarantine_state)to, NULL, &err) ==
                              expected,
                          "%d to %d: %s", from, to, err.text);
            ck_assert_int_eq(sample_state(q, id), expected ? to : from);
        }
    ck_assert_int_eq(quarantine_settle(q, "20261122-000000000000", QUARANTINE_HELD, NULL, &err),
                     0);
    ck_assert_msg(strstr(err.text, "there is no message") != NULL, "%s", err.text);
    end(&q);
}
END_TEST

START_TEST(test_delete)
{
    struct quarantine *q = begin();
    struct arena *arena = arena_new();
    struct quarantine_usage before, after;
    struct quarantine_entry entry;
    char id[QUARANTINE_ID_SIZE];
    int64_t offset;
    int fd;

    sample_put(q, id);
    quarantine_use(q, &before);
    ck_assert_int_eq(quarantine_delete(q, id, "root: spam\nreally", &err), 1);
    quarantine_use(q, &after);
    ck_assert_uint_eq(before.bytes - after.bytes, strlen(SAMPLE_MESSAGE));
    ck_assert_uint_eq(after.entries, 1);
    ck_assert_int_eq(quarantine_read(q, span_of(id), arena, &entry, &err), 1);
    ck_assert(span_is(entry.notes, "1795305600000 deleted: root: spam\\x0areally\n"));
    ck_assert_int_eq(quarantine_open_message(q, span_of(id), arena, &entry, &fd, &offset, &err),
                     -1);
    ck_assert_msg(strstr(err.text, "was deleted") != NULL, "%s", err.text);
    arena_free(&arena);
    end(&q);
}
END_TEST

START_TEST(test_cut_off_releases)
{
    struct quarantine *q = begin();
    char untouched[QUARANTINE_ID_SIZE], claimed[QUARANTINE_ID_SIZE], sent[QUARANTINE_ID_SIZE];

    sample_put(q, untouched);
    sample_put(q, claimed);
    sample_put(q, sent);
    ck_assert_int_eq(quarantine_sending(q, sent, &err), -1);
    ck_assert_int_eq(quarantine_claim(q, claimed, &err), 1);
    ck_assert_int_eq(quarantine_claim(q, sent, &err), 1);
    ck_assert_int_eq(quarantine_sending(q, sent, &err), 0);
    quarantine_close(&q);
    q = sample_open(dir, NULL, PLENTY);
    ck_assert_int_eq(sample_state(q, untouched), QUARANTINE_HELD);
    ck_assert_int_eq(sample_state(q, claimed), QUARANTINE_HELD);
    ck_assert_int_eq(sample_state(q, sent), QUARANTINE_UNKNOWN);
    /* an earlier attempt that was settled does not count */
    ck_assert_int_eq(quarantine_settle(q, sent, QUARANTINE_HELD, "did not arrive", &err), 1);
    ck_assert_int_eq(quarantine_claim(q, sent, &err), 1);
    quarantine_close(&q);
    q = sample_open(dir, NULL, PLENTY);
    ck_assert_int_eq(sample_state(q, sent), QUARANTINE_HELD);
    sample_check_message(q, sent);
    end(&q);
}
END_TEST

START_TEST(test_share_of_a_client)
{
    struct quarantine *q;
    char id[QUARANTINE_ID_SIZE];

    temp_dir_make(dir);
    q = sample_open(dir, NULL, 1000);
    ck_assert_int_eq(sample_put_from(q, "192.0.2.1", "", id, &err), QUARANTINE_STORED);
    ck_assert_int_eq(sample_put_from(q, "192.0.2.99", "", id, &err), QUARANTINE_STORED);
    ck_assert_int_eq(sample_put_from(q, "192.0.2.7", "", id, &err), QUARANTINE_OVER);
    ck_assert_msg(strstr(err.text, "quarantine_client_bytes") != NULL, "%s", err.text);
    ck_assert_int_eq(sample_put_from(q, "192.0.3.7", "", id, &err), QUARANTINE_STORED);
    ck_assert_int_eq(sample_put_from(q, "2001:db8::1", "", id, &err), QUARANTINE_STORED);
    ck_assert_int_eq(sample_put_from(q, "2001:db8::2:1", "", id, &err), QUARANTINE_STORED);
    ck_assert_int_eq(sample_put_from(q, "2001:db8::3", "", id, &err), QUARANTINE_OVER);
    ck_assert_int_eq(sample_put_from(q, "2001:db8:0:1::3", "", id, &err), QUARANTINE_STORED);
    quarantine_close(&q);
    q = sample_open(dir, NULL, 1000); /* a restart forgets nothing */
    ck_assert_int_eq(sample_put_from(q, "192.0.2.7", "", id, &err), QUARANTINE_OVER);
    set_clock(SET_CLOCK_BEGIN + SET_CLOCK_DAY);
    ck_assert_int_eq(sample_put_from(q, "192.0.2.7", "", id, &err), QUARANTINE_STORED);
    end(&q);
}
END_TEST

static const struct bound {
    struct quarantine_options options;
    const char *setting;
} bounds[] = {
    {{.max_percent = 0, .min_free = 0}, "quarantine_max_percent"},
    {{.max_percent = 90, .min_free = INT64_MAX / 2}, "quarantine_min_free"},
};

START_TEST(test_bounds)
{
    temp_dir_make(dir);
    for (size_t i = 0; i < COUNT_OF(bounds); i++) {
        struct quarantine_options options = bounds[i].options;
        struct quarantine_usage usage;
        char id[QUARANTINE_ID_SIZE];
        struct quarantine *q;

        options.dir = dir;
        options.client_bytes = PLENTY;
        q = quarantine_open(&options, &err);
        ck_assert_int_eq(sample_put_from(q, "192.0.2.1", "", id, &err), QUARANTINE_OVER);
        ck_assert_msg(strstr(err.text, bounds[i].setting) != NULL, "%s", err.text);
        quarantine_use(q, &usage);
        ck_assert_uint_eq(usage.bytes, 0);
        quarantine_close(&q);
    }
    temp_dir_remove(dir);
}
END_TEST

START_TEST(test_expire)
{
    struct quarantine *q = begin();
    struct quarantine_usage usage;
    char held[QUARANTINE_ID_SIZE], releasing[QUARANTINE_ID_SIZE], young[QUARANTINE_ID_SIZE];
    size_t removed;

    sample_put(q, held);
    sample_put(q, releasing);
    ck_assert_int_eq(quarantine_claim(q, releasing, &err), 1);
    set_clock(SET_CLOCK_BEGIN + 29 * SET_CLOCK_DAY);
    sample_put(q, young);
    ck_assert_int_eq(quarantine_expire(q, &removed, &err), 0);
    ck_assert_uint_eq(removed, 0);
    set_clock(SET_CLOCK_BEGIN + 31 * SET_CLOCK_DAY);
    ck_assert_int_eq(quarantine_expire(q, &removed, &err), 0);
    ck_assert_uint_eq(removed, 1);
    ck_assert_int_eq(sample_state(q, held), 0);
    ck_assert_int_eq(sample_state(q, releasing), QUARANTINE_RELEASING);
    ck_assert_int_eq(sample_state(q, young), QUARANTINE_HELD);
    quarantine_use(q, &usage);
    ck_assert_uint_eq(usage.entries, 2);
    end(&q);
}
END_TEST

/* Waits for DIR_LOCK_WAIT_MS, as a daemon does for the one before it. */
START_TEST(test_one_process)
{
    struct quarantine *q = begin();
    struct quarantine_options options = {dir, NULL, 90, 0, PLENTY, 30};

    ck_assert_ptr_null(quarantine_open(&options, &err));
    ck_assert_msg(strstr(err.text, "another process") != NULL, "%s", err.text);
    end(&q);
}
END_TEST

SUITE_MAIN("quarantine", test_put_and_read, test_large_message, test_many_recipients,
           test_damaged_file, test_claimed_once, test_transitions, test_delete,
           test_cut_off_releases, test_share_of_a_client, test_bounds, test_expire,
           test_one_process)
