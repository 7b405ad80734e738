/* List items: canonical, numbered changes, overlay or new image; image plus overlay is the list. */
#include <stdio.h>
#include <string.h>

#include "base/str.h"
#include "store/list_items.h"
#include "t/lib/random.h"
#include "t/lib/suite.h"
#include "t/lib/temp_dir.h"

static char dir[200];
static struct policy_db *db;
static struct err err;

static void begin(const char *name, enum list_type type)
{
    char path[300];

    temp_dir_make(dir);
    snprintf(path, sizeof(path), "%s/policyd.db", dir);
    db = policy_db_open(path, &err);
    ck_assert_msg(db != NULL, "%s", err.text);
    ck_assert_int_eq(list_items_create(db, span_of(name), type, &err), 1);
}

static void end(void)
{
    policy_db_close(&db);
    temp_dir_remove(dir);
}

static int edit(const char *name, enum list_verb verb, const char *const *texts, size_t count,
                struct list_edited *edited)
{
    struct span items[16];
    struct list_edit e = {.verb = verb, .count = count, .items = items};

    for (size_t i = 0; i < count; i++)
        items[i] = span_of(texts[i]);
    return list_items_edit(db, span_of(name), &e, edited, &err);
}

static void expect_items(const char *name, const char *expected)
{
    struct arena *arena = arena_new();
    struct str text = STR_EMPTY;
    struct stored_list list;
    struct span *items;

    ck_assert_int_eq(list_items_read(db, span_of(name), arena, &items, &list, &err), 1);
    for (size_t i = 0; i < list.count; i++)
        str_printf(&text, "%s%.*s", i > 0 ? " " : "", SPAN_ARG(items[i]));
    ck_assert_str_eq(str_cstr(&text), expected);
    str_clear(&text);
    arena_free(&arena);
}

START_TEST(test_add_remove)
{
    const char *const items[] = {"B.Example.", "a.example", "b.example", ".c.example"};
    const char *const gone[] = {"A.EXAMPLE", "never.example"};
    struct list_edited edited;

    begin("partners", LIST_DOMAIN);
    ck_assert_int_eq(edit("partners", LIST_ADD, items, 4, &edited), 0);
    ck_assert_uint_eq(edited.added, 3);
    ck_assert_uint_eq(edited.generation, 3);
    expect_items("partners", ".c.example a.example b.example");
    ck_assert_int_eq(edit("partners", LIST_ADD, items, 4, &edited), 0);
    ck_assert_uint_eq(edited.added, 0);
    ck_assert_uint_eq(edited.generation, 3);
    ck_assert_int_eq(edit("partners", LIST_REMOVE, gone, 2, &edited), 0);
    ck_assert_uint_eq(edited.removed, 1);
    ck_assert_uint_eq(edited.generation, 4);
    expect_items("partners", ".c.example b.example");
    end();
}
END_TEST

START_TEST(test_all_or_nothing)
{
    const char *const items[] = {"10.0.0.0/16", "10.0.0.1/8"};
    const char *const wide[] = {"10.0.0.0/7"};
    struct list_edited edited;

    begin("nets", LIST_IP);
    ck_assert_int_eq(edit("nets", LIST_ADD, items, 2, &edited), -1);
    ck_assert_msg(strstr(err.text, "10.0.0.0/8") != NULL, "%s", err.text);
    expect_items("nets", "");
    ck_assert_int_eq(edit("nets", LIST_ADD, wide, 1, &edited), -1);
    ck_assert_int_eq(edit("other", LIST_ADD, items, 1, &edited), -1);
    ck_assert_msg(strstr(err.text, "no list other") != NULL, "%s", err.text);
    end();
}
END_TEST

START_TEST(test_force)
{
    struct span wide = SPAN("0.0.0.0/0");
    struct list_edit e = {.verb = LIST_ADD, .count = 1, .items = &wide};
    struct list_edited edited;

    begin("nets", LIST_IP);
    ck_assert_int_eq(list_items_edit(db, SPAN("nets"), &e, &edited, &err), -1);
    ck_assert_msg(strstr(err.text, "--force") != NULL, "%s", err.text);
    e.is_forced = true;
    ck_assert_int_eq(list_items_edit(db, SPAN("nets"), &e, &edited, &err), 0);
    e.is_forced = false;
    e.verb = LIST_REMOVE;
    ck_assert_int_eq(list_items_edit(db, SPAN("nets"), &e, &edited, &err), 0);
    ck_assert_uint_eq(edited.removed, 1);
    end();
}
END_TEST

