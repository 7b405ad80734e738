/* Changes of list items: read as people write them, sorted, then put into policyd.db with a log row each, all or nothing. */
#include "store/list_items_inside.h"

#include <stdlib.h>

#include "base/clock.h"
#include "base/log.h"
#include "base/xalloc.h"

/* What one edit is about to do. */
struct editing {
    struct sql *sql;
    struct list_row row;
    size_t count;
    struct span *items; /* canonical, sorted, each once */
    size_t added, removed;
    sqlite3_stmt *insert, *delete, *log;
};

/* A comment begins with # at the start of a line or after a blank: user#1@example.com is an item. */
static struct span strip_comment(struct span line)
{
    for (size_t i = 0; i < line.len; i++)
        if (line.ptr[i] == '#' && (i == 0 || line.ptr[i - 1] == ' ' || line.ptr[i - 1] == '\t'))
            return span_trim(span_from(line.ptr, i));
    return span_trim(line);
}

static bool has_controls(struct span s)
{
    for (size_t i = 0; i < s.len; i++)
        if ((unsigned char)s.ptr[i] < 0x20 || s.ptr[i] == 0x7f)
            return true;
    return false;
}

static int read_item(enum list_type type, struct span text, bool is_forced, struct str *out,
                     struct err *err)
{
    if (text.len > LIST_MAX_ITEM)
        return err_set(err, "an item has at most %d bytes, not %zu", LIST_MAX_ITEM, text.len);
    if (has_controls(text))
        return err_set(err, "an item holds no control characters");
    if (list_item_canonical(type, text, out, err) < 0)
        return -1;
    if (!is_forced && list_item_is_dangerous(type, str_span(out)))
        return err_set(err, "%s matches too much to be meant; --force takes it", str_cstr(out));
    return 0;
}

static int compare(const void *a, const void *b)
{
    return span_compare(*(const struct span *)a, *(const struct span *)b);
}

static void sort_and_unite(struct span *items, size_t *count)
{
    size_t kept = 0;

    qsort(items, *count, sizeof(*items), compare);
    for (size_t i = 0; i < *count; i++)
        if (kept == 0 || !span_equal(items[kept - 1], items[i]))
            items[kept++] = items[i];
    *count = kept;
}

int list_items_check(enum list_type type, const struct list_edit *edit, struct arena *arena,
                     struct span **items_r, size_t *count_r, struct err *err)
{
    struct str item = STR_EMPTY;
    struct span *items;
    size_t count = 0;
    int result = 0;

    if (edit->count > 2 * (size_t)LIST_MAX_ITEMS)
        return err_set(err, "a list holds at most %d items", LIST_MAX_ITEMS);
    items = arena_array(arena, edit->count + 1, sizeof(*items));
    for (size_t i = 0; i < edit->count && result == 0; i++) {
        struct span text = edit->is_file ? strip_comment(edit->items[i]) : edit->items[i];

        if (edit->is_file && text.len == 0)
            continue;
        str_reset(&item);
        /* Removing takes away what adding needed --force for. */
        result =
            read_item(type, text, edit->is_forced || edit->verb == LIST_REMOVE, &item, err);
        if (result < 0 && edit->is_file)
            err_prefix(err, "line %zu", i + 1);
        else if (result == 0)
            items[count++] = arena_span(arena, str_span(&item));
    }
    str_clear(&item);
    sort_and_unite(items, &count);
    *items_r = items;
    *count_r = count;
    return result;
}

static int run(struct sql *sql, sqlite3_stmt *stmt, struct err *err)
{
    int result = sql_step(sql, stmt, err);

    sqlite3_reset(stmt);
    return result;
}

/* One item added or removed, if it is not so already. */
static int change_item(struct editing *e, struct span item, bool is_removed, struct err *err)
{
    sqlite3_stmt *stmt = is_removed ? e->delete : e->insert;

    sql_bind(stmt, 1, e->row.id);
    sql_bind_span(stmt, 2, item);
    if (run(e->sql, stmt, err) < 0)
        return -1;
    if (sqlite3_changes(e->sql->db) == 0)
        return 0;
    *(is_removed ? &e->removed : &e->added) += 1;
    e->row.list.generation++;
    if (e->added + e->removed > LIST_CHANGES_MAX)
        return 0; /* more than an overlay takes: forget_log */
    sql_bind(e->log, 1, e->row.id);
    sql_bind(e->log, 2, (int64_t)e->row.list.generation);
    sql_bind(e->log, 3, is_removed);
    sql_bind_span(e->log, 4, item);
    sql_bind(e->log, 5, clock_now_ms());
    return run(e->sql, e->log, err);
}

