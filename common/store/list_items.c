/* Lists that live in policyd.db: which there are, what they hold, what changed since their image. */
#include "store/list_items_inside.h"

#include <stdlib.h>

#include "base/xalloc.h"

#define COLUMNS "id, name, type, generation, image, log_from, count"

static bool is_name_char(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
           c == '_' || c == '-';
}

bool list_name_is_valid(struct span name)
{
    for (size_t i = 0; i < name.len; i++)
        if (!is_name_char(name.ptr[i]))
            return false;
    return name.len > 0 && name.len <= LIST_NAME_MAX;
}

/* Columns as in COLUMNS. */
static void read_row(sqlite3_stmt *stmt, struct list_row *row)
{
    struct span name = sql_span(stmt, 1);
    struct stored_list *list = &row->list;

    *row = (struct list_row){0};
    row->id = sqlite3_column_int64(stmt, 0);
    memcpy(list->name, name.ptr, name.len <= LIST_NAME_MAX ? name.len : LIST_NAME_MAX);
    list->type = (enum list_type)sqlite3_column_int64(stmt, 2);
    list->generation = (uint64_t)sqlite3_column_int64(stmt, 3);
    list->image_generation = (uint64_t)sqlite3_column_int64(stmt, 4);
    row->log_from = sqlite3_column_int64(stmt, 5);
    list->count = (size_t)sqlite3_column_int64(stmt, 6);
    list->is_image_due = list->generation - list->image_generation > LIST_OVERLAY_MAX ||
                         (list->image_generation < (uint64_t)row->log_from);
}

int list_row_find(struct sql *sql, struct span name, struct list_row *row_r, struct err *err)
{
    sqlite3_stmt *stmt = sql_prepare(sql, "SELECT " COLUMNS " FROM list WHERE name = ?1", err);
    int result;

    if (stmt == NULL)
        return -1;
    sql_bind_span(stmt, 1, name);
    result = sql_step(sql, stmt, err);
    if (result == 1)
        read_row(stmt, row_r);
    sqlite3_finalize(stmt);
    return result;
}

int list_row_store(struct sql *sql, const struct list_row *row, struct err *err)
{
    sqlite3_stmt *stmt = sql_prepare(
        sql,
        "UPDATE list SET type = ?2, generation = ?3, image = ?4, log_from = ?5, count = ?6"
        " WHERE id = ?1",
        err);
    int result;

    if (stmt == NULL)
        return -1;
    sql_bind(stmt, 1, row->id);
    sql_bind(stmt, 2, row->list.type);
    sql_bind(stmt, 3, (int64_t)row->list.generation);
    sql_bind(stmt, 4, (int64_t)row->list.image_generation);
    sql_bind(stmt, 5, row->log_from);
    sql_bind(stmt, 6, (int64_t)row->list.count);
    result = sql_step(sql, stmt, err);
    sqlite3_finalize(stmt);
    return result;
}

static int insert(struct sql *sql, struct span name, enum list_type type, struct err *err)
{
    sqlite3_stmt *stmt = sql_prepare(sql,
                                     "INSERT INTO list (name, type, generation, image,"
                                     " log_from, count) VALUES (?1, ?2, 0, 0, 0, 0)",
                                     err);
    int result;

    if (stmt == NULL)
        return -1;
    sql_bind_span(stmt, 1, name);
    sql_bind(stmt, 2, type);
    result = sql_step(sql, stmt, err);
    sqlite3_finalize(stmt);
    return result < 0 ? -1 : 1;
}

/* The old image is of the old type: a new generation, which no log reaches, asks for a new one. */
static int change_type(struct sql *sql, struct list_row *row, enum list_type type,
                       struct err *err)
{
    row->list.type = type;
    row->list.generation++;
    row->log_from = (int64_t)row->list.generation;
    if (sql_do(sql, "DELETE FROM list_log WHERE list = ?1", row->id, 0, err) < 0)
        return -1;
    return list_row_store(sql, row, err);
}

static int insert_new(struct sql *sql, struct span name, enum list_type type, struct err *err)
{
    int64_t count = 0;

    if (sql_number(sql, "SELECT count(*) FROM list", 0, &count, err) < 0)
        return -1;
    if (count >= LISTS_MAX)
        return err_set(err,
                       "the store holds %d lists, and no more are possible; use the name of "
                       "one that the rules no longer use",
                       LISTS_MAX);
    return insert(sql, name, type, err);
}

