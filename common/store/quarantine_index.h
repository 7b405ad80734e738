/* The index in milter.db: a cache of the headers of quarantine files, for listing. Whatever fails here is logged once (log_state) and shows
 * as is_failing; nothing depends on it. Thread-safe. Internal to the quarantine. */
#ifndef STORE_QUARANTINE_INDEX_H
#define STORE_QUARANTINE_INDEX_H
#include "store/quarantine.h"

struct quarantine_index;
/* Never NULL. A damaged file is put aside (PATH.damaged) and a new, empty one begun. */
struct quarantine_index *quarantine_index_open(const char *path);
void quarantine_index_close(struct quarantine_index **index);
bool quarantine_index_is_failing(struct quarantine_index *index);

/* Many changes in one transaction, for reindexing. Other threads wait meanwhile. */
void quarantine_index_begin(struct quarantine_index *index);
int quarantine_index_end(struct quarantine_index *index, struct err *err);
int quarantine_index_clear(struct quarantine_index *index,
                           struct err *err); /* begins anew, also after damage */

void quarantine_index_put(struct quarantine_index *index, const struct quarantine_entry *entry);
void quarantine_index_move(struct quarantine_index *index, const char *id,
                           enum quarantine_state state);
void quarantine_index_remove(struct quarantine_index *index, const char *id);
/* The state it has there, 0: it is not there (or failing). */
enum quarantine_state quarantine_index_state(struct quarantine_index *index, const char *id);

/* The newest with that code: 1, 0, -1 failing. */
int quarantine_index_by_code(struct quarantine_index *index, struct span code,
                             char id_r[QUARANTINE_ID_SIZE]);
/* Newest first. -1: failing, ask the files. */
int quarantine_index_list(struct quarantine_index *index,
                          const struct quarantine_filter *filter, struct arena *arena,
                          struct quarantine_entry *list, size_t *count_r);
/* What the index asks of the files. */
struct quarantine_files {
    bool (*has)(void *ctx, const char *id, enum quarantine_state state);
    void *ctx;
};
/* Removes rows that have no file. */
void quarantine_index_sweep(struct quarantine_index *index,
                            const struct quarantine_files *files);
#endif
