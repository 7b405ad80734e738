/* The shared index in Redis. Of each node, written by itself alone:
 *   quarantine:NODE       hash ID -> sealed row (quarantine_rows.h)
 *   quarantine:NODE:ids   sorted set of the same ids, all of score 0: in order, so that lists come page by page
 * Bounded to the newest QUARANTINE_SHARED_MOST; both expire 40 days after the node last wrote. Blocks; never in the loop. */
#ifndef CLUSTER_QUARANTINE_SHARED_H
#define CLUSTER_QUARANTINE_SHARED_H
#include "policyd/cluster/membership.h"
#include "store/quarantine_text.h"

#define QUARANTINE_SHARED_MOST 50000
#define QUARANTINE_SHARED_PAGE 100

struct shared_row {
    char id[QUARANTINE_ID_SIZE];
    struct str sealed;
};
struct shared_rows {
    size_t count;
    struct shared_row of[QUARANTINE_SHARED_PAGE];
};
void shared_rows_clear(struct shared_rows *rows);

int quarantine_shared_put(const char *node, const struct shared_rows *rows, struct err *err);
struct shared_id {
    char id[QUARANTINE_ID_SIZE];
};
/* At most QUARANTINE_SHARED_PAGE at once. */
int quarantine_shared_remove(const char *node, const struct shared_id *ids, size_t count,
                             struct err *err);
/* The newest below `before` (an id, or "" for all); rows whose id or length is none are left out. *last_r: where to go on, "" at the end. */
int quarantine_shared_page(const char *node, const char *before, struct shared_rows *rows_r,
                           char last_r[QUARANTINE_ID_SIZE], struct err *err);
/* Of this node's own index, whose keys are made anew when they are of another type: ids from `from` up to below `before` ("": no bound), newest first, at most `most`; free() *ids_r. */
struct shared_range {
    const char *from, *before;
    size_t most;
};
int quarantine_shared_ids(const char *node, const struct shared_range *range,
                          struct shared_id **ids_r, size_t *count_r, struct err *err);
/* Which of these nodes have the id in their index; their sealed rows into rows[i] (empty: not there). */
int quarantine_shared_find(const struct node_seen *nodes, size_t count, const char *id,
                           struct str *rows, struct err *err);
#endif
