/* One request to one worker and its answer, over its socket. Nothing the worker sends is believed: not how much, not to which request;
 * what the answer says is for others to read. */
#ifndef INSPECT_EXCHANGE_H
#define INSPECT_EXCHANGE_H
#include "base/err.h"
#include "base/str.h"
#include "inspect/wire.h"

struct exchange {
    uint8_t id[WIRE_ID_BYTES]; /* random, of this request */
    bool is_open;              /* sent, the answer not yet whole */
    bool has_begun;
    uint32_t total, max;
    struct str block;
};

/* What the worker is given. message_fd is sealed, or -1. */
struct exchange_request {
    int message_fd;
    uint64_t size;
    struct wire_limits limits;
    uint32_t wants; /* WIRE_LINKS */
    struct span body;
    uint32_t answer_max; /* bytes */
};

/* True when nobody can change the memfd any more: F_SEAL_WRITE, SHRINK, GROW and SEAL are on it. Its size into *size_r. */
bool exchange_is_sealed(int message_fd, uint64_t *size_r);
/* Never blocks. -1: the worker is gone. */
int exchange_send(struct exchange *x, int socket_fd, const struct exchange_request *request,
                  struct err *err);
/* Takes what has come. 1: the answer is whole (x->block, until exchange_clear); 0: not yet; -1: the worker is gone or must not be
 * believed, err says why. */
int exchange_receive(struct exchange *x, int socket_fd, struct err *err);
void exchange_clear(struct exchange *x);
#endif
