/* What this node counted, in policyd.db: the absolute counts of each hour as text, and whether Redis has taken this version of them. Rows are of a node: the
 * id this node had in its cluster at that time, "" while it was in none. An hour is its number since 1970 (UTC). */
#ifndef STORE_STATISTICS_STORE_H
#define STORE_STATISTICS_STORE_H
#include "base/str.h"
#include "store/policy_db.h"

#define STATISTICS_NODE_SIZE 17
#define STATISTICS_LARGE     8000 /* bytes of an hour that was not made thin */

/* One hour of one node; as key of the calls below hour and node, version where it says so. */
struct statistics_row {
    int64_t hour;
    char node[STATISTICS_NODE_SIZE];
    int64_t version; /* counts up with each put, from 1 */
};

/* Replaces the counts; not sent yet. */
int statistics_store_put(struct policy_db *db, const struct statistics_row *row,
                         struct span counts, struct err *err);
/* 1 (appended to counts; version filled in), 0 there is none, -1. */
int statistics_store_get(struct policy_db *db, struct statistics_row *row, struct str *counts,
                         struct err *err);
/* Walks all rows by hour and node: the first one after *row whose hour is at most `until`; begin with hour = first - 1 and node = "~" (behind every id).
 * Returns as statistics_store_get. */
int statistics_store_next(struct policy_db *db, struct statistics_row *row, int64_t until,
                          struct str *counts, struct err *err);
/* The oldest hour of the node that is not sent, after row->hour. */
int statistics_store_unsent(struct policy_db *db, struct statistics_row *row,
                            struct str *counts, struct err *err);
/* This version was taken; a later one stays unsent. */
int statistics_store_sent(struct policy_db *db, const struct statistics_row *row,
                          struct err *err);
/* Redis has lost it. */
int statistics_store_lost(struct policy_db *db, const struct statistics_row *row,
                          struct err *err);
/* Up to room hours of row->node after row->hour that are marked as sent, with their versions; *count_r. */
int statistics_store_list_sent(struct policy_db *db, const struct statistics_row *row,
                               struct statistics_row *rows, size_t room, size_t *count_r,
                               struct err *err);
/* What was counted before this node was in a cluster becomes that of row->node, unsent. An hour that it has already stays as it is. */
int statistics_store_adopt(struct policy_db *db, const struct statistics_row *row,
                           struct err *err);
/* The first row after *row, before hour `before`, whose counts have more than STATISTICS_LARGE bytes; as statistics_store_next. */
int statistics_store_large(struct policy_db *db, struct statistics_row *row, int64_t before,
                           struct str *counts, struct err *err);
/* Removes hours before this one. */
int statistics_store_expire(struct policy_db *db, int64_t before, struct err *err);
#endif
