/* A large list replaced: compared with what is there, then edited in place when little differs, else put beside it in short turns and swapped in. */
#include "store/list_items_inside.h"

#define TURN 20000 /* rows written in one transaction: some 50 ms */

/* In how many items they differ; both are sorted. */
static size_t count_differences(const struct span *a, size_t a_count, const struct span *b,
                                size_t b_count)
{
    size_t i = 0, k = 0, count = 0;

    while (i < a_count || k < b_count) {
        int order = i == a_count ? 1 : k == b_count ? -1 : span_compare(a[i], b[k]);

        count += order != 0;
        i += order <= 0;
        k += order >= 0;
    }
    return count;
}

static int insert_turn(struct sql *sql, int64_t id, const struct span *items, size_t count,
                       struct err *err)
{
    sqlite3_stmt *stmt = sql_prepare(sql, "INSERT INTO list_item VALUES (?1, ?2)", err);
    int result = stmt == NULL ? -1 : 0;

    for (size_t i = 0; i < count && result == 0; i++) {
        sql_bind(stmt, 1, id);
        sql_bind_span(stmt, 2, items[i]);
        result = sql_step(sql, stmt, err);
        sqlite3_reset(stmt);
    }
    sqlite3_finalize(stmt);
    return result;
}

static int in_turns(struct policy_db *db, int64_t id, const struct span *items, size_t count,
                    struct err *err)
{
    int result = 0;

    for (size_t at = 0; at < count && result == 0; at += TURN) {
        struct sql *sql = policy_db_lock(db);
        size_t turn = count - at < TURN ? count - at : TURN;

        result = sql_begin(sql, err);
        if (result == 0)
            result = sql_end(sql, insert_turn(sql, id, items + at, turn, err), err);
        policy_db_unlock(db);
    }
    return result;
}

/* Items of no list: of one that was replaced, or of a load that a crash ended. *id_r: where it is; 1, 0 there are none, -1. */
static int find_orphans(struct sql *sql, int64_t after, int64_t *id_r, struct err *err)
{
    int state;

    *id_r = after;
    while ((state = sql_number(sql, "SELECT min(list) FROM list_item WHERE list > ?1", *id_r,
                               id_r, err)) == 1) {
        int64_t there = 0;

        if (sql_number(sql, "SELECT count(*) FROM list WHERE id = ?1", *id_r, &there, err) < 0)
            return -1;
        if (there == 0)
            return 1;
    }
    return state;
}

static int remove_orphans(struct policy_db *db, struct err *err)
{
    int64_t id = INT64_MIN;
    int result = 1;

    while (result == 1) {
        struct sql *sql = policy_db_lock(db);

        result = find_orphans(sql, INT64_MIN, &id, err);
        if (result == 1 && sql_do(sql,
                                  "DELETE FROM list_item WHERE list = ?1 AND item IN"
                                  " (SELECT item FROM list_item WHERE list = ?1 LIMIT ?2)",
                                  id, TURN, err) < 0)
            result = -1;
        policy_db_unlock(db);
    }
    return result;
}

/* The rows put beside become those of the list; an image that holds them has to be made. */
static int swap(struct sql *sql, struct span name, int64_t id, size_t count, struct err *err)
{
    struct list_row row;
    int result = list_row_find(sql, name, &row, err);

    if (result != 1)
        return result < 0 ? -1 : err_set(err, "list %.*s is gone", SPAN_ARG(name));
    if (sql_do(sql, "DELETE FROM list_log WHERE list = ?1", row.id, 0, err) < 0 ||
        sql_do(sql, "UPDATE list SET id = ?2 WHERE id = ?1", row.id, id, err) < 0)
        return -1;
    row.id = id;
    row.list.generation++;
    row.list.count = count;
    row.log_from = (int64_t)row.list.generation;
    return list_row_store(sql, &row, err);
}

static int put_beside(struct policy_db *db, struct span name, const struct span *items,
                      size_t count, struct err *err)
{
    struct sql *sql = policy_db_lock(db);
    int64_t id = 0, last = 0;
    int result = sql_number(sql, "SELECT max(id) FROM list", 0, &id, err);

    if (result >= 0)
        result = sql_number(sql, "SELECT max(list) FROM list_item", 0, &last, err);
    policy_db_unlock(db);
    /* Another thread may make a list meanwhile; its number is far from ours. */
    id = (id > last ? id : last) + LISTS_MAX + 1;
    if (result < 0 || in_turns(db, id, items, count, err) < 0)
        return -1;
    sql = policy_db_lock(db);
    result = sql_begin(sql, err);
    if (result == 0)
        result = sql_end(sql, swap(sql, name, id, count, err), err);
    policy_db_unlock(db);
    return result;
}

/* Sorted; 1 there is little to do, 0 there is much, -1. */
static int is_nearly(struct policy_db *db, struct span name, const struct span *items,
                     size_t count, struct err *err)
{
    struct arena *arena = arena_new();
    struct stored_list list;
    struct span *there;
    int result = list_items_read(db, name, arena, &there, &list, err);

    if (result == 0)
        result = err_set(err, "there is no list %.*s in the store", SPAN_ARG(name));
    else if (result == 1)
        result = count_differences(there, list.count, items, count) <= LIST_CHANGES_MAX;
    arena_free(&arena);
    return result;
}

static int load(struct policy_db *db, struct span name, struct span *items, size_t count,
                struct err *err)
{
    const struct list_edit edit = {
        .verb = LIST_REPLACE, .items = items, .count = count, .is_forced = true};
    struct list_edited edited;
    int result = is_nearly(db, name, items, count, err);

    if (result == 1)
        return list_items_edit(db, name, &edit, &edited, err);
    if (result == 0)
        result = remove_orphans(db, err);
    if (result == 0)
        result = put_beside(db, name, items, count, err);
    return result == 0 ? remove_orphans(db, err) : -1;
}

int list_items_load(struct policy_db *db, struct span name, const struct span *items,
                    size_t count, struct err *err)
{
    struct arena *arena = arena_new();
    struct list_edit edit = {
        .verb = LIST_REPLACE, .items = items, .count = count, .is_forced = true};
    struct stored_list list;
    struct span *sorted;
    size_t sorted_count = 0;
    int result = list_items_find(db, name, &list, err);

    if (result == 0)
        result = err_set(err, "there is no list %.*s in the store", SPAN_ARG(name));
    else if (result == 1)
        result = list_items_check(list.type, &edit, arena, &sorted, &sorted_count, err);
    if (result == 0)
        result = load(db, name, sorted, sorted_count, err);
    arena_free(&arena);
    return result;
}
