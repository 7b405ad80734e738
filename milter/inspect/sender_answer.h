/* A sender worker's answer: its result in one packet. */
#ifndef MILTER_INSPECT_SENDER_ANSWER_H
#define MILTER_INSPECT_SENDER_ANSWER_H
#include "inspect/sender_wire.h"
#include "inspect/wire.h"

/* Ends the process when the client is gone. */
void sender_answer_send(int socket_fd, const uint8_t id[WIRE_ID_BYTES],
                        const struct sender_result *result);
#endif
