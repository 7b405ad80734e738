/* main.c - postgate-inspect: prepares what needs files, then becomes the zygote. Started by postgate-milter only. */
#include <fcntl.h>
#include <gmime/gmime.h>
#include <seccomp.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>
#include "base/daemon.h"
#include "base/log.h"
#include "milter/inspect/zygote.h"

static const struct worker_kind *const kinds[] = {&worker_content, &worker_sender};

static const struct worker_kind *kind_called(const char *name)
{
    for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++)
        if (strcmp(kinds[i]->name, name) == 0)
            return kinds[i];
    return NULL;
}

static bool has_client(void)
{
    int type = 0;
    socklen_t len = sizeof type;

    return getsockopt(WIRE_CONTROL_FD, SOL_SOCKET, SO_TYPE, &type, &len) == 0 &&
           type == SOCK_SEQPACKET;
}

static int print_version(void)
{
    const struct scmp_version *seccomp = seccomp_version();

    printf("%s, gmime %u.%u.%u, libseccomp %u.%u.%u\n", daemon_version(), gmime_major_version,
           gmime_minor_version, gmime_micro_version, seccomp->major, seccomp->minor,
           seccomp->micro);
    return 0;
}

int main(int argc, char **argv)
{
    const struct worker_kind *kind = argc == 2 ? kind_called(argv[1]) : NULL;
    int null_fd;

    if (argc == 2 && strcmp(argv[1], "-V") == 0)
        return print_version();
    if (kind == NULL || !has_client()) {
        fprintf(stderr,
                "postgate-inspect is started by postgate-milter and takes mail apart in a "
                "sandbox; by hand it only knows -V\n");
        return 2;
    }
    log_open("postgate-inspect", true);
    null_fd = open("/dev/null", O_RDWR | O_CLOEXEC);
    /* A worker's standard error becomes this one: it must not be what the milter has there. */
    if (null_fd < 0 || dup2(null_fd, STDIN_FILENO) < 0 || dup2(null_fd, STDOUT_FILENO) < 0) {
        log_error("/dev/null could not be opened");
        return 1;
    }
    if (null_fd > STDERR_FILENO)
        close(null_fd);
    kind->prepare();
    /* Nothing is left to flush, and what libraries do at exit may need more than the sandbox allows. */
    _exit(zygote_run(kind));
}
