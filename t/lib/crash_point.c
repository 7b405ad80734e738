/* Counts system calls that change files and ends the process before a chosen one. */
#include "t/lib/crash_point.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/sendfile.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#define MAX_CALLS 4096

static int deadly, count;
static char calls[MAX_CALLS];
static int is_counting;

void crash_point_set(int nth)
{
    deadly = nth;
    count = 0;
    is_counting = 1;
}

const char *crash_point_calls(void)
{
    return calls;
}

static void pass(char letter)
{
    if (!is_counting)
        return;
    if (++count == deadly)
        _exit(CRASH_STATUS);
    if (count < MAX_CALLS)
        calls[count - 1] = letter;
}

ssize_t write(int fd, const void *buf, size_t n)
{
    pass('w');
    return syscall(SYS_write, fd, buf, n);
}

ssize_t pwrite(int fd, const void *buf, size_t n, off_t offset)
{
    pass('p');
    return syscall(SYS_pwrite64, fd, buf, n, offset);
}

ssize_t sendfile(int out, int in, off_t *offset, size_t n)
{
    pass('s');
    return syscall(SYS_sendfile, out, in, offset, n);
}

int rename(const char *from, const char *to)
{
    pass('r');
    return (int)syscall(SYS_renameat2, AT_FDCWD, from, AT_FDCWD, to, 0);
}

int renameat(int from_fd, const char *from, int to_fd, const char *to)
{
    pass('r');
    return (int)syscall(SYS_renameat2, from_fd, from, to_fd, to, 0);
}

int renameat2(int from_fd, const char *from, int to_fd, const char *to, unsigned flags)
{
    pass('r');
    return (int)syscall(SYS_renameat2, from_fd, from, to_fd, to, flags);
}

int ftruncate(int fd, off_t length)
{
    pass('t');
    return (int)syscall(SYS_ftruncate, fd, length);
}

int unlink(const char *path)
{
    pass('u');
    return (int)syscall(SYS_unlinkat, AT_FDCWD, path, 0);
}

int unlinkat(int fd, const char *path, int flags)
{
    pass('u');
    return (int)syscall(SYS_unlinkat, fd, path, flags);
}

int link(const char *from, const char *to)
{
    pass('l');
    return (int)syscall(SYS_linkat, AT_FDCWD, from, AT_FDCWD, to, 0);
}

int fsync(int fd)
{
    struct stat st;

    pass(fstat(fd, &st) == 0 && S_ISDIR(st.st_mode) ? 'd' : 'f');
    return (int)syscall(SYS_fsync, fd);
}

int crash_point_run(int nth, int (*scenario)(void *ctx), void *ctx)
{
    int status = 0;
    pid_t pid = fork();

    if (pid == 0) {
        crash_point_set(nth);
        _exit(scenario(ctx));
    }
    if (pid < 0 || waitpid(pid, &status, 0) != pid || !WIFEXITED(status) ||
        (WEXITSTATUS(status) != 0 && WEXITSTATUS(status) != CRASH_STATUS)) {
        fprintf(stderr, "crash point %d: the scenario failed with status %#x\n", nth, status);
        abort();
    }
    return WEXITSTATUS(status) == CRASH_STATUS;
}