static int create(struct sql *sql, struct span name, enum list_type type, struct err *err)
{
    struct list_row row;
    int result = list_row_find(sql, name, &row, err);

    if (result == 0)
        return insert_new(sql, name, type, err);
    if (result < 0 || row.list.type == type)
        return result < 0 ? -1 : 0;
    if (row.list.count == 0)
        return change_type(sql, &row, type, err);
    return err_set(
        err,
        "list %s holds %zu items of type %s; give the list of type %s another name, or "
        "remove its items first",
        row.list.name, row.list.count, names_name(list_type_names, (int)row.list.type),
        names_name(list_type_names, (int)type));
}

int list_items_create(struct policy_db *db, struct span name, enum list_type type,
                      struct err *err)
{
    struct sql *sql;
    int result;

    if (!list_name_is_valid(name) || names_name(list_type_names, (int)type) == NULL)
        return err_set(err, "a list's name has 1 to %d letters, digits, _ and -",
                       LIST_NAME_MAX);
    sql = policy_db_lock(db);
    result = sql_begin(sql, err);
    if (result == 0)
        result = sql_end(sql, create(sql, name, type, err), err);
    policy_db_unlock(db);
    return result;
}

int list_items_find(struct policy_db *db, struct span name, struct stored_list *list_r,
                    struct err *err)
{
    struct list_row row;
    int result = list_row_find(policy_db_lock(db), name, &row, err);

    policy_db_unlock(db);
    if (result == 1)
        *list_r = row.list;
    return result;
}

static int read_lists(struct sql *sql, struct stored_list **lists, size_t *count,
                      struct err *err)
{
    sqlite3_stmt *stmt = sql_prepare(sql, "SELECT " COLUMNS " FROM list ORDER BY name", err);
    struct list_row row;
    int result = stmt == NULL ? -1 : 1;

    while (result == 1) {
        result = sql_step(sql, stmt, err);
        if (result == 1) {
            read_row(stmt, &row);
            *lists = xreallocarray(*lists, *count + 1, sizeof(**lists));
            (*lists)[(*count)++] = row.list;
        }
    }
    sqlite3_finalize(stmt);
    return result;
}

int list_items_lists(struct policy_db *db, struct stored_list **lists_r, size_t *count_r,
                     struct err *err)
{
    int result;

    *lists_r = NULL;
    *count_r = 0;
    result = read_lists(policy_db_lock(db), lists_r, count_r, err);
    policy_db_unlock(db);
    if (result < 0) {
        xfree(lists_r);
        *count_r = 0;
    }
    return result;
}

int list_row_items(struct sql *sql, const struct list_row *row, struct arena *arena,
                   struct span **items_r, struct err *err)
{
    sqlite3_stmt *stmt =
        sql_prepare(sql, "SELECT item FROM list_item WHERE list = ?1 ORDER BY item", err);
    size_t count = 0;
    int result = stmt == NULL ? -1 : 1;

    *items_r = arena_array(arena, row->list.count + 1, sizeof(**items_r));
    if (stmt != NULL)
        sql_bind(stmt, 1, row->id);
    while (result == 1) {
        result = sql_step(sql, stmt, err);
        if (result == 1 && count == row->list.count)
            result = err_set(err, "%s: list %s holds more items than it counts; %s", sql->path,
                             row->list.name, sql->remedy);
        if (result == 1)
            (*items_r)[count++] = sql_keep(stmt, 0, arena);
    }
    sqlite3_finalize(stmt);
    if (result == 0 && count != row->list.count)
        result = err_set(err, "%s: list %s holds fewer items than it counts; %s", sql->path,
                         row->list.name, sql->remedy);
    return result;
}

int list_items_read(struct policy_db *db, struct span name, struct arena *arena,
                    struct span **items_r, struct stored_list *list_r, struct err *err)
{
    struct sql *sql = policy_db_lock(db);
    struct list_row row;
    int result = list_row_find(sql, name, &row, err);

    if (result == 1 && list_row_items(sql, &row, arena, items_r, err) < 0)
        result = -1;
    policy_db_unlock(db);
    if (result == 1)
        *list_r = row.list;
    return result;
}
