/* Applied entries in policyd.db: heads, what a base drops, pieces; and a database of the format before is upgraded in place. */
#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>

#include "store/ledger_store.h"
#include "store/revisions.h"
#include "t/lib/suite.h"
#include "t/lib/temp_dir.h"

static char dir[200], path[300];
static struct policy_db *db;
static struct err err;

static void begin(void)
{
    ck_assert_ptr_nonnull(temp_dir_make(dir));
    snprintf(path, sizeof path, "%s/policyd.db", dir);
    db = policy_db_open(path, &err);
    ck_assert_msg(db != NULL, "%s", err.text);
}

static void end(void)
{
    policy_db_close(&db);
    temp_dir_remove(dir);
}

static void put(const char *subject, uint64_t number, uint64_t base)
{
    struct ledger_head head = {.number = number, .base = base};
    char text[100];

    snprintf(head.subject, sizeof head.subject, "%s", subject);
    snprintf(head.hash, sizeof head.hash, "%064llu", (unsigned long long)number);
    snprintf(text, sizeof text, "%s %llu", subject, (unsigned long long)number);
    ck_assert_msg(ledger_store_put(db, &head, span_of(text), &err) == 0, "%s", err.text);
}

static void put_piece(const char *subject, uint64_t number, const char *hash)
{
    const struct ledger_piece piece = {span_of(subject), number, hash};

    ck_assert_int_eq(ledger_store_put_piece(db, &piece, span_of(hash), &err), 0);
}

static bool has(const char *subject, uint64_t number)
{
    struct str text = STR_EMPTY;
    int state = ledger_store_get(db, span_of(subject), number, &text, &err);

    ck_assert_int_ge(state, 0);
    str_clear(&text);
    return state == 1;
}

START_TEST(test_heads)
{
    struct ledger_head head, *heads;
    struct str text = STR_EMPTY;
    uint64_t first;
    size_t count;

    begin();
    ck_assert_int_eq(ledger_store_head(db, SPAN("rules"), &head, &err), 0);
    ck_assert_int_eq(ledger_store_first(db, SPAN("rules"), &first, &err), 0);
    ck_assert_uint_eq(first, 0);
    put("rules", 7, 7);
    put("rules", 8, 8);
    put("list/bad", 1, 1);
    ck_assert_int_eq(ledger_store_heads(db, &heads, &count, &err), 0);
    ck_assert_uint_eq(count, 2);
    ck_assert_str_eq(heads[0].subject, "list/bad");
    ck_assert_str_eq(heads[1].subject, "rules");
    ck_assert_uint_eq(heads[1].number, 8);
    free(heads);
    ck_assert_int_eq(ledger_store_head(db, SPAN("rules"), &head, &err), 1);
    ck_assert_uint_eq(strlen(head.hash), 64);
    ck_assert_int_eq(ledger_store_get(db, SPAN("rules"), 7, &text, &err), 1);
    ck_assert_str_eq(str_cstr(&text), "rules 7");
    str_clear(&text);
    ck_assert_int_eq(ledger_store_clear(db, &err), 0);
    ck_assert_int_eq(ledger_store_head(db, SPAN("rules"), &head, &err), 0);
    end();
}
END_TEST

START_TEST(test_base_drops_what_is_below)
{
    uint64_t first;

    begin();
    for (uint64_t i = 1; i <= 4; i++)
        put("list/bad", i, 1);
    put_piece("list/bad", 1, "aa");
    put_piece("list/bad", 1, "bb");
    put_piece("list/bad", 5, "bb"); /* the new base needs it too */
    put("list/bad", 5, 5);
    ck_assert(!has("list/bad", 4));
    ck_assert(has("list/bad", 5));
    ck_assert_int_eq(ledger_store_has_piece(db, "aa", &err), 0);
    ck_assert_int_eq(ledger_store_has_piece(db, "bb", &err), 1);
    ck_assert_int_eq(ledger_store_first(db, SPAN("list/bad"), &first, &err), 0);
    ck_assert_uint_eq(first, 5);
    put("rules", 3, 3);
    put("rules", 4, 4);
    ck_assert(has("rules", 3));
    end();
}
END_TEST

