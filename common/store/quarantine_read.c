/* What the quarantine holds: one entry by id or decision code, or many, newest first. */
#include "store/quarantine_inside.h"

#include <fcntl.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/xalloc.h"
#include "store/decision_code.h"

struct found {
    struct quarantine_name name;
    enum quarantine_state state;
};

static int newest_first(const void *a, const void *b)
{
    return strcmp(((const struct found *)b)->name.id, ((const struct found *)a)->name.id);
}

/* All files of the wanted states, newest first. */
static int gather(struct quarantine *q, enum quarantine_state wanted, struct found **found_r,
                  size_t *count_r, struct err *err)
{
    *found_r = NULL;
    *count_r = 0;
    for (int state = 1; state <= QUARANTINE_STATES; state++) {
        struct quarantine_name *ids;
        size_t count;

        if (wanted != 0 && (int)wanted != state)
            continue;
        if (quarantine_ids(q, (enum quarantine_state)state, &ids, &count, err) < 0) {
            xfree(found_r);
            return -1;
        }
        *found_r = xreallocarray(*found_r, *count_r + count + 1, sizeof(**found_r));
        for (size_t i = 0; i < count; i++)
            (*found_r)[(*count_r)++] = (struct found){ids[i], (enum quarantine_state)state};
        free(ids);
    }
    qsort(*found_r, *count_r, sizeof(**found_r), newest_first);
    return 0;
}

/* From the files: what moved or cannot be read meanwhile is left out. */
static int list_files(struct quarantine *q, const struct quarantine_filter *filter,
                      struct arena *arena, struct quarantine_entry *list, size_t *count_r,
                      struct err *err)
{
    struct found *found;
    size_t count;

    *count_r = 0;
    if (gather(q, filter->state, &found, &count, err) < 0)
        return -1;
    for (size_t i = 0; i < count && *count_r < filter->limit; i++) {
        struct quarantine_file file;

        if (filter->before.len > 0 &&
            span_compare(span_of(found[i].name.id), filter->before) >= 0)
            continue;
        if (quarantine_file_open_in(q, found[i].state, found[i].name.id, O_RDONLY, arena, &file,
                                    NULL) != 1)
            continue;
        quarantine_file_close(&file);
        if (file.entry.time_ms < filter->since_ms)
            break;
        list[*count_r] = file.entry;
        list[(*count_r)++].notes = (struct span){NULL, 0};
    }
    free(found);
    return 0;
}

int quarantine_list(struct quarantine *quarantine, const struct quarantine_filter *filter,
                    struct arena *arena, struct quarantine_entry **list_r, size_t *count_r,
                    struct err *err)
{
    struct quarantine_filter bounded = *filter;

    if (bounded.limit > QUARANTINE_MAX_LIST)
        bounded.limit = QUARANTINE_MAX_LIST;
    *list_r = arena_array(arena, bounded.limit + 1, sizeof(**list_r));
    if (quarantine->index != NULL &&
        quarantine_index_list(quarantine->index, &bounded, arena, *list_r, count_r) == 0)
        return 0;
    return list_files(quarantine, &bounded, arena, *list_r, count_r, err);
}

/* Through the files, when there is no index. */
static int find_code_in_files(struct quarantine *q, struct span code,
                              char id_r[QUARANTINE_ID_SIZE], struct err *err)
{
    struct found *found;
    size_t count;
    int result = gather(q, 0, &found, &count, err);

    for (size_t i = 0; i < count && result == 0; i++) {
        struct arena *arena = arena_new();
        struct quarantine_file file;

        if (quarantine_file_open_in(q, found[i].state, found[i].name.id, O_RDONLY, arena, &file,
                                    NULL) == 1) {
            result = span_equal(file.entry.code, code);
            memcpy(id_r, found[i].name.id, QUARANTINE_ID_SIZE);
            quarantine_file_close(&file);
        }
        arena_free(&arena);
    }
    free(found);
    return result;
}

/* 1 and the id meant by an id or a code; 0. */
static int find_id(struct quarantine *q, struct span what, char id_r[QUARANTINE_ID_SIZE],
                   struct err *err)
{
    char text[DECISION_CODE_SIZE];
    uint64_t code;
    int result = -1;

    if (quarantine_id_is_valid(what)) {
        memcpy(id_r, what.ptr, what.len);
        id_r[what.len] = '\0';
        return 1;
    }
    if (!decision_code_parse(what, &code))
        return 0;
    decision_code_print(code, text);
    if (q->index != NULL)
        result = quarantine_index_by_code(q->index, span_of(text), id_r);
    return result >= 0 ? result : find_code_in_files(q, span_of(text), id_r, err);
}

int quarantine_read(struct quarantine *quarantine, struct span what, struct arena *arena,
                    struct quarantine_entry *entry_r, struct err *err)
{
    char id[QUARANTINE_ID_SIZE];
    struct quarantine_file file;
    int result = find_id(quarantine, what, id, err);

    if (result == 1)
        result = quarantine_file_open(quarantine, id, O_RDONLY, arena, &file, err);
    if (result != 1)
        return result;
    *entry_r = file.entry;
    quarantine_file_close(&file);
    return 1;
}

static int check_message(struct quarantine_file *file, struct err *err)
{
    char sha256[65];

    if (!file->text.is_kept || file->state == QUARANTINE_DELETED)
        return err_set(err, "the message %s was deleted", file->entry.id);
    if (quarantine_hash(file->fd, (int64_t)file->text.header_bytes, file->entry.message_bytes,
                        sha256, err) < 0)
        return -1;
    if (strcmp(sha256, file->entry.sha256) != 0)
        return err_set(err, "the message %s is not the one that was stored: its sha256 differs",
                       file->entry.id);
    return lseek(file->fd, (off_t)file->text.header_bytes, SEEK_SET) < 0 ? -1 : 1;
}

int quarantine_open_message(struct quarantine *quarantine, struct span what,
                            struct arena *arena, struct quarantine_entry *entry_r, int *fd_r,
                            int64_t *offset_r, struct err *err)
{
    char id[QUARANTINE_ID_SIZE];
    struct quarantine_file file;
    int result = find_id(quarantine, what, id, err);

    if (result == 1)
        result = quarantine_file_open(quarantine, id, O_RDONLY, arena, &file, err);
    if (result != 1)
        return result;
    if (check_message(&file, err) < 0) {
        quarantine_file_close(&file);
        return -1;
    }
    *entry_r = file.entry;
    *fd_r = file.fd;
    *offset_r = (int64_t)file.text.header_bytes;
    return 1;
}