static int change_all(struct editing *e, bool is_removed, struct err *err)
{
    for (size_t i = 0; i < e->count; i++)
        if (change_item(e, e->items[i], is_removed, err) < 0)
            return -1;
    return 0;
}

/* Both sides are sorted: what is only in the old goes, what is only in the new comes. */
static int replace_all(struct editing *e, struct arena *arena, struct err *err)
{
    struct span *old;
    size_t old_count = e->row.list.count;
    size_t i = 0, k = 0;
    int result = list_row_items(e->sql, &e->row, arena, &old, err);

    while (result == 0 && (i < old_count || k < e->count)) {
        int order = i == old_count ? 1 : k == e->count ? -1 : span_compare(old[i], e->items[k]);

        if (order < 0)
            result = change_item(e, old[i], true, err);
        else if (order > 0)
            result = change_item(e, e->items[k], false, err);
        i += order <= 0;
        k += order >= 0;
    }
    return result;
}

static int forget_log(struct editing *e, struct err *err)
{
    e->row.log_from = (int64_t)e->row.list.generation;
    return sql_do(e->sql, "DELETE FROM list_log WHERE list = ?1", e->row.id, 0, err);
}

static int change(struct editing *e, enum list_verb verb, struct arena *arena, struct err *err)
{
    int result = verb == LIST_REPLACE ? replace_all(e, arena, err)
                                      : change_all(e, verb == LIST_REMOVE, err);

    if (result == 0 && e->added + e->removed > LIST_CHANGES_MAX)
        result = forget_log(e, err);
    e->row.list.count += e->added;
    e->row.list.count -= e->removed;
    if (result == 0 && e->row.list.count > LIST_MAX_ITEMS)
        result = err_set(err, "list %s would hold %zu items; at most %d are possible",
                         e->row.list.name, e->row.list.count, LIST_MAX_ITEMS);
    if (result == 0 && e->added + e->removed > 0)
        result = list_row_store(e->sql, &e->row, err);
    return result;
}

static int prepare(struct editing *e, struct err *err)
{
    e->insert = sql_prepare(e->sql, "INSERT OR IGNORE INTO list_item VALUES (?1, ?2)", err);
    e->delete = sql_prepare(e->sql, "DELETE FROM list_item WHERE list = ?1 AND item = ?2", err);
    e->log = sql_prepare(e->sql, "INSERT INTO list_log VALUES (?1, ?2, ?3, ?4, ?5)", err);
    return e->insert == NULL || e->delete == NULL || e->log == NULL ? -1 : 0;
}

/* The list may have got another type since its items were read. */
static int find_again(struct editing *e, struct span name, enum list_type type, struct err *err)
{
    int result = list_row_find(e->sql, name, &e->row, err);

    if (result < 0)
        return -1;
    return result == 1 && e->row.list.type == type
               ? 0
               : err_set(err, "list %.*s was changed at the same moment; try again",
                         SPAN_ARG(name));
}

static int edit_locked(struct editing *e, struct span name, enum list_type type,
                       enum list_verb verb, struct arena *arena, struct err *err)
{
    int result = sql_begin(e->sql, err);

    if (result < 0)
        return -1;
    result = find_again(e, name, type, err);
    if (result == 0)
        result = prepare(e, err);
    if (result == 0)
        result = change(e, verb, arena, err);
    sqlite3_finalize(e->insert);
    sqlite3_finalize(e->delete);
    sqlite3_finalize(e->log);
    return sql_end(e->sql, result, err);
}

int list_items_edit(struct policy_db *db, struct span name, const struct list_edit *edit,
                    struct list_edited *edited_r, struct err *err)
{
    struct arena *arena = arena_new();
    struct editing e = {0};
    struct stored_list list;
    int result = list_items_find(db, name, &list, err);

    if (result == 0)
        result = err_set(err,
                         "there is no list %.*s in the store; a list is made by declaring it "
                         "without braces in the rules",
                         SPAN_ARG(name));
    else if (result == 1)
        result = list_items_check(list.type, edit, arena, &e.items, &e.count, err);
    if (result == 0) {
        e.sql = policy_db_lock(db);
        result = edit_locked(&e, name, list.type, edit->verb, arena, err);
        policy_db_unlock(db);
    }
    if (result == 0)
        *edited_r = (struct list_edited){e.added, e.removed, e.row.list.generation};
    arena_free(&arena);
    return result;
}
