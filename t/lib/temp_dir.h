/* A directory of the test's own below $TMPDIR or /tmp, and its removal with all that is in it. */
#ifndef T_LIB_TEMP_DIR_H
#define T_LIB_TEMP_DIR_H
#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

static inline int temp_dir_remove_one(const char *path, const struct stat *st, int type,
                                      struct FTW *ftw)
{
    (void)st;
    (void)type;
    (void)ftw;
    return remove(path);
}

static inline void temp_dir_remove(const char *dir)
{
    nftw(dir, temp_dir_remove_one, 16, FTW_DEPTH | FTW_PHYS);
}

/* buf: at least 200 bytes. Returns buf. */
static inline char *temp_dir_make(char *buf)
{
    const char *base = getenv("TMPDIR");

    snprintf(buf, 200, "%.150s/postgate-test.XXXXXX", base != NULL ? base : "/tmp");
    return mkdtemp(buf);
}
#endif
