/* worker.c - receives a message as a sealed memfd, has it taken apart, answers with a block of facts. */
#include <signal.h>
#include <sys/mman.h>
#include <unistd.h>
#include "base/xalloc.h"
#include "milter/inspect/answer.h"
#include "milter/inspect/mime.h"
#include "milter/inspect/passed.h"
#include "milter/inspect/sandbox.h"
#include "milter/inspect/worker.h"

#define SOCKET WIRE_CONTROL_FD /* the control socket's place: that one is not the worker's */

struct packet {
    struct wire_request request;
    char wants[WIRE_WANT_MAX];
};

/* Names ended by NUL. False when they are not. */
static bool read_wants(const struct packet *packet, struct mime_request *to)
{
    struct span rest = span_from(packet->wants, packet->request.want_bytes), name;

    if (rest.len > 0 && rest.ptr[rest.len - 1] != '\0')
        return false;
    while (rest.len > 0 && to->want_count < MIME_WANT_MAX && span_cut(&rest, '\0', &name))
        if (name.len > 0)
            to->wants[to->want_count++] = name;
    return true;
}

static void inspect(const struct packet *packet, struct mime_request *request)
{
    struct facts *facts = facts_new();

    mime_inspect(request, facts);
    answer_send(SOCKET, packet->request.id, facts);
    facts_free(&facts);
}

/* The descriptor is closed as soon as the message is mapped: nothing but memory to read is left of it. */
static bool serve(struct packet *packet)
{
    struct mime_request *request = xcalloc(1, sizeof *request);
    const size_t head = sizeof packet->request;
    int fd = -1;
    ssize_t len = passed_receive(SOCKET, packet, sizeof *packet, &fd);
    size_t size = (size_t)packet->request.size;
    void *map = NULL;
    bool is_fine = len >= (ssize_t)head && fd >= 0 &&
                   (size_t)len - head == packet->request.want_bytes &&
                   read_wants(packet, request);

    if (is_fine && size > 0)
        map = mmap(NULL, size, PROT_READ, MAP_PRIVATE, fd, 0);
    if (fd >= 0)
        close(fd);
    is_fine = is_fine && map != MAP_FAILED;
    if (is_fine) {
        request->message = span_from(map != NULL ? map : "", size);
        request->limits = packet->request.limits;
        inspect(packet, request);
    }
    if (map != NULL && map != MAP_FAILED)
        munmap(map, size);
    xfree(&request);
    return is_fine;
}

_Noreturn void worker_run(int socket_fd, uint64_t memory, pid_t zygote)
{
    struct packet *packet = xcalloc(1, sizeof *packet);
    struct err err;

    dup2(socket_fd, SOCKET);
    for (int i = SOCKET + 1; i < 16; i++)
        close(i);
    if (sandbox_tighten(memory, zygote, &err) < 0)
        _exit(1);
    while (serve(packet))
        ;
    _exit(0);
}