START_TEST(test_pieces_are_of_a_subject)
{
    struct str bytes = STR_EMPTY;

    begin();
    put_piece("list/a", 1, "cc");
    ck_assert_int_eq(ledger_store_get_piece(db, SPAN("list/b"), "cc", &bytes, &err), 0);
    ck_assert_int_eq(ledger_store_get_piece(db, SPAN("list/a"), "cc", &bytes, &err), 1);
    ck_assert_str_eq(str_cstr(&bytes), "cc");
    str_clear(&bytes);
    end();
}
END_TEST

static void run_sql(const char *text)
{
    sqlite3 *sqlite;

    ck_assert_int_eq(sqlite3_open(path, &sqlite), SQLITE_OK);
    ck_assert_int_eq(sqlite3_exec(sqlite, text, NULL, NULL, NULL), SQLITE_OK);
    sqlite3_close(sqlite);
}

static int add_drop(void *ctx, int count, char **values, char **names)
{
    struct str *text = ctx;

    (void)count;
    (void)names;
    str_printf(text, "DROP TABLE %s;", values[0]);
    return 0;
}

/* Takes away what later formats added. */
static void make_version_1(void)
{
    struct str text = STR_EMPTY;
    sqlite3 *sqlite;

    ck_assert_int_eq(sqlite3_open(path, &sqlite), SQLITE_OK);
    ck_assert_int_eq(
        sqlite3_exec(
            sqlite,
            "SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT IN"
            " ('revision', 'list', 'list_item', 'list_log', 'domain', 'hop', 'counter')",
            add_drop, &text, NULL),
        SQLITE_OK);
    sqlite3_close(sqlite);
    str_adds(&text, "PRAGMA user_version=1");
    run_sql(str_cstr(&text));
    str_clear(&text);
}

START_TEST(test_upgrade_in_place)
{
    const struct revision_draft draft = {
        .text = SPAN("x"), .author = "a", .base = REVISIONS_ANY_BASE};
    struct revision revision;
    uint64_t number;

    begin();
    ck_assert_int_eq(revisions_add(db, &draft, &number, &err), 1);
    policy_db_close(&db);
    make_version_1();
    for (int i = 0; i < 2; i++) {
        db = policy_db_open(path, &err);
        ck_assert_msg(db != NULL, "%s", err.text);
        ck_assert_int_eq(revisions_head(db, &revision, &err), 1);
        ck_assert_uint_eq(revision.number, 1);
        revision_clear(&revision);
        put("rules", (uint64_t)i + 1, 1);
        policy_db_close(&db);
    }
    temp_dir_remove(dir);
}
END_TEST

/* An upgrade that cannot be finished leaves the file as it was. */
START_TEST(test_upgrade_all_or_nothing)
{
    begin();
    policy_db_close(&db);
    make_version_1();
    run_sql("CREATE TABLE ledger_part (in_the_way INTEGER)");
    ck_assert_ptr_null(policy_db_open(path, &err));
    run_sql("DROP TABLE ledger_part");
    db = policy_db_open(path, &err);
    ck_assert_msg(db != NULL, "%s", err.text);
    put("rules", 1, 1);
    end();
}
END_TEST

START_TEST(test_later_format)
{
    begin();
    policy_db_close(&db);
    run_sql("PRAGMA user_version=99");
    ck_assert_ptr_null(policy_db_open(path, &err));
    ck_assert_msg(strstr(err.text, "has format 99, this version reads") != NULL, "%s",
                  err.text);
    temp_dir_remove(dir);
}
END_TEST

SUITE_MAIN("ledger_store", test_heads, test_base_drops_what_is_below,
           test_pieces_are_of_a_subject, test_upgrade_in_place, test_upgrade_all_or_nothing,
           test_later_format)
