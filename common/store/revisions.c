/* Revisions of the rules in policyd.db. */
#include "store/revisions.h"

#include <stdlib.h>

#include "base/clock.h"
#include "base/hash.h"
#include "base/xalloc.h"
#include "rules/ruleset.h"
#include "store/policy_db_inside.h"

#define COLUMNS "number, time, author, note, sha256, parent"

void revision_clear(struct revision *r)
{
    xfree(&r->author);
    xfree(&r->note);
    xfree(&r->memory);
    *r = (struct revision){0};
}

void revisions_free(struct revision **list, size_t count)
{
    for (size_t i = 0; *list != NULL && i < count; i++)
        revision_clear(&(*list)[i]);
    xfree(list);
}

static char *keep_text(sqlite3_stmt *stmt, int column)
{
    struct span s = sql_span(stmt, column);

    return xstrndup(s.ptr != NULL ? s.ptr : "", s.len);
}

static void keep_hex(sqlite3_stmt *stmt, int column, char out_r[65])
{
    struct span s = sql_span(stmt, column);

    memset(out_r, 0, 65);
    if (s.len == 64)
        memcpy(out_r, s.ptr, 64);
}

/* Columns as in COLUMNS. */
static void read_row(sqlite3_stmt *stmt, struct revision *r)
{
    *r = (struct revision){
        .number = (uint64_t)sqlite3_column_int64(stmt, 0),
        .time_ms = sqlite3_column_int64(stmt, 1),
        .author = keep_text(stmt, 2),
        .note = keep_text(stmt, 3),
    };
    keep_hex(stmt, 4, r->sha256);
    keep_hex(stmt, 5, r->parent);
}

static int read_text(struct sql *sql, sqlite3_stmt *stmt, struct revision *r, struct err *err)
{
    struct span text = sql_span(stmt, 6);
    char sha256[65];

    r->memory = xmemdup(text.ptr != NULL ? text.ptr : "", text.len + 1);
    r->memory[text.len] = '\0';
    r->text = span_from(r->memory, text.len);
    hash_sha256_hex(r->text, sha256);
    if (strcmp(sha256, r->sha256) == 0)
        return 1;
    return err_set(err, "%s: the text of revision %llu is damaged; %s", sql->path,
                   (unsigned long long)r->number, sql->remedy);
}

/* number 0: the head. */
static int get(struct sql *sql, uint64_t number, struct revision *r, struct err *err)
{
    sqlite3_stmt *stmt = sql_prepare(
        sql,
        number == 0 ? "SELECT " COLUMNS ", text FROM revision ORDER BY number DESC LIMIT 1"
                    : "SELECT " COLUMNS ", text FROM revision WHERE number = ?1",
        err);
    int result;

    *r = (struct revision){0};
    if (stmt == NULL)
        return -1;
    if (number != 0)
        sql_bind(stmt, 1, (int64_t)number);
    result = sql_step(sql, stmt, err);
    if (result == 1) {
        read_row(stmt, r);
        result = read_text(sql, stmt, r, err);
    }
    sqlite3_finalize(stmt);
    if (result < 0)
        revision_clear(r);
    return result;
}

int revisions_get(struct policy_db *db, uint64_t number, struct revision *revision_r,
                  struct err *err)
{
    int result;

    *revision_r = (struct revision){0};
    if (number == 0 || number > INT64_MAX)
        return 0;
    result = get(policy_db_lock(db), number, revision_r, err);
    policy_db_unlock(db);
    return result;
}

int revisions_head(struct policy_db *db, struct revision *revision_r, struct err *err)
{
    int result = get(policy_db_lock(db), 0, revision_r, err);

    policy_db_unlock(db);
    return result;
}

static int check_draft(const struct revision_draft *draft, struct err *err)
{
    size_t author = strlen(draft->author);
    size_t note = draft->note != NULL ? strlen(draft->note) : 0;

    if (draft->text.len == 0 || draft->text.len > RULES_MAX_BYTES)
        return err_set(err, "a revision has 1 to %d bytes, not %zu", RULES_MAX_BYTES,
                       draft->text.len);
    if (author == 0 || author > REVISIONS_MAX_AUTHOR)
        return err_set(err, "an author has 1 to %d bytes, not %zu", REVISIONS_MAX_AUTHOR,
                       author);
    if (note > REVISIONS_MAX_NOTE)
        return err_set(err, "the note has %zu bytes; at most %d are kept, shorten it", note,
                       REVISIONS_MAX_NOTE);
    return 0;
}

