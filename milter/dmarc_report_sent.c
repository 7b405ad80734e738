/* dmarc_report_sent.c - a file a day; the last line about a domain counts. */
#include "milter/dmarc_report_sent.h"
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>
#include "base/arena.h"
#include "base/clock.h"
#include "base/file.h"
#include "base/names.h"
#include "base/xalloc.h"
#include "milter/dmarc_report_index.h"

#define FILE_MAX (8 * 1024 * 1024) /* some lines for each of TALLY_DOMAINS domains */
#define DAY_MS   INT64_C(86400000)
#define NAME     9 /* YYYYMMDD */

static const struct name_value words[] = {
    {"sending", REPORT_SENDING}, {"sent", REPORT_SENT}, {"failed", REPORT_NOT_SENT}, {NULL, 0}};

struct sent {
    int fd; /* -1: only read */
    struct arena *arena;
    struct index *domains; /* to an enum report_sent */
};

static char *sent_dir(const char *state_dir)
{
    return file_path(state_dir, "milter/dmarc-reports");
}

static void name_of(int64_t day, char name_r[NAME])
{
    char iso[24];

    clock_iso(day * DAY_MS, iso);
    snprintf(name_r, NAME, "%.4s%.2s%.2s", iso, iso + 5, iso + 8);
}

static char *sent_path(const char *state_dir, int64_t day)
{
    char *dir = sent_dir(state_dir), name[NAME], *path;

    name_of(day, name);
    path = file_path(dir, name);
    xfree(&dir);
    return path;
}

static void set_state(struct sent *sent, struct span domain, int state)
{
    struct index_slot *slot = index_at(sent->domains, domain);

    if (slot->of == NULL) {
        slot->key = arena_span(sent->arena, domain);
        slot->of = arena_alloc(sent->arena, sizeof(int));
        index_added(sent->domains);
    }
    *(int *)slot->of = state;
}

enum report_sent sent_state(const struct sent *sent, const char *domain)
{
    const struct index_slot *slot;

    if (sent == NULL)
        return REPORT_NOT_SENT;
    slot = index_at(sent->domains, span_of(domain));
    return slot->of != NULL ? (enum report_sent) * (const int *)slot->of : REPORT_NOT_SENT;
}

/* What a crash cut off was never on the disk: nothing was sent on the strength of it. */
static void read_lines(struct sent *sent, struct span text)
{
    struct span line, state, domain;
    int value;

    while (memchr(text.ptr != NULL ? text.ptr : "", '\n', text.len) != NULL &&
           span_cut(&text, '\n', &line))
        if (span_cut(&line, ' ', &state) && names_value(words, state, &value) &&
            span_cut(&line, ' ', &domain))
            set_state(sent, domain, value);
}

static struct sent *sent_new(int fd, struct span text)
{
    struct sent *sent = xcalloc(1, sizeof *sent);

    sent->fd = fd;
    sent->arena = arena_new();
    sent->domains = index_new();
    read_lines(sent, text);
    return sent;
}

void sent_close(struct sent **sent)
{
    if (*sent == NULL)
        return;
    if ((*sent)->fd >= 0)
        close((*sent)->fd);
    index_free(&(*sent)->domains);
    arena_free(&(*sent)->arena);
    xfree(sent);
}

static int open_file(const char *state_dir, const char *path, struct err *err)
{
    char *dir = sent_dir(state_dir);
    int fd = -1;

    if (file_make_dir(dir, 0700, err) == 0) {
        fd = open(path, O_RDWR | O_APPEND | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
        if (fd < 0)
            err_set(err, "%s: %s", path, strerror(errno));
        else if (file_sync_dir(dir, err) != 0) {
            close(fd);
            fd = -1;
        }
    }
    xfree(&dir);
    return fd;
}

/* A line that was cut off is ended, so that the next one is read. */
static int end_line(int fd, struct span text, const char *path, struct err *err)
{
    if (text.len == 0 || text.ptr[text.len - 1] == '\n' || file_write_all(fd, SPAN("\n")) == 0)
        return 0;
    return err_set(err, "%s: %s", path, strerror(errno));
}

struct sent *sent_open(const char *state_dir, int64_t day, struct err *err)
{
    char *path = sent_path(state_dir, day);
    struct str text = STR_EMPTY;
    struct sent *sent = NULL;
    int fd = open_file(state_dir, path, err);

    if (fd >= 0 && file_read_fd(fd, path, FILE_MAX, &text, err) == 0 &&
        end_line(fd, str_span(&text), path, err) == 0)
        sent = sent_new(fd, str_span(&text));
    else if (fd >= 0)
        close(fd);
    str_clear(&text);
    xfree(&path);
    return sent;
}

struct sent *sent_read(const char *state_dir, int64_t day, struct err *err)
{
    char *path = sent_path(state_dir, day);
    struct str text = STR_EMPTY;
    struct sent *sent = NULL;

    if (access(path, F_OK) == 0 && file_read(path, FILE_MAX, &text, err) == 0)
        sent = sent_new(-1, str_span(&text));
    str_clear(&text);
    xfree(&path);
    return sent;
}

int sent_note(struct sent *sent, enum report_sent state, const char *domain, const char *queue,
              struct err *err)
{
    struct str line = STR_EMPTY;
    int rc = 0;

    str_printf(&line, "%s %s %s\n", names_name(words, (int)state), domain, queue);
    if (file_write_all(sent->fd, str_span(&line)) != 0 || fdatasync(sent->fd) != 0)
        rc = err_set(err, "what was sent cannot be noted: %s", strerror(errno));
    else
        set_state(sent, span_of(domain), (int)state);
    str_clear(&line);
    return rc;
}

void sent_forget(const char *state_dir, int64_t before_day)
{
    char *dir = sent_dir(state_dir), limit[NAME];
    DIR *list = opendir(dir);
    const struct dirent *entry;

    name_of(before_day > 0 ? before_day : 0, limit);
    while (list != NULL && (entry = readdir(list)) != NULL)
        if (strlen(entry->d_name) == NAME - 1 && entry->d_name[0] != '.' &&
            strcmp(entry->d_name, limit) < 0)
            unlinkat(dirfd(list), entry->d_name, 0);
    if (list != NULL)
        closedir(list);
    xfree(&dir);
}
