/* The states of quarantined messages: each change one rename, with a durable note before it. */
#include "store/quarantine_inside.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/file.h"
#include "base/log.h"

const struct name_value quarantine_state_names[] = {
    {"held", QUARANTINE_HELD},
    {"releasing", QUARANTINE_RELEASING},
    {"released", QUARANTINE_RELEASED},
    {"unknown", QUARANTINE_UNKNOWN},
    {"deleted", QUARANTINE_DELETED},
    {"copy", QUARANTINE_COPY},
    {NULL, 0},
};

/* Where to and, for a release that a crash cut off, where it stands. */
const struct name_value quarantine_note_words[] = {
    {"held", QUARANTINE_HELD},
    {"released", QUARANTINE_RELEASED},
    {"unknown", QUARANTINE_UNKNOWN},
    {"deleted", QUARANTINE_DELETED},
    {"copy", QUARANTINE_COPY},
    {"sending", QUARANTINE_NOTE_SENDING},
    {NULL, 0},
};

static const struct transition {
    enum quarantine_state from, to;
} settlements[] = {
    {QUARANTINE_RELEASING, QUARANTINE_RELEASED}, {QUARANTINE_RELEASING, QUARANTINE_UNKNOWN},
    {QUARANTINE_RELEASING, QUARANTINE_HELD},     {QUARANTINE_UNKNOWN, QUARANTINE_RELEASED},
    {QUARANTINE_UNKNOWN, QUARANTINE_HELD},       {QUARANTINE_HELD, QUARANTINE_DELETED},
    {QUARANTINE_UNKNOWN, QUARANTINE_DELETED},    {QUARANTINE_RELEASING, QUARANTINE_COPY},
    {QUARANTINE_UNKNOWN, QUARANTINE_COPY},       {QUARANTINE_COPY, QUARANTINE_DELETED},
};

static bool is_possible(enum quarantine_state from, enum quarantine_state to)
{
    for (size_t i = 0; i < sizeof(settlements) / sizeof(*settlements); i++)
        if (settlements[i].from == from && settlements[i].to == to)
            return true;
    return false;
}

/* Never over a file that is there: then two would become one. */
static int rename_new(int from_fd, int to_fd, const char *id)
{
    if (renameat2(from_fd, id, to_fd, id, RENAME_NOREPLACE) == 0)
        return 0;
    if (errno != EINVAL && errno != ENOSYS)
        return -1;
    /* A file system without that flag; ids are not given twice, so look first and rename. */
    if (faccessat(to_fd, id, F_OK, 0) == 0) {
        errno = EEXIST;
        return -1;
    }
    return renameat(from_fd, id, to_fd, id);
}

/* 1 moved, durably; 0 it is not in `from`; -1. */
static int move(struct quarantine *q, const char *id, enum quarantine_state from,
                enum quarantine_state to, struct err *err)
{
    if (rename_new(q->state_fds[from], q->state_fds[to], id) < 0)
        return errno == ENOENT ? 0
                               : err_set(err, "%s: %s cannot become %s: %m", q->dir, id,
                                         names_name(quarantine_state_names, (int)to));
    if (q->index != NULL)
        quarantine_index_move(q->index, id, to);
    if (fsync(q->state_fds[to]) < 0 || fsync(q->state_fds[from]) < 0)
        return err_set(err, "%s: %s is %s, but the directory cannot be made durable: %m",
                       q->dir, id, names_name(quarantine_state_names, (int)to));
    return 1;
}

static int append_note(const struct quarantine_file *file, const char *word, const char *text,
                       struct err *err)
{
    struct str note = STR_EMPTY;
    int result;

    quarantine_note_print(&note, clock_now_ms(), word, text);
    result = lseek(file->fd, 0, SEEK_END) < 0 ||
                     file_write_all(file->fd, str_span(&note)) < 0 || fsync(file->fd) < 0
                 ? err_set(err, "quarantine: %s: the note \"%s\" cannot be written: %m",
                           file->entry.id, word)
                 : 0;
    str_clear(&note);
    return result;
}

static int not_possible(const struct quarantine_file *file, enum quarantine_state to,
                        struct err *err)
{
    err_set(err, "%s cannot be %s: its state is %s", file->entry.id,
            to == QUARANTINE_RELEASING ? "released"
                                       : names_name(quarantine_state_names, (int)to),
            names_name(quarantine_state_names, (int)file->state));
    return 0;
}

static int not_found(const char *id, struct err *err)
{
    err_set(err, "there is no message %s in quarantine", id);
    return 0;
}

static int claim(struct quarantine *quarantine, const char *id, enum quarantine_state from,
                 struct err *err)
{
    struct arena *arena = arena_new();
    struct quarantine_file file;
    int result;

    pthread_mutex_lock(&quarantine->states);
    result = quarantine_file_open(quarantine, id, O_RDONLY, arena, &file, err);
    if (result == 1) {
        result = file.state != from ? not_possible(&file, QUARANTINE_RELEASING, err)
                                    : move(quarantine, id, from, QUARANTINE_RELEASING, err);
        quarantine_file_close(&file);
    } else if (result == 0)
        not_found(id, err);
    pthread_mutex_unlock(&quarantine->states);
    arena_free(&arena);
    return result;
}

int quarantine_claim(struct quarantine *quarantine, const char *id, struct err *err)
{
    return claim(quarantine, id, QUARANTINE_HELD, err);
}

