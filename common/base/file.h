/* Whole files, and changes to them that are either there or not. */
#ifndef BASE_FILE_H
#define BASE_FILE_H
#include <sys/types.h>
#include "base/err.h"
#include "base/str.h"

int file_read(const char *path, size_t limit, struct str *out,
              struct err *err); /* larger than limit: error that says so */
int file_read_fd(int fd, const char *name, size_t limit, struct str *out, struct err *err);
/* Writes to a temporary name beside it, fsync, rename, fsync of the directory. */
int file_replace(const char *path, struct span bytes, mode_t mode, struct err *err);
int file_write_all(
    int fd, struct span bytes); /* restarts after EINTR and short writes; -1 with errno */
int file_sync_dir(const char *dir, struct err *err);
int file_make_dir(const char *path, mode_t mode,
                  struct err *err); /* one level; an existing directory is fine */
int file_remove(const char *path);  /* 0 also when it was not there */
/* "dir/name" into a new string. */
char *file_path(const char *dir, const char *name);
int file_set_cloexec(int fd);
int file_set_nonblock(int fd);
/* Creates the file with bytes if it is not there (O_EXCL through a temporary name and link), then reads it: whoever starts
 * first makes it, all read the same. Exactly size bytes or an error. */
int file_make_once(const char *path, struct span fresh, mode_t mode, void *out_r,
                   struct err *err);
#endif
