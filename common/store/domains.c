/* Accepted domains and their next hops in policyd.db. */
#include "store/domains.h"

#include <stdlib.h>

#include "base/xalloc.h"
#include "mail/domain.h"
#include "store/policy_db_inside.h"

static int delete_domain(struct sql *sql, struct span name, struct err *err)
{
    static const char *const texts[] = {"DELETE FROM hop WHERE domain = ?1",
                                        "DELETE FROM domain WHERE name = ?1"};

    for (size_t i = 0; i < 2; i++) {
        sqlite3_stmt *stmt = sql_prepare(sql, texts[i], err);
        int result;

        if (stmt == NULL)
            return -1;
        sql_bind_span(stmt, 1, name);
        result = sql_step(sql, stmt, err);
        sqlite3_finalize(stmt);
        if (result < 0)
            return -1;
    }
    return sqlite3_changes(sql->db) > 0 ? 1 : 0;
}

static int insert_hop(struct sql *sql, struct span name, size_t place,
                      const struct next_hop *hop, struct err *err)
{
    sqlite3_stmt *stmt = sql_prepare(sql, "INSERT INTO hop VALUES (?1, ?2, ?3, ?4, ?5)", err);
    int result;

    if (stmt == NULL)
        return -1;
    sql_bind_span(stmt, 1, name);
    sql_bind(stmt, 2, (int64_t)place);
    sql_bind_span(stmt, 3, span_of(hop->host));
    sql_bind(stmt, 4, hop->port);
    sql_bind(stmt, 5, hop->is_address);
    result = sql_step(sql, stmt, err);
    sqlite3_finalize(stmt);
    return result;
}

static int insert_domain(struct sql *sql, struct span name, const struct next_hop *hops,
                         size_t hop_count, struct err *err)
{
    sqlite3_stmt *stmt = sql_prepare(sql, "INSERT INTO domain VALUES (?1)", err);
    int result = -1;

    if (stmt != NULL) {
        sql_bind_span(stmt, 1, name);
        result = sql_step(sql, stmt, err);
        sqlite3_finalize(stmt);
    }
    for (size_t i = 0; i < hop_count && result == 0; i++)
        result = insert_hop(sql, name, i, &hops[i], err);
    return result;
}

static int rise(struct sql *sql, struct err *err)
{
    return sql_run(sql, "UPDATE counter SET value = value + 1 WHERE name = 'domains'", err);
}

static int put(struct sql *sql, struct span name, const struct next_hop *hops, size_t hop_count,
               struct err *err)
{
    int64_t count = 0;
    int was_there = delete_domain(sql, name, err);

    if (was_there < 0 || sql_number(sql, "SELECT count(*) FROM domain", 0, &count, err) < 0)
        return -1;
    if (count >= DOMAINS_MAX)
        return err_set(err, "there are %d domains already, and no more are possible",
                       DOMAINS_MAX);
    if (insert_domain(sql, name, hops, hop_count, err) < 0 || rise(sql, err) < 0)
        return -1;
    return was_there == 1 ? 0 : 1;
}

int domains_put(struct policy_db *db, struct span name, const struct next_hop *hops,
                size_t hop_count, struct err *err)
{
    char normal[DOMAIN_SIZE];
    struct sql *sql;
    int result;

    if (!domain_normalize(name, normal))
        return err_set(err, "\"%.*s\" is not a domain; write it as example.com",
                       (int)(name.len < 300 ? name.len : 300), name.ptr);
    if (hop_count == 0 || hop_count > DOMAIN_MAX_HOPS)
        return err_set(err, "domain %s needs 1 to %d next hops, not %zu", normal,
                       DOMAIN_MAX_HOPS, hop_count);
    sql = policy_db_lock(db);
    result = sql_begin(sql, err);
    if (result == 0)
        result = sql_end(sql, put(sql, span_of(normal), hops, hop_count, err), err);
    policy_db_unlock(db);
    return result;
}

static int drop(struct sql *sql, struct span name, struct err *err)
{
    int result = delete_domain(sql, name, err);

    return result == 1 && rise(sql, err) < 0 ? -1 : result;
}

int domains_remove(struct policy_db *db, struct span name, struct err *err)
{
    char normal[DOMAIN_SIZE];
    struct sql *sql;
    int result;

    if (!domain_normalize(name, normal))
        return 0;
    sql = policy_db_lock(db);
    result = sql_begin(sql, err);
    if (result == 0)
        result = sql_end(sql, drop(sql, span_of(normal), err), err);
    policy_db_unlock(db);
    return result;
}

