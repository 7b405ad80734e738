/* Opens quarantine files, reads header and notes, walks the directories of states. */
#include "store/quarantine_inside.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/xalloc.h"

#define FIRST_PIECE 16384 /* most headers fit */

static int read_at(int fd, uint64_t offset, size_t want, struct str *out)
{
    char piece[FIRST_PIECE];

    while (want > 0) {
        ssize_t n =
            pread(fd, piece, want < sizeof(piece) ? want : sizeof(piece), (off_t)offset);

        if (n < 0 && errno == EINTR)
            continue;
        if (n <= 0)
            return (int)n;
        str_add(out, span_from(piece, (size_t)n));
        offset += (uint64_t)n;
        want -= (size_t)n;
    }
    return 0;
}

/* A header longer than the first piece is read again, whole. */
static int read_header(struct quarantine_file *file, struct arena *arena, struct err *err)
{
    struct str bytes = STR_EMPTY;
    int result = read_at(file->fd, 0, FIRST_PIECE, &bytes);
    size_t end;

    if (result == 0 && !span_find(str_span(&bytes), SPAN("\n\n"), &end))
        result = read_at(file->fd, bytes.len, QUARANTINE_MAX_HEADER - FIRST_PIECE, &bytes);
    if (result < 0)
        err_set(err, "the quarantine file cannot be read: %m");
    else
        result = quarantine_text_parse(str_span(&bytes), arena, &file->entry, &file->text, err);
    str_clear(&bytes);
    return result;
}

static int read_notes(struct quarantine_file *file, struct arena *arena, struct err *err)
{
    uint64_t from = file->text.header_bytes;
    struct str tail = STR_EMPTY;
    int result;

    /* Being deleted: how much of the message is gone already does not matter, and it has no notes yet. */
    if (file->text.is_kept && file->state == QUARANTINE_DELETED)
        return 0;
    if (file->text.is_kept && file->entry.message_bytes > file->bytes - from)
        return err_set(err, "the quarantine file is cut short");
    if (file->text.is_kept)
        from += file->entry.message_bytes;
    if (file->bytes - from > QUARANTINE_MAX_NOTES)
        from = file->bytes - QUARANTINE_MAX_NOTES;
    result = read_at(file->fd, from, (size_t)(file->bytes - from), &tail);
    if (result < 0)
        err_set(err, "the quarantine file cannot be read: %m");
    else
        file->last_note = quarantine_notes_parse(str_span(&tail), quarantine_note_words, arena,
                                                 &file->entry.notes);
    str_clear(&tail);
    return result;
}

static int read_all(struct quarantine_file *file, const char *id, struct arena *arena,
                    struct err *err)
{
    struct stat st;

    if (fstat(file->fd, &st) < 0 || !S_ISREG(st.st_mode))
        return err_set(err, "the quarantine file cannot be read: %m");
    file->bytes = (uint64_t)st.st_size;
    if (read_header(file, arena, err) < 0 || read_notes(file, arena, err) < 0)
        return -1;
    if (strcmp(file->entry.id, id) != 0)
        return err_set(err, "the quarantine file carries the id %s", file->entry.id);
    return 1;
}

int quarantine_file_open_in(struct quarantine *q, enum quarantine_state state, const char *id,
                            int flags, struct arena *arena, struct quarantine_file *file_r,
                            struct err *err)
{
    int result;

    *file_r = (struct quarantine_file){.state = state};
    file_r->fd = openat(q->state_fds[state], id, flags | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
    if (file_r->fd < 0)
        return errno == ENOENT ? 0 : err_set(err, "%s: %s: %m", q->dir, id);
    result = read_all(file_r, id, arena, err);
    file_r->entry.state = state;
    if (result < 0) {
        err_prefix(err, "%s/%s/%s", q->dir, names_name(quarantine_state_names, (int)state), id);
        quarantine_file_close(file_r);
    }
    return result;
}

/* Looked for twice: between two directories it may just have moved to one already passed. */
int quarantine_file_open(struct quarantine *q, const char *id, int flags, struct arena *arena,
                         struct quarantine_file *file_r, struct err *err)
{
    file_r->fd = -1;
    if (!quarantine_id_is_valid(span_of(id)))
        return 0;
    for (int i = 0; i < 2 * QUARANTINE_STATES; i++) {
        int result =
            quarantine_file_open_in(q, (enum quarantine_state)(i % QUARANTINE_STATES + 1), id,
                                    flags, arena, file_r, err);

        if (result != 0)
            return result;
    }
    return 0;
}

void quarantine_file_close(struct quarantine_file *file)
{
    if (file->fd >= 0)
        close(file->fd);
    file->fd = -1;
}

int quarantine_ids(struct quarantine *q, enum quarantine_state state,
                   struct quarantine_name **ids_r, size_t *count_r, struct err *err)
{
    const char *name = names_name(quarantine_state_names, (int)state);
    int fd = openat(q->state_fds[state], ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    DIR *dir = fd < 0 ? NULL : fdopendir(fd);
    const struct dirent *entry;
    size_t room = 0;

    *ids_r = NULL;
    *count_r = 0;
    if (dir == NULL) {
        if (fd >= 0)
            close(fd);
        return err_set(err, "%s/%s: cannot be read: %m", q->dir, name);
    }
    while ((entry = readdir(dir)) != NULL) {
        if (!quarantine_id_is_valid(span_of(entry->d_name)))
            continue;
        if (*count_r == room) {
            room = room == 0 ? 64 : 2 * room;
            *ids_r = xreallocarray(*ids_r, room, sizeof(**ids_r));
        }
        memcpy((*ids_r)[(*count_r)++].id, entry->d_name, QUARANTINE_ID_SIZE);
    }
    closedir(dir);
    return 0;
}
