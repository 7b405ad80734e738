/* answer.c - sends a block of facts to the client: BEGIN, pieces, END. */
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>
#include "facts/block.h"
#include "milter/inspect/answer.h"

static void send_packet(int socket_fd, const void *bytes, size_t len)
{
    struct iovec piece = {(void *)(uintptr_t)bytes, len};
    struct msghdr message = {.msg_iov = &piece, .msg_iovlen = 1};

    if (sendmsg(socket_fd, &message, MSG_NOSIGNAL) != (ssize_t)len)
        _exit(0);
}

static void send_edge(int socket_fd, enum wire_answer_kind kind, const uint8_t *id,
                      size_t total)
{
    struct wire_answer edge = {.kind = kind, .total = (uint32_t)total};

    memcpy(edge.id, id, WIRE_ID_BYTES);
    send_packet(socket_fd, &edge, sizeof edge);
}

/* An empty list, and why. */
static void drop(struct facts *facts, enum record record, struct span why)
{
    facts_records_unknown(facts, record, SPAN(""));
    facts_records_learnt(facts, record, true, why);
}

static void write_block(struct str *block, struct facts *facts)
{
    if (block_write(block, facts, NULL) == 0)
        return;
    if (facts_records(facts, RECORD_URL)->state != FACT_PENDING) {
        drop(facts, RECORD_URL, SPAN("too many names, headers and links"));
        if (block_write(block, facts, NULL) == 0)
            return;
    }
    drop(facts, RECORD_ATTACHMENT, SPAN("too many names and headers"));
    if (block_write(block, facts, NULL) != 0)
        _exit(1);
}

void answer_send(int socket_fd, const uint8_t id[WIRE_ID_BYTES], struct facts *facts)
{
    struct str block = STR_EMPTY;

    write_block(&block, facts);
    send_edge(socket_fd, WIRE_BEGIN, id, block.len);
    for (size_t at = 0; at < block.len; at += WIRE_PIECE)
        send_packet(socket_fd, block.ptr + at,
                    block.len - at < WIRE_PIECE ? block.len - at : WIRE_PIECE);
    send_edge(socket_fd, WIRE_END, id, block.len);
    str_clear(&block);
}
