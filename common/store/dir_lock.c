/* Lock files of directories that belong to one process. */
#include "store/dir_lock.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/file.h>
#include <time.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/file.h"

#define TRY_EACH_MS 50

/* The end of another process is no event that could be awaited here without waiting for ever. */
static bool wait_for_lock(int fd)
{
    const struct timespec pause = {0, TRY_EACH_MS * 1000000L};
    int64_t deadline = clock_mono_ms() + DIR_LOCK_WAIT_MS;

    while (flock(fd, LOCK_EX | LOCK_NB) < 0) {
        if ((errno != EWOULDBLOCK && errno != EINTR) || clock_mono_ms() >= deadline)
            return false;
        nanosleep(&pause, NULL);
    }
    return true;
}

int dir_lock(const char *dir, struct err *err)
{
    char *path = file_path(dir, "lock");
    int fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);

    if (fd < 0)
        err_set(err, "%s: cannot be opened: %m; its directory must belong to the daemon's user",
                path);
    else if (!wait_for_lock(fd)) {
        err_set(err,
                "%s: another process works in this directory; only one daemon of a kind may "
                "run",
                path);
        close(fd);
        fd = -1;
    }
    free(path);
    return fd;
}
