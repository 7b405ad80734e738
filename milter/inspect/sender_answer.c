/* sender_answer.c - sends a result to the client, whole: results are small, and each packet would wake it. */
#include "milter/inspect/sender_answer.h"
#include <sys/socket.h>
#include <unistd.h>

void sender_answer_send(int socket_fd, const uint8_t id[WIRE_ID_BYTES],
                        const struct sender_result *result)
{
    struct wire_answer head = {.kind = WIRE_WHOLE};
    struct str bytes = STR_EMPTY;
    struct iovec pieces[2] = {{&head, sizeof head}};
    struct msghdr message = {.msg_iov = pieces, .msg_iovlen = 2};

    sender_result_write(&bytes, result);
    head.total = (uint32_t)bytes.len;
    memcpy(head.id, id, sizeof head.id);
    pieces[1] = (struct iovec){bytes.ptr, bytes.len};
    if (sendmsg(socket_fd, &message, MSG_NOSIGNAL) < 0)
        _exit(0);
    str_clear(&bytes);
}
