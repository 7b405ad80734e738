/* listen: the socket files of the control server, opened to the group of their role. */
#include "control/listen.h"
#include <errno.h>
#include <grp.h>
#include <stdio.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>
#include "base/log.h"

#define BACKLOG 16

/* A socket file that nobody answers on is left over and may go. */
static int remove_stale(const char *program, const struct sockaddr_un *address, struct err *err)
{
    struct stat st;
    int fd, answered;

    if (lstat(address->sun_path, &st) == -1)
        return 0;
    if (!S_ISSOCK(st.st_mode))
        return err_set(err, "%s is in the way and is no socket; remove it", address->sun_path);
    fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    answered =
        fd != -1 && (connect(fd, (const struct sockaddr *)address, sizeof(*address)) == 0 ||
                     errno == EAGAIN);
    if (fd != -1)
        close(fd);
    if (answered)
        return err_set(err, "another postgate-%s answers at %s; stop it first", program,
                       address->sun_path);
    if (unlink(address->sun_path) == -1)
        return err_set(err, "removing %s: %s", address->sun_path, strerror(errno));
    return 0;
}

/* The group postgate-ROLE; that of the daemons where there is none, or where this daemon is no member and so may not give it. */
static void give_to_group(const char *path, const char *role)
{
    struct group entry, *found = NULL;
    char name[32], memory[16384];

    snprintf(name, sizeof(name), "postgate-%s", role);
    if (getgrnam_r(name, &entry, memory, sizeof(memory), &found) == 0 && found) {
        if (chown(path, (uid_t)-1, found->gr_gid) == 0)
            return;
        log_warn("control: %s is for this daemon's own group alone: it is no member of %s",
                 path, name);
    }
    if (chown(path, (uid_t)-1, getegid()) == -1)
        log_warn("control: the group of %s: %s", path, strerror(errno));
}

/* Who may connect. */
static int open_to_group(const char *path, const char *role, struct err *err)
{
    give_to_group(path, role);
    if (chmod(path, 0660) == -1)
        return err_set(err, "mode of %s: %s", path, strerror(errno));
    return 0;
}

/* The file is made for its owner alone (bind takes the socket's mode), and opened to the group when it is whole. */
static int bind_listener(struct control_listener *listener, const struct sockaddr_un *address,
                         const char *role, struct err *err)
{
    listener->fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (listener->fd == -1 || fchmod(listener->fd, 0600) == -1)
        return err_set(err, "a control socket: %s", strerror(errno));
    if (bind(listener->fd, (const struct sockaddr *)address, sizeof(*address)) == -1)
        return err_set(err, "%s: %s; control_dir must be a directory this daemon may write",
                       address->sun_path, strerror(errno));
    memcpy(listener->path, address->sun_path, sizeof(listener->path));
    if (open_to_group(listener->path, role, err) == -1)
        return -1;
    if (listen(listener->fd, BACKLOG) == -1)
        return err_set(err, "listening at %s: %s", listener->path, strerror(errno));
    return 0;
}

int control_listen(struct control_listener *listener, const char *dir, const char *program,
                   enum control_role role, struct err *err)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    const char *name = names_name(control_role_names, (int)role);
    int len =
        snprintf(address.sun_path, sizeof(address.sun_path), "%s/%s.%s", dir, program, name);

    if (len < 0 || (size_t)len >= sizeof(address.sun_path))
        return err_set(err, "%s is too long for a socket in it; set a shorter control_dir",
                       dir);
    if (remove_stale(program, &address, err) == -1)
        return -1;
    return bind_listener(listener, &address, name, err);
}

void control_listen_end(struct control_listener *listener)
{
    if (listener->path[0])
        unlink(listener->path);
    if (listener->fd != -1)
        close(listener->fd);
    *listener = (struct control_listener){.fd = -1};
}
