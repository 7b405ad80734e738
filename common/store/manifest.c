/* Publishes: small files, the manifest that names what belongs together, and the removal of what nobody names any more. */
#include "store/manifest.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/file.h"

#define CURRENT  "manifest"
#define PREVIOUS "manifest.previous"

char *manifest_make_dir(const char *state_dir, struct err *err)
{
    char *dir = file_path(state_dir, "snapshot");

    if (file_make_dir(dir, 0750, err) == 0)
        return dir;
    free(dir);
    return NULL;
}

int manifest_put_file(const char *dir, const char *name, struct span bytes,
                      struct manifest_file *file_r, struct err *err)
{
    char *path = file_path(dir, name);
    int result = strlen(name) > MANIFEST_MAX_FILE
                     ? err_set(err, "%s: the name is too long", path)
                     : file_replace(path, bytes, 0640, err);

    free(path);
    if (result < 0)
        return -1;
    *file_r = (struct manifest_file){.bytes = bytes.len};
    memcpy(file_r->name, name, strlen(name));
    return 0;
}

int manifest_get_file(const char *dir, const struct manifest_file *file, size_t limit,
                      struct str *out, struct err *err)
{
    char *path = file_path(dir, file->name);
    size_t before = out->len;
    int result = file_read(path, limit, out, err);

    if (result == 0 && out->len - before != file->bytes)
        result = err_set(err, "%s: has %zu bytes, the manifest says %llu; publish again", path,
                         out->len - before, (unsigned long long)file->bytes);
    free(path);
    return result;
}

/* 1 read, 0 not there, -1. */
static int read_named(const char *dir, const char *name, struct manifest **manifest_r,
                      struct err *err)
{
    char *path = file_path(dir, name);
    struct str text = STR_EMPTY;
    int result;

    *manifest_r = NULL;
    errno = 0;
    result = file_read(path, MANIFEST_MAX_BYTES, &text, err);
    if (result < 0 && errno == ENOENT) {
        err_reset(err);
        result = 1;
    } else if (result == 0 && (result = manifest_parse(str_span(&text), manifest_r, err)) < 0)
        err_prefix(err, "%s", path);
    str_clear(&text);
    free(path);
    return result < 0 ? -1 : 1 - result;
}

int manifest_read(const char *dir, struct manifest **manifest_r, struct err *err)
{
    return read_named(dir, CURRENT, manifest_r, err);
}

/* Calls use for each file that the manifest names. */
static void each_file(const struct manifest *m, void (*use)(void *ctx, const char *name),
                      void *ctx)
{
    use(ctx, m->revision_file.name);
    use(ctx, m->routes.name);
    for (size_t i = 0; i < m->list_count; i++) {
        use(ctx, m->lists[i].image.name);
        use(ctx, m->lists[i].overlay.name);
    }
}

/* The time of a file is when a manifest last stopped naming it; manifest_clean counts from there. */
static void touch(void *ctx, const char *name)
{
    struct timespec now[2] = {{0, UTIME_NOW}, {0, UTIME_NOW}};
    const int *dir = ctx;

    if (name[0] != '\0')
        utimensat(*dir, name, now, 0);
}

static void touch_previous(const char *dir)
{
    struct manifest *previous = NULL;
    int fd = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

    if (fd >= 0 && read_named(dir, PREVIOUS, &previous, NULL) == 1)
        each_file(previous, touch, &fd);
    manifest_free(&previous);
    if (fd >= 0)
        close(fd);
}

static int keep_previous(const char *dir, struct err *err)
{
    char *current = file_path(dir, CURRENT);
    char *previous = file_path(dir, PREVIOUS);
    struct str text = STR_EMPTY;
    int result = 0;

    if (access(current, F_OK) == 0) {
        touch_previous(dir);
        result = file_read(current, MANIFEST_MAX_BYTES, &text, err);
        if (result == 0)
            result = file_replace(previous, str_span(&text), 0640, err);
    }
    str_clear(&text);
    free(current);
    free(previous);
    return result;
}

int manifest_write(const char *dir, const struct manifest *manifest, struct err *err)
{
    char *path = file_path(dir, CURRENT);
    struct str text = STR_EMPTY;
    struct manifest *check = NULL;
    int result;

    manifest_print(&text, manifest);
    /* What could not be read back is not published. */
    result = manifest_parse(str_span(&text), &check, err);
    if (result == 0)
        result = keep_previous(dir, err);
    if (result == 0)
        result = file_replace(path, str_span(&text), 0640, err);
    manifest_free(&check);
    str_clear(&text);
    free(path);
    return result;
}

struct naming {
    const char *name;
    bool is_named;
};

static void compare_name(void *ctx, const char *name)
{
    struct naming *naming = ctx;

    if (strcmp(naming->name, name) == 0)
        naming->is_named = true;
}

static bool is_wanted(const char *name, const struct manifest *current,
                      const struct manifest *previous)
{
    struct naming naming = {name, strcmp(name, CURRENT) == 0 || strcmp(name, PREVIOUS) == 0};

    if (current != NULL)
        each_file(current, compare_name, &naming);
    if (previous != NULL)
        each_file(previous, compare_name, &naming);
    return naming.is_named;
}

static bool is_old(int dir, const char *name)
{
    struct stat st;

    return fstatat(dir, name, &st, AT_SYMLINK_NOFOLLOW) == 0 && S_ISREG(st.st_mode) &&
           (int64_t)st.st_mtim.tv_sec * 1000 < clock_now_ms() - MANIFEST_KEEP_MS;
}

static void remove_unnamed(DIR *dir, const struct manifest *current,
                           const struct manifest *previous)
{
    const struct dirent *entry;

    while ((entry = readdir(dir)) != NULL)
        if (!is_wanted(entry->d_name, current, previous) && is_old(dirfd(dir), entry->d_name))
            unlinkat(dirfd(dir), entry->d_name, 0);
}

int manifest_clean(const char *dir, struct err *err)
{
    struct manifest *current = NULL, *previous = NULL;
    DIR *open_dir = opendir(dir);
    int result = 0;

    if (open_dir == NULL)
        return err_set(err, "%s: cannot be read: %m", dir);
    /* A manifest that cannot be read may name anything: nothing is removed then. */
    if (read_named(dir, CURRENT, &current, err) < 0 ||
        read_named(dir, PREVIOUS, &previous, err) < 0)
        result = -1;
    else
        remove_unnamed(open_dir, current, previous);
    closedir(open_dir);
    manifest_free(&current);
    manifest_free(&previous);
    return result;
}
