/* notice: the receiver's side: a socket file for the daemons' group, and the check of what comes. */
#include <errno.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>
#include "base/log.h"
#include "control/notice.h"
#include "control/notice_path.h"

#define MALFORMED_AT_ONCE 1000 /* looked at in one call */

/* Made for its owner alone, then opened: who may connect may send. */
static int open_at(int fd, const struct sockaddr_un *address, struct err *err)
{
    struct stat st;

    if (lstat(address->sun_path, &st) == 0 && !S_ISSOCK(st.st_mode))
        return err_set(err, "%s is in the way and is no socket; remove it", address->sun_path);
    unlink(
        address->sun_path); /* left over: a second policyd was refused at its other sockets */
    if (fchmod(fd, 0600) != 0 ||
        bind(fd, (const struct sockaddr *)address, sizeof(*address)) != 0)
        return err_set(err, "%s: %s; control_dir must be a directory this daemon may write",
                       address->sun_path, strerror(errno));
    if (chown(address->sun_path, (uid_t)-1, getegid()) != 0 ||
        chmod(address->sun_path, 0660) != 0)
        return err_set(err, "mode of %s: %s", address->sun_path, strerror(errno));
    return 0;
}

int notice_listen(const char *control_dir, struct err *err)
{
    struct sockaddr_un address;
    int fd;

    if (notice_path(control_dir, &address, err) != 0)
        return -1;
    fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (fd < 0)
        return err_set(err, "a socket for notices: %s", strerror(errno));
    if (open_at(fd, &address, err) == 0)
        return fd;
    close(fd);
    return -1;
}

static json_t *parse(const char *bytes, size_t length)
{
    json_t *notice = json_loadb(bytes, length, JSON_REJECT_DUPLICATES, NULL);

    if (json_is_object(notice) && json_is_string(json_object_get(notice, "what")))
        return notice;
    json_decref(notice);
    return NULL;
}

json_t *notice_receive(int fd)
{
    static _Thread_local char bytes[NOTICE_MAX + 1];
    json_t *notice = NULL;

    for (size_t i = 0; i < MALFORMED_AT_ONCE && notice == NULL; i++) {
        ssize_t length = recv(fd, bytes, sizeof(bytes), MSG_DONTWAIT);
        if (length < 0 && errno == EINTR)
            continue;
        if (length < 0)
            return NULL;
        if ((size_t)length <= NOTICE_MAX)
            notice = parse(bytes, (size_t)length);
        if (notice == NULL)
            log_debug("a notice of %zd bytes is no notice", length);
    }
    return notice;
}

void notice_leave(const char *control_dir)
{
    struct sockaddr_un address;

    if (notice_path(control_dir, &address, NULL) == 0)
        unlink(address.sun_path);
}

void notice_close(const char *control_dir, int *fd)
{
    if (*fd < 0)
        return;
    notice_leave(control_dir);
    close(*fd);
    *fd = -1;
}
