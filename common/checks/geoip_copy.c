/* geoip_copy.c - reads a MaxMind file into a sealed memfd, so that neither a file that is cut short nor one that is written in place can
 * hurt whoever looks something up. */
#include "checks/geoip_copy.h"
#include <errno.h>
#include <fcntl.h>
#include <maxminddb.h>
#include <netinet/in.h>
#include <stdio.h>
#include <sys/mman.h>
#include <unistd.h>
#include "base/file.h"
#include "base/xalloc.h"
#include "checks/geoip.h"

#define PIECE     262144       /* bytes read at once */
#define BUILT_MAX 253402300800 /* the year 10000 */

struct geoip_copy {
    MMDB_s mmdb;
    unsigned references;
};

static bool is_same_moment(const struct stat *a, const struct stat *b)
{
    return a->st_size == b->st_size && a->st_mtim.tv_sec == b->st_mtim.tv_sec &&
           a->st_mtim.tv_nsec == b->st_mtim.tv_nsec;
}

static int copy_bytes(int from, int to, const char *path, struct err *err)
{
    char *piece = xmalloc(PIECE);
    int64_t size = 0;
    bool is_kept;
    ssize_t got;

    do {
        got = read(from, piece, PIECE);
        size += got > 0 ? got : 0;
        is_kept = got <= 0 || file_write_all(to, span_from(piece, (size_t)got)) == 0;
    } while (is_kept && size <= GEOIP_FILE_MAX && (got > 0 || (got < 0 && errno == EINTR)));
    xfree(&piece);
    if (got < 0)
        return err_set(err, "%s cannot be read: %s", path, strerror(errno));
    if (!is_kept)
        return err_set(err, "no memory for %s: %s", path, strerror(errno));
    return 0; /* one that has grown meanwhile is found out */
}

/* As it was at one moment: a file that is still being written is no file yet. */
static int copy_file(int from, int to, const char *path, struct stat *before, struct err *err)
{
    struct stat after;

    if (fstat(from, before) != 0 || !S_ISREG(before->st_mode))
        return err_set(err, "%s is no regular file", path);
    if (before->st_size > GEOIP_FILE_MAX)
        return err_set(err, "%s has more than %d MB", path, (int)(GEOIP_FILE_MAX >> 20));
    if (copy_bytes(from, to, path, err) != 0)
        return -1;
    if (fstat(from, &after) != 0 || !is_same_moment(before, &after))
        return err_set(err, "%s is being written", path);
    return 0;
}

static int open_copy(int fd, const char *path, struct geoip_copy *copy, struct err *err)
{
    char name[40];
    int status;

    if (fcntl(fd, F_ADD_SEALS, F_SEAL_WRITE | F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_SEAL) != 0)
        return err_set(err, "the copy of %s cannot be sealed: %s", path, strerror(errno));
    snprintf(name, sizeof name, "/proc/self/fd/%d", fd);
    status = MMDB_open(name, MMDB_MODE_MMAP, &copy->mmdb);
    if (status == MMDB_FILE_OPEN_ERROR)
        return err_set(err, "the copy of %s cannot be opened: is /proc mounted?", path);
    if (status != MMDB_SUCCESS)
        return err_set(err, "%s is no MaxMind file that can be used: %s", path,
                       MMDB_strerror(status));
    return 0;
}

static int read_fd(int from, const char *path, struct geoip_copy *copy, struct stat *stat_r,
                   struct err *err)
{
    int to = memfd_create("geoip", MFD_CLOEXEC | MFD_ALLOW_SEALING), state;

    if (to < 0)
        return err_set(err, "no memory for %s: %s", path, strerror(errno));
    state = copy_file(from, to, path, stat_r, err);
    if (state == 0)
        state = open_copy(to, path, copy, err);
    close(to);
    return state;
}

int geoip_copy_read(struct geoip_copy **copy_r, const char *path, struct stat *stat_r,
                    struct err *err)
{
    struct geoip_copy *copy;
    int state, from = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK); /* no waiting for a FIFO */

    *stat_r = (struct stat){.st_size = 0};
    if (from < 0)
        return err_set(err, "%s cannot be read: %s", path, strerror(errno));
    copy = xcalloc(1, sizeof *copy);
    copy->references = 1;
    state = read_fd(from, path, copy, stat_r, err);
    close(from);
    if (state == 0)
        *copy_r = copy;
    else
        xfree(&copy);
    return state;
}

struct geoip_copy *geoip_copy_pin(struct geoip_copy *copy)
{
    if (copy != NULL)
        __atomic_add_fetch(&copy->references, 1, __ATOMIC_RELAXED);
    return copy;
}

void geoip_copy_unpin(struct geoip_copy **copy)
{
    struct geoip_copy *gone = *copy;

    *copy = NULL;
    if (gone == NULL || __atomic_sub_fetch(&gone->references, 1, __ATOMIC_ACQ_REL) > 0)
        return;
    MMDB_close(&gone->mmdb);
    xfree(&gone);
}

int64_t geoip_copy_built(const struct geoip_copy *copy)
{
    uint64_t built = copy->mmdb.metadata.build_epoch;

    return built < BUILT_MAX ? (int64_t)built : 0;
}

/* A file of IPv4 addresses knows no others. */
int geoip_copy_find(const struct geoip_copy *copy, const struct ip *ip,
                    struct geoip_entry *entry_r)
{
    struct sockaddr_in6 v6 = {.sin6_family = AF_INET6};
    struct sockaddr_in v4 = {.sin_family = AF_INET};
    bool is_v4 = ip_is_v4(ip);
    MMDB_lookup_result_s found;
    int error = MMDB_SUCCESS;

    memcpy(&v6.sin6_addr, ip->byte, sizeof v6.sin6_addr);
    memcpy(&v4.sin_addr, ip->byte + 12, sizeof v4.sin_addr);
    found = MMDB_lookup_sockaddr(
        &copy->mmdb, is_v4 ? (const struct sockaddr *)&v4 : (const struct sockaddr *)&v6,
        &error);
    if (error == MMDB_IPV6_LOOKUP_IN_IPV4_DATABASE_ERROR)
        return 0;
    if (error != MMDB_SUCCESS)
        return -1;
    *entry_r = (struct geoip_entry){&copy->mmdb, found.entry.offset};
    return found.found_entry;
}