bool domains_normalize(struct span name, char normal_r[NEXT_HOP_HOST_SIZE])
{
    _Static_assert(DOMAIN_SIZE <= NEXT_HOP_HOST_SIZE, "a domain fits");
    return domain_normalize(name, normal_r);
}

static int replace(struct sql *sql, const struct domain *domains, size_t count, struct err *err)
{
    int result = sql_run(sql, "DELETE FROM hop; DELETE FROM domain", err);

    for (size_t i = 0; i < count && result == 0; i++) {
        char normal[DOMAIN_SIZE];

        if (!domain_normalize(span_of(domains[i].name), normal))
            return err_set(err, "\"%s\" is not a domain", domains[i].name);
        if (domains[i].hop_count == 0 || domains[i].hop_count > DOMAIN_MAX_HOPS)
            return err_set(err, "domain %s needs 1 to %d next hops", normal, DOMAIN_MAX_HOPS);
        result = delete_domain(sql, span_of(normal), err) < 0
                     ? -1
                     : insert_domain(sql, span_of(normal), domains[i].hops,
                                     domains[i].hop_count, err);
    }
    return result == 0 ? rise(sql, err) : -1;
}

int domains_replace(struct policy_db *db, const struct domain *domains, size_t count,
                    struct err *err)
{
    struct sql *sql;
    int result;

    if (count > DOMAINS_MAX)
        return err_set(err, "%zu domains; at most %d are possible", count, DOMAINS_MAX);
    sql = policy_db_lock(db);
    result = sql_begin(sql, err);
    if (result == 0)
        result = sql_end(sql, replace(sql, domains, count, err), err);
    policy_db_unlock(db);
    return result;
}

static void copy_text(char out_r[NEXT_HOP_HOST_SIZE], struct span s)
{
    size_t len = s.len < NEXT_HOP_HOST_SIZE ? s.len : NEXT_HOP_HOST_SIZE - 1;

    memset(out_r, 0, NEXT_HOP_HOST_SIZE);
    if (len > 0)
        memcpy(out_r, s.ptr, len);
}

/* One row of the join: a domain's next hop; the first one begins the domain. */
static void take_row(sqlite3_stmt *stmt, struct domain **domains, size_t *count)
{
    struct span name = sql_span(stmt, 0);
    struct domain *last = *count > 0 ? &(*domains)[*count - 1] : NULL;
    struct next_hop *hop;

    if (last == NULL || !span_is(name, last->name)) {
        *domains = xreallocarray(*domains, *count + 1, sizeof(**domains));
        last = &(*domains)[(*count)++];
        *last = (struct domain){0};
        copy_text(last->name, name);
    }
    if (last->hop_count == DOMAIN_MAX_HOPS)
        return;
    hop = &last->hops[last->hop_count++];
    copy_text(hop->host, sql_span(stmt, 1));
    hop->port = (uint16_t)sqlite3_column_int64(stmt, 2);
    hop->is_address = sqlite3_column_int64(stmt, 3) != 0;
}

static int list(struct sql *sql, struct domain **domains, size_t *count, struct err *err)
{
    sqlite3_stmt *stmt = sql_prepare(
        sql, "SELECT domain, host, port, is_address FROM hop ORDER BY domain, place", err);
    int result = stmt == NULL ? -1 : 1;

    while (result == 1) {
        result = sql_step(sql, stmt, err);
        if (result == 1)
            take_row(stmt, domains, count);
    }
    sqlite3_finalize(stmt);
    return result;
}

int domains_list(struct policy_db *db, struct domain **domains_r, size_t *count_r,
                 uint64_t *generation_r, struct err *err)
{
    struct sql *sql = policy_db_lock(db);
    int64_t generation = 0;
    int result;

    *domains_r = NULL;
    *count_r = 0;
    result = list(sql, domains_r, count_r, err);
    if (result == 0)
        result = sql_number(sql, "SELECT value FROM counter WHERE name = 'domains'", 0,
                            &generation, err);
    policy_db_unlock(db);
    if (result < 0) {
        xfree(domains_r);
        *count_r = 0;
        return -1;
    }
    if (generation_r != NULL)
        *generation_r = (uint64_t)generation;
    return 0;
}
