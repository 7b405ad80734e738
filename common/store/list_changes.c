/* What changed in a list since its image: the overlay to publish, and when a new image has to come first. */
#include "store/list_items_inside.h"

/* The last word on each item since the image. */
static const char changes_query[] =
    "SELECT item, is_removed, max(number) FROM list_log WHERE list = ?1 AND number > ?2"
    " GROUP BY item ORDER BY item";

static int read_changes(struct sql *sql, const struct list_row *row, struct arena *arena,
                        struct list_change **changes_r, size_t *count_r, struct err *err)
{
    uint64_t most = row->list.generation - row->list.image_generation;
    struct list_change *changes = arena_array(arena, (size_t)most + 1, sizeof(*changes));
    sqlite3_stmt *stmt = sql_prepare(sql, changes_query, err);
    size_t count = 0;
    int result = stmt == NULL ? -1 : 1;

    if (stmt != NULL) {
        sql_bind(stmt, 1, row->id);
        sql_bind(stmt, 2, (int64_t)row->list.image_generation);
    }
    while (result == 1) {
        result = sql_step(sql, stmt, err);
        if (result == 1 && count == most)
            result = err_set(err, "%s: the log of list %s has rows twice; %s", sql->path,
                             row->list.name, sql->remedy);
        if (result == 1)
            changes[count++] = (struct list_change){
                .item = sql_keep(stmt, 0, arena),
                .is_removed = sqlite3_column_int64(stmt, 1) != 0,
            };
    }
    sqlite3_finalize(stmt);
    *changes_r = changes;
    *count_r = count;
    return result < 0 ? -1 : 1;
}

static bool can_be_told(const struct list_row *row)
{
    return row->list.image_generation >= (uint64_t)row->log_from &&
           row->list.generation - row->list.image_generation <= LIST_CHANGES_MAX;
}

int list_items_changes(struct policy_db *db, struct span name, struct arena *arena,
                       struct list_change **changes_r, size_t *count_r,
                       struct stored_list *list_r, struct err *err)
{
    struct sql *sql = policy_db_lock(db);
    struct list_row row;
    int result = list_row_find(sql, name, &row, err);

    if (result == 0)
        result = err_set(err, "there is no list %.*s in the store", SPAN_ARG(name));
    else if (result == 1)
        result =
            can_be_told(&row) ? read_changes(sql, &row, arena, changes_r, count_r, err) : 0;
    policy_db_unlock(db);
    if (result >= 0)
        *list_r = row.list;
    return result;
}

static int note_image(struct sql *sql, struct span name, uint64_t generation, struct err *err)
{
    struct list_row row;
    int result = list_row_find(sql, name, &row, err);

    if (result < 0)
        return -1;
    if (result == 0 || generation > row.list.generation)
        return err_set(err, "list %.*s has no generation %llu", SPAN_ARG(name),
                       (unsigned long long)generation);
    if (generation <= row.list.image_generation)
        return 0; /* a slower image of the past */
    row.list.image_generation = generation;
    if ((uint64_t)row.log_from < generation)
        row.log_from = (int64_t)generation;
    if (sql_do(sql, "DELETE FROM list_log WHERE list = ?1 AND number <= ?2", row.id,
               (int64_t)generation, err) < 0)
        return -1;
    return list_row_store(sql, &row, err);
}

int list_items_image_made(struct policy_db *db, struct span name, uint64_t generation,
                          struct err *err)
{
    struct sql *sql = policy_db_lock(db);
    int result = sql_begin(sql, err);

    if (result == 0)
        result = sql_end(sql, note_image(sql, name, generation, err), err);
    policy_db_unlock(db);
    return result;
}