START_TEST(test_file)
{
    struct span lines[] = {SPAN("# a comment"), SPAN(""), SPAN("  a@x.example\r"),
                           SPAN("user#1@x.example # why"), SPAN("not an address")};
    struct list_edit e = {.verb = LIST_REPLACE, .count = 4, .items = lines, .is_file = true};
    struct list_edited edited;

    begin("people", LIST_ADDRESS);
    ck_assert_int_eq(list_items_edit(db, SPAN("people"), &e, &edited, &err), 0);
    expect_items("people", "a@x.example user#1@x.example");
    e.count = 5;
    ck_assert_int_eq(list_items_edit(db, SPAN("people"), &e, &edited, &err), -1);
    ck_assert_msg(strncmp(err.text, "line 5: ", 8) == 0, "%s", err.text);
    end();
}
END_TEST

START_TEST(test_replace)
{
    const char *const first[] = {"a", "b", "c"};
    const char *const second[] = {"d", "b"};
    struct list_edited edited;

    begin("words", LIST_STRING);
    ck_assert_int_eq(edit("words", LIST_ADD, first, 3, &edited), 0);
    ck_assert_int_eq(edit("words", LIST_REPLACE, second, 2, &edited), 0);
    ck_assert_uint_eq(edited.added, 1);
    ck_assert_uint_eq(edited.removed, 2);
    expect_items("words", "b d");
    ck_assert_int_eq(edit("words", LIST_REPLACE, NULL, 0, &edited), 0);
    expect_items("words", "");
    end();
}
END_TEST

START_TEST(test_types)
{
    const char *const items[] = {"x"};
    struct list_edited edited;
    struct stored_list *lists;
    size_t count;

    begin("words", LIST_STRING);
    ck_assert_int_eq(list_items_create(db, SPAN("words"), LIST_STRING, &err), 0);
    ck_assert_int_eq(edit("words", LIST_ADD, items, 1, &edited), 0);
    ck_assert_int_eq(list_items_create(db, SPAN("words"), LIST_IP, &err), -1);
    ck_assert_msg(strstr(err.text, "holds 1 items of type string") != NULL, "%s", err.text);
    ck_assert_int_eq(edit("words", LIST_REMOVE, items, 1, &edited), 0);
    ck_assert_int_eq(list_items_create(db, SPAN("words"), LIST_IP, &err), 0);
    ck_assert_int_eq(list_items_create(db, SPAN("../x"), LIST_IP, &err), -1);
    ck_assert_int_eq(list_items_create(db, SPAN("a-list"), LIST_IP, &err), 1);
    ck_assert_int_eq(list_items_lists(db, &lists, &count, &err), 0);
    ck_assert_uint_eq(count, 2);
    ck_assert_str_eq(lists[0].name, "a-list");
    ck_assert_int_eq(lists[1].type, LIST_IP);
    ck_assert(lists[1].is_image_due);
    free(lists);
    end();
}
END_TEST

START_TEST(test_too_many_lists)
{
    char name[16];
    int result = 1;

    begin("first", LIST_IP);
    for (int i = 1; i < LISTS_MAX; i++) {
        snprintf(name, sizeof(name), "l%d", i);
        result &= list_items_create(db, span_of(name), LIST_IP, &err);
    }
    ck_assert_int_eq(result, 1);
    ck_assert_int_eq(list_items_create(db, SPAN("more"), LIST_IP, &err), -1);
    ck_assert_msg(strstr(err.text, "no longer use") != NULL, "%s", err.text);
    ck_assert_int_eq(list_items_create(db, SPAN("l7"), LIST_IP, &err), 0);
    end();
}
END_TEST

/* Adds `count` numbered words from `from` on. */
static void add_many(size_t from, size_t count)
{
    struct span *items = calloc(count, sizeof(*items));
    char *texts = calloc(count, 16);
    struct list_edit e = {.verb = LIST_ADD, .count = count, .items = items};
    struct list_edited edited;

    for (size_t i = 0; i < count; i++) {
        snprintf(texts + 16 * i, 16, "w%07zu", from + i);
        items[i] = span_of(texts + 16 * i);
    }
    ck_assert_int_eq(list_items_edit(db, SPAN("words"), &e, &edited, &err), 0);
    ck_assert_uint_eq(edited.added, count);
    free(items);
    free(texts);
}