/* sha256 is made here. */
static int insert(struct sql *sql, const struct revision *r, struct err *err)
{
    sqlite3_stmt *stmt = sql_prepare(sql,
                                     "INSERT OR REPLACE INTO revision (" COLUMNS
                                     ", text) VALUES (?1, ?2, ?3, ?4, ?5, ?6,"
                                     " ?7)",
                                     err);
    char sha256[65];
    int result;

    if (stmt == NULL)
        return -1;
    hash_sha256_hex(r->text, sha256);
    sql_bind(stmt, 1, (int64_t)r->number);
    sql_bind(stmt, 2, r->time_ms);
    sql_bind_span(stmt, 3, span_of(r->author));
    sql_bind_span(stmt, 4, span_of(r->note));
    sql_bind_span(stmt, 5, span_of(sha256));
    sql_bind_span(stmt, 6, span_of(r->parent));
    sql_bind_span(stmt, 7, r->text);
    result = sql_step(sql, stmt, err);
    sqlite3_finalize(stmt);
    return result < 0 ? -1 : 1;
}

/* draft.text is never written to. */
static int insert_draft(struct sql *sql, const struct revision_draft *draft,
                        const struct revision *head, struct err *err)
{
    struct revision next = {.number = head->number + 1,
                            .time_ms = clock_now_ms(),
                            .author = xstrdup(draft->author),
                            .note = xstrdup(draft->note != NULL ? draft->note : ""),
                            .text = draft->text};
    int result;

    memcpy(next.parent, head->sha256, sizeof next.parent);
    result = insert(sql, &next, err);
    revision_clear(&next);
    return result;
}

static int add(struct sql *sql, const struct revision_draft *draft, uint64_t *number_r,
               struct err *err)
{
    struct revision head;
    int result = get(sql, 0, &head, err);

    if (result < 0)
        return -1;
    if (draft->base != REVISIONS_ANY_BASE && draft->base != head.number) {
        err_set(err,
                "the rules in force are revision %llu now, not %llu from which this change was "
                "made; look at the difference and apply again",
                (unsigned long long)head.number, (unsigned long long)draft->base);
        result = 0;
    } else
        result = insert_draft(sql, draft, &head, err);
    *number_r = head.number + (result == 1 ? 1 : 0);
    revision_clear(&head);
    return result;
}

int revisions_add(struct policy_db *db, const struct revision_draft *draft, uint64_t *number_r,
                  struct err *err)
{
    struct sql *sql;
    int result;

    *number_r = 0;
    if (check_draft(draft, err) < 0)
        return -1;
    sql = policy_db_lock(db);
    result = sql_begin(sql, err);
    if (result == 0)
        result = sql_end(sql, add(sql, draft, number_r, err), err);
    policy_db_unlock(db);
    return result;
}

static int take(struct sql *sql, const struct revision *revision, bool is_first,
                struct err *err)
{
    struct revision next = *revision, below = {0};
    int result = 0;

    if (is_first)
        result = sql_run(sql, "DELETE FROM revision", err);
    if (result == 0 && next.number > 1)
        result = get(sql, next.number - 1, &below, err);
    if (result >= 0) {
        memcpy(next.parent, below.sha256, sizeof next.parent);
        result = insert(sql, &next, err);
    }
    revision_clear(&below);
    return result < 0 ? -1 : 0;
}

int revisions_take(struct policy_db *db, const struct revision *revision, bool is_first,
                   struct err *err)
{
    const struct revision_draft draft = {
        .text = revision->text, .author = revision->author, .note = revision->note};
    struct sql *sql;
    int result;

    if (revision->number == 0 || revision->number > INT64_MAX)
        return err_set(err, "a revision has no such number");
    if (check_draft(&draft, err) < 0)
        return -1;
    sql = policy_db_lock(db);
    result = sql_begin(sql, err);
    if (result == 0)
        result = sql_end(sql, take(sql, revision, is_first, err), err);
    policy_db_unlock(db);
    return result;
}

static int list(struct sql *sql, uint64_t before, size_t limit, struct revision *list,
                size_t *count_r, struct err *err)
{
    sqlite3_stmt *stmt = sql_prepare(
        sql, "SELECT " COLUMNS " FROM revision WHERE number < ?1 ORDER BY number DESC LIMIT ?2",
        err);
    int result = stmt == NULL ? -1 : 1;

    if (stmt != NULL) {
        sql_bind(stmt, 1, before == 0 || before > INT64_MAX ? INT64_MAX : (int64_t)before);
        sql_bind(stmt, 2, (int64_t)limit);
    }
    while (result == 1 && *count_r < limit) {
        result = sql_step(sql, stmt, err);
        if (result == 1)
            read_row(stmt, &list[(*count_r)++]);
    }
    sqlite3_finalize(stmt);
    return result < 0 ? -1 : 0;
}

int revisions_list(struct policy_db *db, uint64_t before, size_t limit,
                   struct revision **list_r, size_t *count_r, struct err *err)
{
    int result;

    if (limit > REVISIONS_MAX_LIST)
        limit = REVISIONS_MAX_LIST;
    *list_r = xcalloc(limit + 1, sizeof(**list_r));
    *count_r = 0;
    result = list(policy_db_lock(db), before, limit, *list_r, count_r, err);
    policy_db_unlock(db);
    if (result < 0) {
        revisions_free(list_r, *count_r);
        *count_r = 0;
    }
    return result;
}
