/* Whole files read and replaced, so that a reader never sees half of one. */
#include "base/file.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/xalloc.h"

#define READ_PIECE 65536

static int open_restarting(const char *path, int flags)
{
    int fd;

    do
        fd = open(path, flags | O_CLOEXEC);
    while (fd < 0 && errno == EINTR);
    return fd;
}

int file_read_fd(int fd, const char *name, size_t limit, struct str *out, struct err *err)
{
    char piece[READ_PIECE];
    size_t total = 0;

    for (;;) {
        ssize_t n = read(fd, piece, sizeof(piece));

        if (n == 0)
            return 0;
        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0)
            return err_set(err, "%s: cannot be read: %m", name);
        if ((size_t)n > limit - total)
            return err_set(err, "%s: is larger than the %zu bytes allowed", name, limit);
        str_add(out, span_from(piece, (size_t)n));
        total += (size_t)n;
    }
}

int file_read(const char *path, size_t limit, struct str *out, struct err *err)
{
    int fd = open_restarting(path, O_RDONLY);
    int result;

    if (fd < 0)
        return err_set(err, "%s: cannot be opened: %m", path);
    result = file_read_fd(fd, path, limit, out, err);
    close(fd);
    return result;
}

int file_write_all(int fd, struct span bytes)
{
    while (bytes.len > 0) {
        ssize_t n = write(fd, bytes.ptr, bytes.len);

        if (n < 0 && errno != EINTR)
            return -1;
        if (n > 0)
            bytes = span_from(bytes.ptr + n, bytes.len - (size_t)n);
    }
    return 0;
}

int file_sync_dir(const char *dir, struct err *err)
{
    int fd = open_restarting(dir, O_RDONLY | O_DIRECTORY);
    int result = 0;

    if (fd < 0)
        return err_set(err, "%s: cannot be opened: %m", dir);
    if (fsync(fd) < 0)
        result = err_set(err, "%s: cannot be made durable: %m", dir);
    close(fd);
    return result;
}

static int sync_parent(const char *path, struct err *err)
{
    const char *slash = strrchr(path, '/');
    char *dir = slash == NULL ? xstrdup(".")
                              : xstrndup(path, slash == path ? 1 : (size_t)(slash - path));
    int result = file_sync_dir(dir, err);

    free(dir);
    return result;
}

static int fill(int fd, const char *path, struct span bytes, mode_t mode, struct err *err)
{
    if (fchmod(fd, mode) < 0 || file_write_all(fd, bytes) < 0 || fsync(fd) < 0)
        return err_set(err, "%s: cannot be written: %m", path);
    return 0;
}

/* A durable file with bytes under a temporary name beside path; the caller frees the name. NULL on error. */
static char *write_beside(const char *path, struct span bytes, mode_t mode, struct err *err)
{
    struct str name = STR_EMPTY;
    int fd;
    int result;

    str_printf(&name, "%s.tmp.XXXXXX", path);
    fd = mkostemp(name.ptr, O_CLOEXEC);
    if (fd < 0) {
        err_set(err, "%s: cannot be created: %m", str_cstr(&name));
        str_clear(&name);
        return NULL;
    }
    result = fill(fd, str_cstr(&name), bytes, mode, err);
    if (close(fd) < 0 && result == 0)
        result = err_set(err, "%s: cannot be written: %m", str_cstr(&name));
    if (result == 0)
        return str_take(&name);
    unlink(str_cstr(&name));
    str_clear(&name);
    return NULL;
}

int file_replace(const char *path, struct span bytes, mode_t mode, struct err *err)
{
    char *name = write_beside(path, bytes, mode, err);
    int result = 0;

    if (name == NULL)
        return -1;
    if (rename(name, path) < 0) {
        result = err_set(err, "%s: cannot be replaced: %m", path);
        unlink(name);
    }
    free(name);
    return result < 0 ? -1 : sync_parent(path, err);
}

int file_make_dir(const char *path, mode_t mode, struct err *err)
{
    struct stat st;

    /* The mode is what was asked for, whatever the umask is. */
    if (mkdir(path, mode) == 0 && chmod(path, mode) == 0)
        return 0;
    if (errno != EEXIST)
        return err_set(err, "%s: directory cannot be made: %m", path);
    if (stat(path, &st) < 0)
        return err_set(err, "%s: %m", path);
    if (!S_ISDIR(st.st_mode))
        return err_set(err, "%s: is there but is no directory; move it away", path);
    return 0;
}

int file_remove(const char *path)
{
    return unlink(path) < 0 && errno != ENOENT ? -1 : 0;
}

char *file_path(const char *dir, const char *name)
{
    struct str path = STR_EMPTY;
    size_t len = strlen(dir);

    str_printf(&path, len > 0 && dir[len - 1] == '/' ? "%s%s" : "%s/%s", dir, name);
    return str_take(&path);
}

int file_set_cloexec(int fd)
{
    int flags = fcntl(fd, F_GETFD);

    return flags < 0 ? -1 : fcntl(fd, F_SETFD, flags | FD_CLOEXEC);
}

int file_set_nonblock(int fd)
{
    int flags = fcntl(fd, F_GETFL);

    return flags < 0 ? -1 : fcntl(fd, F_SETFL, flags | O_NONBLOCK);
}

/* link(2) fails when another process was first, and that is as good. */
static int create_once(const char *path, struct span fresh, mode_t mode, struct err *err)
{
    char *name = write_beside(path, fresh, mode, err);
    int result = 0;

    if (name == NULL)
        return -1;
    if (link(name, path) < 0 && errno != EEXIST)
        result = err_set(err, "%s: cannot be created: %m", path);
    unlink(name);
    free(name);
    return result < 0 ? -1 : sync_parent(path, err);
}

int file_make_once(const char *path, struct span fresh, mode_t mode, void *out_r,
                   struct err *err)
{
    struct str found = STR_EMPTY;
    int result = 0;

    if (access(path, F_OK) < 0 && create_once(path, fresh, mode, err) < 0)
        return -1;
    if (file_read(path, fresh.len, &found, err) < 0)
        result = -1;
    else if (found.len != fresh.len)
        result = err_set(
            err, "%s: holds %zu bytes instead of %zu; restore it from a backup or remove it",
            path, found.len, fresh.len);
    else
        memcpy(out_r, found.ptr, found.len);
    str_clear(&found);
    return result;
}
