/* The quarantine: opened, filled, expired. States are in quarantine_states.c, reading in quarantine_read.c. */
#include "store/quarantine_inside.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/file.h"
#include "base/hash.h"
#include "base/log.h"
#include "base/xalloc.h"
#include "store/dir_lock.h"

#define DAY_MS   86400000
#define ID_TRIES 16

static int open_dir(const char *parent, const char *name, int *fd_r, struct err *err)
{
    char *path = file_path(parent, name);
    int result = file_make_dir(path, 0700, err);

    if (result == 0 && (*fd_r = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC)) < 0)
        result = err_set(err, "%s: cannot be opened: %m", path);
    free(path);
    return result;
}

static int open_dirs(struct quarantine *q, struct err *err)
{
    if (open_dir(q->dir, "tmp", &q->tmp_fd, err) < 0)
        return -1;
    for (int state = 1; state <= QUARANTINE_STATES; state++)
        if (open_dir(q->dir, names_name(quarantine_state_names, state), &q->state_fds[state],
                     err) < 0)
            return -1;
    return file_sync_dir(q->dir, err);
}

/* What lies in tmp was never acknowledged. */
static void clear_tmp(struct quarantine *q)
{
    int fd = openat(q->tmp_fd, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    DIR *dir = fd < 0 ? NULL : fdopendir(fd);
    const struct dirent *entry;

    while (dir != NULL && (entry = readdir(dir)) != NULL)
        if (quarantine_id_is_valid(span_of(entry->d_name)))
            unlinkat(q->tmp_fd, entry->d_name, 0);
    if (dir != NULL)
        closedir(dir);
    else if (fd >= 0)
        close(fd);
}

/* Counts one file, and puts it into the index when it is not there as it is. Only files of today must be read for their client. */
static void take_stock_of(struct quarantine *q, enum quarantine_state state, const char *id,
                          int64_t today, struct arena *arena)
{
    struct quarantine_file file;
    struct stat st;
    char day[QUARANTINE_ID_SIZE];
    bool is_indexed = q->index == NULL || quarantine_index_state(q->index, id) == state;

    quarantine_id_make(today, 0, day);
    if (is_indexed && strncmp(id, day, 8) != 0) {
        if (fstatat(q->state_fds[state], id, &st, AT_SYMLINK_NOFOLLOW) == 0)
            quarantine_account_found(q->account, (struct span){NULL, 0}, 0,
                                     (uint64_t)st.st_size);
        return;
    }
    if (quarantine_file_open_in(q, state, id, O_RDONLY, arena, &file, NULL) != 1)
        return;
    quarantine_account_found(q->account, file.entry.client, file.entry.time_ms, file.bytes);
    if (!is_indexed)
        quarantine_index_put(q->index, &file.entry);
    quarantine_file_close(&file);
}

static bool is_there(void *ctx, const char *id, enum quarantine_state state)
{
    const struct quarantine *q = ctx;

    return (int)state >= 1 && (int)state <= QUARANTINE_STATES &&
           faccessat(q->state_fds[state], id, F_OK, AT_SYMLINK_NOFOLLOW) == 0;
}

/* Sums up what is there and brings the index in line with it. */
static int take_stock(struct quarantine *q, struct err *err)
{
    struct arena *arena = arena_new();
    const struct quarantine_files files = {is_there, q};
    int64_t now = clock_now_ms();
    int result = 0;

    if (q->index != NULL) {
        quarantine_index_begin(q->index);
        quarantine_index_sweep(q->index, &files);
    }
    for (int state = 1; state <= QUARANTINE_STATES && result == 0; state++) {
        struct quarantine_name *ids;
        size_t count;

        result = quarantine_ids(q, (enum quarantine_state)state, &ids, &count, err);
        for (size_t i = 0; i < count; i++) {
            take_stock_of(q, (enum quarantine_state)state, ids[i].id, now, arena);
            arena_reset(arena);
        }
        free(ids);
    }
    if (q->index != NULL)
        quarantine_index_end(q->index, NULL);
    arena_free(&arena);
    return result;
}

struct quarantine *quarantine_open(const struct quarantine_options *options, struct err *err)
{
    struct quarantine *q = xcalloc(1, sizeof(*q));

    q->dir = xstrdup(options->dir);
    q->days = options->days;
    q->lock_fd = q->tmp_fd = -1;
    for (int i = 0; i <= QUARANTINE_STATES; i++)
        q->state_fds[i] = -1;
    pthread_mutex_init(&q->states, NULL);
    q->account = quarantine_account_new(options);
    if (file_make_dir(q->dir, 0700, err) == 0 && (q->lock_fd = dir_lock(q->dir, err)) >= 0 &&
        open_dirs(q, err) == 0) {
        clear_tmp(q);
        if (options->index_path != NULL)
            q->index = quarantine_index_open(options->index_path);
        if (quarantine_recover(q, err) == 0 && take_stock(q, err) == 0)
            return q;
    }
    quarantine_close(&q);
    return NULL;
}

void quarantine_close(struct quarantine **quarantine)
{
    struct quarantine *q = *quarantine;

    *quarantine = NULL;
    if (q == NULL)
        return;
    quarantine_index_close(&q->index);
    quarantine_account_free(&q->account);
    for (int i = 0; i <= QUARANTINE_STATES; i++)
        if (q->state_fds[i] >= 0)
            close(q->state_fds[i]);
    if (q->tmp_fd >= 0)
        close(q->tmp_fd);
    if (q->lock_fd >= 0)
        close(q->lock_fd);
    pthread_mutex_destroy(&q->states);
    free(q->dir);
    free(q);
}

/* A new file in tmp: under an id that is free, a copy under the id it has. */
static int create_tmp(struct quarantine *q, struct quarantine_entry *entry, struct err *err)
{
    int fd = -1;

    for (int i = 0; i < ID_TRIES; i++) {
        uint64_t random;

        hash_random(&random, sizeof(random));
        if (entry->holder.len == 0)
            quarantine_id_make(entry->time_ms, random, entry->id);
        fd = openat(q->tmp_fd, entry->id, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
        if (fd >= 0 || errno != EEXIST)
            break;
    }
    return fd < 0 ? err_set(err, "%s/tmp: cannot be written: %m", q->dir) : fd;
}

static int fill(int fd, struct span header, int message_fd, uint64_t bytes, struct err *err)
{
    if (file_write_all(fd, header) < 0)
        return err_set(err, "the message cannot be written: %m");
    if (quarantine_copy(message_fd, fd, bytes, err) < 0)
        return -1;
    return fsync(fd) < 0 ? err_set(err, "the message cannot be made durable: %m") : 0;
}

/* From tmp to its state, durable when it returns 0. */
static int bring_in(struct quarantine *q, const struct quarantine_entry *entry, struct err *err)
{
    const char *name = names_name(quarantine_state_names, (int)entry->state);
    int to = q->state_fds[entry->state];

    if (renameat(q->tmp_fd, entry->id, to, entry->id) < 0)
        return err_set(err, "%s/%s: cannot be written: %m", q->dir, name);
    if (fsync(to) == 0)
        return 0;
    err_set(err, "%s/%s: cannot be made durable: %m", q->dir, name);
    unlinkat(to, entry->id, 0);
    return -1;
}

static int write_file(struct quarantine *q, struct quarantine_entry *entry, int message_fd,
                      struct err *err)
{
    struct str header = STR_EMPTY;
    int fd = create_tmp(q, entry, err);
    int result = fd < 0 ? -1 : quarantine_text_print(&header, entry, err);

    if (result == 0)
        result = fill(fd, str_span(&header), message_fd, entry->message_bytes, err);
    if (fd >= 0 && close(fd) < 0 && result == 0)
        result = err_set(err, "the message cannot be written: %m");
    if (result == 0)
        result = bring_in(q, entry, err);
    if (result < 0 && fd >= 0)
        unlinkat(q->tmp_fd, entry->id, 0);
    str_clear(&header);
    return result;
}

static int measure(struct quarantine_entry *entry, int message_fd, struct err *err)
{
    struct stat st;

    if (fstat(message_fd, &st) < 0)
        return err_set(err, "the message cannot be read: %m");
    entry->message_bytes = (uint64_t)st.st_size;
    return quarantine_hash(message_fd, 0, entry->message_bytes, entry->sha256, err);
}

/* What the file will have: the header is measured with an id of the right length. */
static int size_of(const struct quarantine_entry *entry, uint64_t *bytes_r, struct err *err)
{
    struct quarantine_entry copy = *entry;
    struct str header = STR_EMPTY;
    int result;

    if (entry->holder.len == 0)
        quarantine_id_make(entry->time_ms, 0, copy.id);
    result = quarantine_text_print(&header, &copy, err);
    *bytes_r = header.len + entry->message_bytes;
    str_clear(&header);
    return result;
}

/* e is measured; its id is given when it is a copy, else made. */
static enum quarantine_put put(struct quarantine *quarantine, struct quarantine_entry *e,
                               int message_fd, struct err *err)
{
    uint64_t bytes;
    int result;

    if (size_of(e, &bytes, err) < 0)
        return QUARANTINE_FAILED;
    result = quarantine_account_take(quarantine->account, e->client, bytes, err);
    if (result != 0)
        return result < 0 ? QUARANTINE_FAILED : QUARANTINE_OVER;
    if (write_file(quarantine, e, message_fd, err) < 0) {
        quarantine_account_untake(quarantine->account, e->client, bytes);
        return QUARANTINE_FAILED;
    }
    if (quarantine->index != NULL)
        quarantine_index_put(quarantine->index, e);
    return QUARANTINE_STORED;
}

enum quarantine_put quarantine_put(struct quarantine *quarantine,
                                   const struct quarantine_entry *entry, int message_fd,
                                   char id_r[QUARANTINE_ID_SIZE], struct err *err)
{
    struct quarantine_entry e = *entry;
    enum quarantine_put result;

    e.state = QUARANTINE_HELD;
    e.holder = (struct span){NULL, 0};
    if (e.time_ms <= 0)
        e.time_ms = clock_now_ms();
    if (measure(&e, message_fd, err) < 0)
        return QUARANTINE_FAILED;
    result = put(quarantine, &e, message_fd, err);
    if (result == QUARANTINE_STORED)
        memcpy(id_r, e.id, QUARANTINE_ID_SIZE);
    return result;
}

enum quarantine_put quarantine_put_copy(struct quarantine *quarantine,
                                        const struct quarantine_entry *entry, int message_fd,
                                        struct err *err)
{
    struct quarantine_entry e = *entry;
    struct arena *arena = arena_new();
    struct quarantine_file file;
    int found = quarantine_file_open(quarantine, e.id, O_RDONLY, arena, &file, err);

    if (found == 1)
        quarantine_file_close(&file);
    arena_free(&arena);
    if (found != 0)
        return found == 1 ? QUARANTINE_STORED : QUARANTINE_FAILED;
    e.state = QUARANTINE_COPY;
    if (measure(&e, message_fd, err) < 0)
        return QUARANTINE_FAILED;
    if (e.holder.len == 0 || !quarantine_id_is_valid(span_of(e.id)) ||
        strcmp(e.sha256, entry->sha256) != 0) {
        err_set(err, "the copy of %s is not the message that its node holds", e.id);
        return QUARANTINE_FAILED;
    }
    return put(quarantine, &e, message_fd, err);
}