int quarantine_claim_copy(struct quarantine *quarantine, const char *id, struct err *err)
{
    return claim(quarantine, id, QUARANTINE_COPY, err);
}

int quarantine_sending(struct quarantine *quarantine, const char *id, struct err *err)
{
    struct arena *arena = arena_new();
    struct quarantine_file file;
    int result;

    pthread_mutex_lock(&quarantine->states);
    result = quarantine_id_is_valid(span_of(id))
                 ? quarantine_file_open_in(quarantine, QUARANTINE_RELEASING, id, O_RDWR, arena,
                                           &file, err)
                 : 0;
    if (result == 1) {
        result = append_note(&file, "sending", NULL, err);
        quarantine_file_close(&file);
    } else if (result == 0)
        result = err_set(err, "%s is not being released", id);
    pthread_mutex_unlock(&quarantine->states);
    arena_free(&arena);
    return result;
}

/* Cuts the message off. Each step may be the last one before a crash, and can be done again: while the header says that the message is
 * kept, nothing of value stands behind it. Needs no room, so that a full disk can be emptied. */
static int cut(struct quarantine *q, struct quarantine_file *file, struct err *err)
{
    off_t header = (off_t)file->text.header_bytes;

    if (!file->text.is_kept)
        return 0;
    if (ftruncate(file->fd, header) < 0 ||
        pwrite(file->fd, "no ", 3, header - QUARANTINE_KEPT_BEFORE_END) != 3 ||
        fsync(file->fd) < 0)
        return err_set(err, "%s: the message %s cannot be cut off: %m", q->dir, file->entry.id);
    quarantine_account_removed(q->account, file->bytes - file->text.header_bytes, false);
    return 0;
}

static int settle_file(struct quarantine *q, struct quarantine_file *file,
                       enum quarantine_state wanted, const char *note, struct err *err)
{
    /* What another node holds is never held here. */
    enum quarantine_state to =
        wanted == QUARANTINE_HELD && file->entry.holder.len > 0 ? QUARANTINE_COPY : wanted;
    const char *word = names_name(quarantine_state_names, (int)to);
    bool is_deleted = to == QUARANTINE_DELETED;
    struct err detail;
    int result;

    if (!is_possible(file->state, to))
        return not_possible(file, to, err);
    /* Without room for the note the state still has to change. */
    err_reset(&detail);
    if (!is_deleted && append_note(file, word, note, &detail) < 0)
        log_warn("%s", detail.text);
    result = move(q, file->entry.id, file->state, to, err);
    if (result != 1 || !is_deleted)
        return result;
    if (cut(q, file, err) < 0)
        return -1;
    if (append_note(file, word, note, &detail) < 0)
        log_warn("%s", detail.text);
    return 1;
}

int quarantine_settle(struct quarantine *quarantine, const char *id, enum quarantine_state to,
                      const char *note, struct err *err)
{
    struct arena *arena = arena_new();
    struct quarantine_file file;
    int result;

    pthread_mutex_lock(&quarantine->states);
    result = quarantine_file_open(quarantine, id, O_RDWR, arena, &file, err);
    if (result == 1) {
        result = settle_file(quarantine, &file, to, note, err);
        quarantine_file_close(&file);
    } else if (result == 0)
        not_found(id, err);
    pthread_mutex_unlock(&quarantine->states);
    arena_free(&arena);
    return result;
}

int quarantine_delete(struct quarantine *quarantine, const char *id, const char *note,
                      struct err *err)
{
    return quarantine_settle(quarantine, id, QUARANTINE_DELETED, note, err);
}

/* Where a release that nobody is doing any more belongs: by its last note. Before "sending" nothing reached Postfix. */
static enum quarantine_state outcome_of(const struct quarantine_file *file)
{
    switch (file->last_note) {
    case QUARANTINE_NOTE_SENDING:
    case QUARANTINE_UNKNOWN:
        return QUARANTINE_UNKNOWN;
    case QUARANTINE_RELEASED:
        return QUARANTINE_RELEASED;
    default:
        return QUARANTINE_HELD;
    }
}

static int recover_one(struct quarantine *q, enum quarantine_state state, const char *id,
                       struct err *err)
{
    struct arena *arena = arena_new();
    struct quarantine_file file;
    int result = quarantine_file_open_in(q, state, id, O_RDWR, arena, &file, err);

    if (result == 1 && state == QUARANTINE_DELETED)
        result = cut(q, &file, err);
    else if (result == 1) {
        enum quarantine_state to = outcome_of(&file);

        log_warn("quarantine: the release of %s was cut off; it is %s now", id,
                 names_name(quarantine_state_names, (int)to));
        result = settle_file(q, &file, to, "the release was cut off", err);
    }
    quarantine_file_close(&file);
    arena_free(&arena);
    return result < 0 ? -1 : 0;
}

/* A file that cannot be read stays where it is, and is said so; the others go on. */
int quarantine_recover(struct quarantine *q, struct err *err)
{
    static const enum quarantine_state states[] = {QUARANTINE_RELEASING, QUARANTINE_DELETED};

    for (size_t s = 0; s < 2; s++) {
        struct quarantine_name *ids;
        size_t count;

        if (quarantine_ids(q, states[s], &ids, &count, err) < 0)
            return -1;
        for (size_t i = 0; i < count; i++)
            if (recover_one(q, states[s], ids[i].id, err) < 0)
                log_warn("quarantine: %s", err->text);
        free(ids);
    }
    return 0;
}
