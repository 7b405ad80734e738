/* A worker's answer: the block of facts, in pieces. */
#ifndef MILTER_INSPECT_ANSWER_H
#define MILTER_INSPECT_ANSWER_H
#include "facts/facts.h"
#include "inspect/wire.h"

/* Sends all of it; ends the process when the client is gone. When the facts do not fit into a block the list of links, and
 * if need be that of attachments, is sent empty and incomplete. */
void answer_send(int socket_fd, const uint8_t id[WIRE_ID_BYTES], struct facts *facts);
#endif
