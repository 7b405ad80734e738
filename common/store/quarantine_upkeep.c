/* What the quarantine needs now and then: expiry, a new index, numbers for the status. */
#include "store/quarantine_inside.h"

#include <fcntl.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/clock.h"

#define DAY_MS 86400000

static bool remove_entry(struct quarantine *q, enum quarantine_state state, const char *id)
{
    struct stat st;
    bool is_removed;

    /* A claim takes the same mutex: what is being released is not removed under it. */
    pthread_mutex_lock(&q->states);
    is_removed = fstatat(q->state_fds[state], id, &st, AT_SYMLINK_NOFOLLOW) == 0 &&
                 unlinkat(q->state_fds[state], id, 0) == 0;
    pthread_mutex_unlock(&q->states);
    if (!is_removed)
        return false;
    quarantine_account_removed(q->account, (uint64_t)st.st_size, true);
    if (q->index != NULL)
        quarantine_index_remove(q->index, id);
    return true;
}

int quarantine_drop_copy(struct quarantine *quarantine, const char *id, struct span holder,
                         struct err *err)
{
    struct arena *arena = arena_new();
    struct quarantine_file file;
    int found = quarantine_id_is_valid(span_of(id))
                    ? quarantine_file_open_in(quarantine, QUARANTINE_COPY, id, O_RDONLY, arena,
                                              &file, err)
                    : 0;

    if (found == 1) {
        found = span_equal(file.entry.holder, holder);
        quarantine_file_close(&file);
    }
    if (found == 1)
        found = remove_entry(quarantine, QUARANTINE_COPY, id);
    arena_free(&arena);
    return found;
}

int quarantine_expire(struct quarantine *quarantine, size_t *removed_r, struct err *err)
{
    char limit[QUARANTINE_ID_SIZE];
    int64_t before = clock_now_ms() - quarantine->days * DAY_MS;
    size_t removed = 0;

    if (removed_r != NULL)
        *removed_r = 0;
    /* An index that failed for want of room is tried again now and then. */
    if (quarantine->index != NULL && quarantine_index_is_failing(quarantine->index))
        quarantine_reindex(quarantine, NULL, NULL);
    if (before < 0)
        return 0;
    quarantine_id_make(before, 0, limit); /* ids sort by time */
    for (int state = 1; state <= QUARANTINE_STATES; state++) {
        struct quarantine_name *ids;
        size_t count;

        if (state == QUARANTINE_RELEASING)
            continue;
        if (quarantine_ids(quarantine, (enum quarantine_state)state, &ids, &count, err) < 0)
            return -1;
        for (size_t i = 0; i < count; i++)
            if (strcmp(ids[i].id, limit) < 0)
                removed += remove_entry(quarantine, (enum quarantine_state)state, ids[i].id);
        free(ids);
    }
    if (removed_r != NULL)
        *removed_r = removed;
    return 0;
}

static int reindex_state(struct quarantine *q, enum quarantine_state state, size_t *count_r,
                         struct err *err)
{
    struct quarantine_name *ids;
    struct arena *arena;
    size_t count;

    if (quarantine_ids(q, state, &ids, &count, err) < 0)
        return -1;
    arena = arena_new();
    for (size_t i = 0; i < count; i++) {
        struct quarantine_file file;

        if (quarantine_file_open_in(q, state, ids[i].id, O_RDONLY, arena, &file, NULL) == 1) {
            quarantine_index_put(q->index, &file.entry);
            quarantine_file_close(&file);
            ++*count_r;
        }
        arena_reset(arena);
    }
    arena_free(&arena);
    free(ids);
    return 0;
}

/* States stand still meanwhile, and new entries wait for the index, not for longer than it takes to read all headers. */
int quarantine_reindex(struct quarantine *quarantine, size_t *count_r, struct err *err)
{
    size_t count = 0;
    int result;

    if (quarantine->index == NULL)
        return err_set(err, "the quarantine has no index here");
    pthread_mutex_lock(&quarantine->states);
    result = quarantine_index_clear(quarantine->index, err);
    if (result == 0) {
        quarantine_index_begin(quarantine->index);
        for (int state = 1; state <= QUARANTINE_STATES && result == 0; state++)
            result = reindex_state(quarantine, (enum quarantine_state)state, &count, err);
        if (quarantine_index_end(quarantine->index, err) < 0)
            result = -1;
    }
    pthread_mutex_unlock(&quarantine->states);
    if (count_r != NULL)
        *count_r = count;
    return result;
}

void quarantine_use(struct quarantine *quarantine, struct quarantine_usage *usage_r)
{
    quarantine_account_use(quarantine->account, usage_r);
    usage_r->is_index_failing =
        quarantine->index != NULL && quarantine_index_is_failing(quarantine->index);
}
