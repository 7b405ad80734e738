/* Revisions: numbered, immutable, each naming its parent; a change made from another head is refused. */
#include <stdio.h>
#include <string.h>

#include "store/revisions.h"
#include "t/lib/suite.h"
#include "t/lib/temp_dir.h"

static char dir[200];

static struct policy_db *open_db(void)
{
    char path[300];
    struct err err;
    struct policy_db *db;

    snprintf(path, sizeof(path), "%s/policyd.db", dir);
    db = policy_db_open(path, &err);
    ck_assert_msg(db != NULL, "%s", err.text);
    return db;
}

static int add(struct policy_db *db, const char *text, uint64_t base, uint64_t *number,
               struct err *err)
{
    struct revision_draft draft = {span_of(text), "root", "a note", base};

    return revisions_add(db, &draft, number, err);
}

START_TEST(test_chain)
{
    struct policy_db *db;
    struct revision first, head;
    uint64_t number;
    struct err err;

    temp_dir_make(dir);
    db = open_db();
    ck_assert_int_eq(revisions_head(db, &head, &err), 0);
    ck_assert_int_eq(add(db, "one", 0, &number, &err), 1);
    ck_assert_uint_eq(number, 1);
    ck_assert_int_eq(add(db, "two", 1, &number, &err), 1);
    ck_assert_uint_eq(number, 2);
    policy_db_close(&db);
    db = open_db();
    ck_assert_int_eq(revisions_get(db, 1, &first, &err), 1);
    ck_assert_int_eq(revisions_head(db, &head, &err), 1);
    ck_assert_uint_eq(head.number, 2);
    ck_assert(span_is(head.text, "two"));
    ck_assert_str_eq(head.author, "root");
    ck_assert_str_eq(head.note, "a note");
    ck_assert_str_eq(first.parent, "");
    ck_assert_str_eq(head.parent, first.sha256);
    ck_assert_str_eq(first.sha256,
                     "7692c3ad3540bb803c020b3aee66cd8887123234ea0c6e7143c0add73ff431ed");
    revision_clear(&head);
    ck_assert_int_eq(revisions_get(db, 3, &head, &err), 0);
    ck_assert_int_eq(revisions_get(db, 0, &head, &err), 0);
    revision_clear(&first);
    policy_db_close(&db);
    temp_dir_remove(dir);
}
END_TEST

START_TEST(test_base)
{
    struct policy_db *db;
    uint64_t number;
    struct err err;

    temp_dir_make(dir);
    db = open_db();
    ck_assert_int_eq(add(db, "one", 0, &number, &err), 1);
    ck_assert_int_eq(add(db, "two", 0, &number, &err), 0);
    ck_assert_msg(strstr(err.text, "revision 1 now, not 0") != NULL, "%s", err.text);
    ck_assert_uint_eq(number, 1);
    ck_assert_int_eq(add(db, "two", REVISIONS_ANY_BASE, &number, &err), 1);
    policy_db_close(&db);
    temp_dir_remove(dir);
}
END_TEST

START_TEST(test_refused)
{
    static char long_note[REVISIONS_MAX_NOTE + 2];
    struct revision_draft draft = {SPAN(""), "root", NULL, REVISIONS_ANY_BASE};
    struct policy_db *db;
    uint64_t number;
    struct err err;

    temp_dir_make(dir);
    db = open_db();
    ck_assert_int_eq(revisions_add(db, &draft, &number, &err), -1);
    draft.text = SPAN("x");
    draft.author = "";
    ck_assert_int_eq(revisions_add(db, &draft, &number, &err), -1);
    draft.author = "root";
    memset(long_note, 'n', sizeof(long_note) - 1);
    draft.note = long_note;
    ck_assert_int_eq(revisions_add(db, &draft, &number, &err), -1);
    ck_assert_msg(strstr(err.text, "shorten it") != NULL, "%s", err.text);
    policy_db_close(&db);
    temp_dir_remove(dir);
}
END_TEST

START_TEST(test_list)
{
    struct revision *list;
    struct policy_db *db;
    uint64_t number;
    size_t count;
    struct err err;

    temp_dir_make(dir);
    db = open_db();
    for (int i = 0; i < 5; i++)
        ck_assert_int_eq(add(db, "text", REVISIONS_ANY_BASE, &number, &err), 1);
    ck_assert_int_eq(revisions_list(db, 0, 2, &list, &count, &err), 0);
    ck_assert_uint_eq(count, 2);
    ck_assert_uint_eq(list[0].number, 5);
    ck_assert_uint_eq(list[1].number, 4);
    ck_assert_uint_eq(list[0].text.len, 0);
    revisions_free(&list, count);
    ck_assert_int_eq(revisions_list(db, 4, 100, &list, &count, &err), 0);
    ck_assert_uint_eq(count, 3);
    ck_assert_uint_eq(list[0].number, 3);
    revisions_free(&list, count);
    policy_db_close(&db);
    temp_dir_remove(dir);
}
END_TEST

static void take(struct policy_db *db, uint64_t number, const char *text, bool is_first)
{
    struct revision revision = {.number = number,
                                .time_ms = 7,
                                .author = (char[]){"ann"},
                                .note = (char[]){""},
                                .text = span_of(text)};
    struct err err;

    ck_assert_msg(revisions_take(db, &revision, is_first, &err) == 0, "%s", err.text);
}

/* As a signed log says it: with numbers and authors of elsewhere, in place of what was here. */
START_TEST(test_take)
{
    struct policy_db *db;
    struct revision head;
    uint64_t number;
    struct err err;

    temp_dir_make(dir);
    db = open_db();
    for (int i = 0; i < 20; i++)
        ck_assert_int_eq(add(db, "of before", REVISIONS_ANY_BASE, &number, &err), 1);
    take(db, 7, "seven", true);
    take(db, 8, "eight", false);
    take(db, 8, "eight", false); /* again: harmless */
    ck_assert_int_eq(revisions_get(db, 7, &head, &err), 1);
    ck_assert_str_eq(head.parent, "");
    revision_clear(&head);
    ck_assert_int_eq(revisions_head(db, &head, &err), 1);
    ck_assert_uint_eq(head.number, 8);
    ck_assert_int_eq(head.time_ms, 7);
    ck_assert_str_eq(head.author, "ann");
    ck_assert_uint_eq(strlen(head.parent), 64);
    revision_clear(&head);
    ck_assert_int_eq(revisions_get(db, 20, &head, &err), 0);
    ck_assert_int_eq(add(db, "nine", 8, &number, &err), 1); /* after leaving the cluster */
    ck_assert_uint_eq(number, 9);
    policy_db_close(&db);
    temp_dir_remove(dir);
}
END_TEST

SUITE_MAIN("revisions", test_chain, test_base, test_refused, test_list, test_take)
