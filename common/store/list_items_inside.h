/* Lists in policyd.db as the files of this directory see them. All under policy_db_lock. */
#ifndef STORE_LIST_ITEMS_INSIDE_H
#define STORE_LIST_ITEMS_INSIDE_H
#include "store/list_items.h"
#include "store/policy_db_inside.h"

struct list_row {
    int64_t id;
    int64_t log_from; /* the log holds every change after this number */
    struct stored_list list;
};

int list_row_find(struct sql *sql, struct span name, struct list_row *row_r, struct err *err);
int list_row_store(struct sql *sql, const struct list_row *row, struct err *err);
/* Items in byte order; `items_r` has row->list.count of them. */
int list_row_items(struct sql *sql, const struct list_row *row, struct arena *arena,
                   struct span **items_r, struct err *err);
#endif
