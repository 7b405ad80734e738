/* The index of the quarantine as its two files see it. */
#ifndef STORE_QUARANTINE_INDEX_INSIDE_H
#define STORE_QUARANTINE_INDEX_INSIDE_H
#include <pthread.h>

#include "store/quarantine_index.h"
#include "store/sql.h"

struct quarantine_index {
    pthread_mutex_t mutex; /* recursive: begin ... end holds it around the others */
    struct sql sql;
    char *path;
    bool is_failing;
};

/* Takes the mutex in any case; false when the index is failing and nothing can be asked. */
bool quarantine_index_lock(struct quarantine_index *index, struct err *err);
void quarantine_index_unlock(struct quarantine_index *index);
/* Under the mutex: takes note of a result below 0, says it once in the log. Returns result. */
int quarantine_index_note(struct quarantine_index *index, int result, const struct err *err);
#endif
