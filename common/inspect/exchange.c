/* exchange.c - sends a request to a worker and takes its answer as if an enemy had sent it. */
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include "base/hash.h"
#include "inspect/exchange.h"

#define ALL_SEALS       (F_SEAL_WRITE | F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_SEAL)
#define PACKETS_AT_ONCE 128 /* more than a whole block; then others are served */

bool exchange_is_sealed(int message_fd, uint64_t *size_r)
{
    int seals = fcntl(message_fd, F_GET_SEALS);
    struct stat st;

    if (seals < 0 || (seals & ALL_SEALS) != ALL_SEALS || fstat(message_fd, &st) != 0)
        return false;
    *size_r = (uint64_t)st.st_size;
    return true;
}

/* Room for the one descriptor. */
union passing {
    struct cmsghdr header;
    char room[CMSG_SPACE(sizeof(int))];
};

static void pass(struct msghdr *message, union passing *control, int fd)
{
    *control = (union passing){.room = {0}};
    control->header.cmsg_level = SOL_SOCKET;
    control->header.cmsg_type = SCM_RIGHTS;
    control->header.cmsg_len = CMSG_LEN(sizeof(int));
    memcpy(CMSG_DATA(&control->header), &fd, sizeof fd);
    message->msg_control = control;
    message->msg_controllen = sizeof *control;
}

int exchange_send(struct exchange *x, int socket_fd, const struct exchange_request *request,
                  struct err *err)
{
    struct wire_request head = {.size = request->size,
                                .limits = request->limits,
                                .wants = request->wants,
                                .body_bytes = (uint32_t)request->body.len};
    struct iovec pieces[2] = {{&head, sizeof head},
                              {(void *)(uintptr_t)request->body.ptr, request->body.len}};
    struct msghdr message = {.msg_iov = pieces, .msg_iovlen = 2};
    union passing control;

    exchange_clear(x);
    hash_random(x->id, sizeof x->id);
    memcpy(head.id, x->id, sizeof head.id);
    if (request->message_fd >= 0)
        pass(&message, &control, request->message_fd);
    if (sendmsg(socket_fd, &message, MSG_NOSIGNAL | MSG_DONTWAIT) < 0)
        return err_set(err, "the worker cannot be reached: %s", strerror(errno));
    x->is_open = true;
    x->max = request->answer_max;
    return 0;
}

void exchange_clear(struct exchange *x)
{
    str_clear(&x->block);
    *x = (struct exchange){.is_open = false};
}

/* BEGIN, END or WHOLE: of this request, of a size that may be. */
static int read_edge(const struct exchange *x, struct span packet, struct wire_answer *edge_r,
                     struct err *err)
{
    if (packet.len < sizeof *edge_r)
        return err_set(err, "a packet of another size");
    memcpy(edge_r, packet.ptr, sizeof *edge_r);
    if (!hash_equal(edge_r->id, x->id, sizeof edge_r->id))
        return err_set(err, "the answer to another request");
    if (packet.len > sizeof *edge_r && edge_r->kind != WIRE_WHOLE)
        return err_set(err, "a packet of another size");
    if (edge_r->total == 0 || edge_r->total > x->max)
        return err_set(err, "a block of a wrong size");
    return 0;
}

static int take_first(struct exchange *x, struct span packet, struct err *err)
{
    struct wire_answer edge;

    if (read_edge(x, packet, &edge, err) < 0)
        return -1;
    if (edge.kind != WIRE_BEGIN && edge.kind != WIRE_WHOLE)
        return err_set(err, "an end without a beginning");
    x->has_begun = true;
    x->total = edge.total;
    if (edge.kind == WIRE_BEGIN)
        return 0;
    if (packet.len - sizeof edge != edge.total)
        return err_set(err, "a block of a wrong size");
    str_add(&x->block, span_from(packet.ptr + sizeof edge, edge.total));
    return 1;
}

static int take_last(struct exchange *x, struct span packet, struct err *err)
{
    struct wire_answer edge;

    if (read_edge(x, packet, &edge, err) < 0)
        return -1;
    if (edge.kind != WIRE_END || edge.total != x->total)
        return err_set(err, "no end, or a second beginning");
    return 1;
}

static int take_packet(struct exchange *x, struct span packet, struct err *err)
{
    if (!x->is_open)
        return err_set(err, "it speaks without being asked");
    if (!x->has_begun)
        return take_first(x, packet, err);
    if (x->block.len == x->total)
        return take_last(x, packet, err);
    if (packet.len > x->total - x->block.len)
        return err_set(err, "more than it announced");
    str_add(&x->block, packet);
    return 0;
}

/* No room for descriptors: one that is passed never becomes ours, the kernel drops it and says so. */
static ssize_t receive(int socket_fd, char *buf, size_t size, struct err *err)
{
    struct iovec piece = {buf, size};
    struct msghdr message = {.msg_iov = &piece, .msg_iovlen = 1};
    ssize_t len = recvmsg(socket_fd, &message, MSG_DONTWAIT);

    if (len < 0)
        return errno == EAGAIN || errno == EINTR ? -2 : err_set(err, "%s", strerror(errno));
    if ((message.msg_flags & (MSG_CTRUNC | MSG_TRUNC)) != 0)
        return err_set(err, "it passes a descriptor, or too much at once");
    return len > 0 ? len : err_set(err, "it ended");
}

int exchange_receive(struct exchange *x, int socket_fd, struct err *err)
{
    char buf[sizeof(struct wire_answer) + WIRE_PIECE];
    int result = 0;

    for (int i = 0; i < PACKETS_AT_ONCE && result == 0; i++) {
        ssize_t len = receive(socket_fd, buf, sizeof buf, err);
        if (len == -2)
            return 0;
        if (len < 0)
            return -1;
        result = take_packet(x, span_from(buf, (size_t)len), err);
    }
    return result;
}
