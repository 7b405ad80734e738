/* worker.c - receives requests, each with a sealed memfd or without, and hands them to the worker's kind. */
#include "milter/inspect/worker.h"
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>
#include "base/err.h"
#include "base/xalloc.h"
#include "milter/inspect/passed.h"
#include "milter/inspect/sandbox.h"

#define SOCKET WIRE_CONTROL_FD /* the control socket's place: that one is not the worker's */
#define HEAD   sizeof(struct wire_request)

/* A packet into `bytes`, which has room for the longest; false when it is none. */
static bool receive(const struct worker_kind *kind, char *bytes, struct wire_request *head_r,
                    int *fd_r)
{
    ssize_t len = passed_receive(SOCKET, bytes, HEAD + kind->body_max, fd_r);

    if (len < (ssize_t)HEAD)
        return false;
    memcpy(head_r, bytes, HEAD);
    return (size_t)len - HEAD == head_r->body_bytes;
}

/* The descriptor is closed as soon as the message is mapped: nothing but memory to read is left of it. */
static bool serve(const struct worker_kind *kind, char *bytes)
{
    struct wire_request head;
    int fd = -1;
    bool is_fine = receive(kind, bytes, &head, &fd);
    void *map = NULL;
    struct worker_request request = {.socket_fd = SOCKET, .head = &head};

    if (is_fine && fd >= 0 && head.size > 0)
        map = mmap(NULL, (size_t)head.size, PROT_READ, MAP_PRIVATE, fd, 0);
    if (fd >= 0)
        close(fd);
    if (!is_fine || map == MAP_FAILED)
        return false;
    request.body = span_from(bytes + HEAD, head.body_bytes);
    request.has_message = fd >= 0;
    request.message = span_from(map != NULL ? map : "", map != NULL ? (size_t)head.size : 0);
    is_fine = kind->serve(&request);
    if (map != NULL)
        munmap(map, (size_t)head.size);
    return is_fine;
}

_Noreturn void worker_run(const struct worker_options *options)
{
    char *bytes = xmalloc(HEAD + options->kind->body_max);
    struct err err;

    dup2(options->socket_fd, SOCKET);
    for (int i = SOCKET + 1; i < 16; i++)
        close(i);
    if (sandbox_tighten(options->memory, options->zygote, &err) < 0)
        _exit(1);
    while (serve(options->kind, bytes))
        ;
    _exit(0);
}
