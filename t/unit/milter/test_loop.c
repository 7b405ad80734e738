/* test_loop.c - marks of our own, of others, and of nobody. */
#include "milter/loop.h"
#include "t/lib/suite.h"

#define NOW 1795000000

static const uint8_t key_now[32] = {1}, key_before[32] = {2}, key_foreign[32] = {3};
static const struct trace_keys keys = {key_now, key_before, NULL};
static struct arena *arena;
static struct message message;

static struct loop_reader reader_of(enum path path, const struct span *recipients, size_t count)
{
    return (struct loop_reader){.keys = &keys,
                                .message_id = SPAN("<1@x.example>"),
                                .path = path,
                                .recipients = recipients,
                                .recipient_count = count,
                                .now = NOW,
                                .max_age = 5 * 86400};
}

/* A mark as a node would have written it on an earlier pass. */
static void add_mark(const uint8_t *key, enum path path, const struct span *recipients,
                     size_t count, unsigned passes, int64_t time)
{
    struct trace_keys own = {key, NULL, NULL};
    struct loop_reader reader = reader_of(path, recipients, count);
    struct loop loop = {.passes = passes};
    struct str value = STR_EMPTY;

    reader.keys = &own;
    reader.now = time;
    loop_mark(&value, &loop, &reader, "gate1");
    message_header(&message, SPAN("X-Postgate-Trace"), str_span(&value));
    str_clear(&value);
}

static struct loop read_as(enum path path, const struct span *recipients, size_t count)
{
    struct loop_reader reader = reader_of(path, recipients, count);
    struct loop loop;

    loop_read(&loop, &message, &reader);
    return loop;
}

static void setup(void)
{
    arena = arena_new();
    message_begin(&message, arena, 1000000);
}

static void teardown(void)
{
    message_end(&message);
    arena_free(&arena);
}

static const struct span anna[] = {{"anna@a.example", 14}};
static const struct span both[] = {{"anna@a.example", 14}, {"ben@b.example", 13}};
static const struct span ben[] = {{"ben@b.example", 13}};

START_TEST(test_who_is_a_loop)
{
    static const struct {
        const char *name;
        const uint8_t *key;
        enum path marked, now;
        const struct span *marked_for, *now_for;
        size_t marked_count, now_count;
        int64_t age;
        bool is_certain;
        unsigned passes, invalid;
    } cases[] = {
        {"second pass", key_now, PATH_STAGING, PATH_STAGING, anna, anna, 1, 1, 60, true, 1, 0},
        {"split over next hops", key_now, PATH_STAGING, PATH_STAGING, both, ben, 2, 1, 60, true,
         1, 0},
        {"forward to another", key_now, PATH_PROXY, PATH_PROXY, anna, ben, 1, 1, 60, false, 1,
         0},
        {"one more recipient", key_now, PATH_PROXY, PATH_PROXY, anna, both, 1, 2, 60, false, 1,
         0},
        {"other path", key_now, PATH_PROXY, PATH_STAGING, anna, anna, 1, 1, 60, false, 0, 0},
        {"key before rotation", key_before, PATH_PROXY, PATH_PROXY, anna, anna, 1, 1, 60, true,
         1, 0},
        {"forged", key_foreign, PATH_PROXY, PATH_PROXY, anna, anna, 1, 1, 60, false, 0, 1},
        {"too old", key_now, PATH_PROXY, PATH_PROXY, anna, anna, 1, 1, 6 * 86400, false, 0, 1},
        {"from the future", key_now, PATH_PROXY, PATH_PROXY, anna, anna, 1, 1, -90000, false, 0,
         1},
        {"listener not ours", key_now, PATH_PROXY, 0, anna, anna, 1, 1, 60, false, 0, 0},
    };

    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        setup();
        add_mark(cases[i].key, cases[i].marked, cases[i].marked_for, cases[i].marked_count, 0,
                 NOW - cases[i].age);
        struct loop loop = read_as(cases[i].now, cases[i].now_for, cases[i].now_count);
        ck_assert_msg(loop.is_certain == cases[i].is_certain, "%s: certain", cases[i].name);
        ck_assert_msg(loop.passes == cases[i].passes, "%s: passes %u", cases[i].name,
                      loop.passes);
        ck_assert_msg(loop.invalid == cases[i].invalid, "%s: invalid %u", cases[i].name,
                      loop.invalid);
        ck_assert_msg(message.headers[0].is_kept == (cases[i].invalid == 0), "%s: kept",
                      cases[i].name);
        teardown();
    }
}
END_TEST

/* Taken from a message that passed here and set into another: it is of another message, so it means nothing. */
START_TEST(test_replayed_into_another_message)
{
    setup();
    add_mark(key_now, PATH_PROXY, anna, 1, 0, NOW - 60);
    struct loop_reader reader = reader_of(PATH_PROXY, anna, 1);
    struct loop loop;
    reader.message_id = SPAN("<2@x.example>");
    loop_read(&loop, &message, &reader);
    ck_assert(!loop.is_certain);
    ck_assert_uint_eq(loop.passes, 0);
    ck_assert_uint_eq(loop.invalid, 1);
    teardown();
}
END_TEST

START_TEST(test_passes_are_counted_on_and_repeats_are_not)
{
    setup();
    add_mark(key_now, PATH_PROXY, anna, 1, 3, NOW - 60);
    add_mark(key_now, PATH_PROXY, anna, 1, 0, NOW - 50);
    add_mark(key_now, PATH_PROXY, anna, 1, 0, NOW - 50);
    ck_assert_uint_eq(read_as(PATH_PROXY, ben, 1).passes, 4);
    teardown();
}
END_TEST

START_TEST(test_marks_looked_at_are_bounded)
{
    setup();
    for (int i = 0; i < LOOP_MAX_MARKS + 10; i++)
        add_mark(key_now, PATH_PROXY, anna, 1, 0, NOW - 60);
    ck_assert_uint_eq(read_as(PATH_PROXY, ben, 1).invalid, 10);
    teardown();
}
END_TEST

START_TEST(test_odd_spellings_are_no_marks)
{
    setup();
    add_mark(key_now, PATH_PROXY, anna, 1, 0, NOW - 60);
    message.headers[0].name = SPAN("X-Post\xc2\xadgate-Trace");
    struct loop loop = read_as(PATH_PROXY, anna, 1);
    ck_assert(!loop.is_certain);
    ck_assert(!message.headers[0].is_kept);
    teardown();
}
END_TEST

SUITE_MAIN("milter/loop", test_who_is_a_loop, test_replayed_into_another_message,
           test_passes_are_counted_on_and_repeats_are_not, test_marks_looked_at_are_bounded,
           test_odd_spellings_are_no_marks)