static int changes(size_t *count, struct stored_list *list)
{
    struct arena *arena = arena_new();
    struct list_change *each = NULL;
    int result = list_items_changes(db, SPAN("words"), arena, &each, count, list, &err);

    arena_free(&arena);
    return result;
}

START_TEST(test_image_due)
{
    struct stored_list list;
    size_t count;

    begin("words", LIST_STRING);
    add_many(0, LIST_OVERLAY_MAX);
    ck_assert_int_eq(changes(&count, &list), 1);
    ck_assert_uint_eq(count, LIST_OVERLAY_MAX);
    ck_assert(!list.is_image_due);
    add_many(LIST_OVERLAY_MAX, 1);
    ck_assert_int_eq(changes(&count, &list), 1);
    ck_assert(list.is_image_due);
    ck_assert_int_eq(list_items_image_made(db, SPAN("words"), list.generation, &err), 0);
    ck_assert_int_eq(changes(&count, &list), 1);
    ck_assert_uint_eq(count, 0);
    ck_assert(!list.is_image_due);
    ck_assert_int_eq(list_items_image_made(db, SPAN("words"), list.generation + 1, &err), -1);
    add_many(1000000, LIST_CHANGES_MAX + 1);
    ck_assert_int_eq(changes(&count, &list), 0);
    ck_assert(list.is_image_due);
    /* an image of the past does not help */
    ck_assert_int_eq(list_items_image_made(db, SPAN("words"), list.image_generation, &err), 0);
    ck_assert_int_eq(changes(&count, &list), 0);
    ck_assert_int_eq(list_items_image_made(db, SPAN("words"), list.generation, &err), 0);
    add_many(2000000, 1);
    ck_assert_int_eq(changes(&count, &list), 1);
    ck_assert_uint_eq(count, 1);
    end();
}
END_TEST

/* What the store says of changes, laid over the image of before, gives exactly the items of now. */
static void compare(const struct list_image *image)
{
    struct arena *arena = arena_new();
    struct list_change *each;
    struct list_overlay *overlay;
    struct stored_list list;
    struct span *items;
    size_t count, held = 0;

    ck_assert_int_eq(list_items_changes(db, SPAN("words"), arena, &each, &count, &list, &err),
                     1);
    overlay = list_overlay_new(LIST_STRING, each, count);
    ck_assert_int_eq(list_items_read(db, SPAN("words"), arena, &items, &list, &err), 1);
    for (int i = 0; i < 40; i++) {
        char word[16];
        bool is_in = false;

        snprintf(word, sizeof(word), "w%02d", i);
        for (size_t k = 0; k < list.count; k++)
            is_in |= span_is(items[k], word);
        held += is_in;
        ck_assert_int_eq(list_holds_text(image, overlay, LIST_STRING, span_of(word), NULL),
                         is_in);
    }
    ck_assert_uint_eq(held, list.count);
    list_overlay_free(&overlay);
    arena_free(&arena);
}

START_TEST(test_image_plus_overlay)
{
    uint64_t random = random_seeded(7);
    struct str bytes = STR_EMPTY;
    struct list_image *image = NULL;

    begin("words", LIST_STRING);
    for (int round = 0; round < 60; round++) {
        char word[16];
        const char *const items[] = {word};
        struct list_edited edited;

        for (int i = 0; i < 6; i++) {
            snprintf(word, sizeof(word), "w%02d", (int)random_below(&random, 40));
            ck_assert_int_eq(edit("words",
                                  random_below(&random, 2) == 0 ? LIST_ADD : LIST_REMOVE, items,
                                  1, &edited),
                             0);
        }
        compare(image);
        if (round % 10 == 9) {
            struct arena *arena = arena_new();
            struct stored_list list;
            struct span *all;

            ck_assert_int_eq(list_items_read(db, SPAN("words"), arena, &all, &list, &err), 1);
            list_image_close(&image);
            str_reset(&bytes);
            ck_assert_int_eq(list_image_build(&bytes, LIST_STRING, all, list.count, &err), 0);
            image = list_image_open(str_span(&bytes), &err);
            ck_assert_int_eq(list_items_image_made(db, SPAN("words"), list.generation, &err),
                             0);
            arena_free(&arena);
        }
    }
    list_image_close(&image);
    str_clear(&bytes);
    end();
}
END_TEST

SUITE_MAIN("list_items", test_add_remove, test_all_or_nothing, test_force, test_file,
           test_replace, test_types, test_too_many_lists, test_image_due,
           test_image_plus_overlay)
