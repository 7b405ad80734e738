/* One request to one worker and its answer, over its socket. Nothing the worker sends is believed: not how much, not to whom, not
 * what kind of facts. */
#ifndef INSPECT_EXCHANGE_H
#define INSPECT_EXCHANGE_H
#include "base/err.h"
#include "base/str.h"
#include "facts/facts.h"
#include "inspect/wire.h"

struct exchange {
    uint8_t id[WIRE_ID_BYTES]; /* random, of this request */
    bool is_open;              /* sent, the answer not yet whole */
    bool has_begun;
    uint32_t total;
    struct str block;
    struct span wants; /* the caller's; names ended by NUL */
};

/* What the worker is given. message_fd is sealed; wants lives until the answer is in. */
struct exchange_request {
    int message_fd;
    uint64_t size;
    struct wire_limits limits;
    struct span wants;
};

/* True when nobody can change the memfd any more: F_SEAL_WRITE, SHRINK, GROW and SEAL are on it. Its size into *size_r. */
bool exchange_is_sealed(int message_fd, uint64_t *size_r);
/* Never blocks. -1: the worker is gone. */
int exchange_send(struct exchange *x, int socket_fd, const struct exchange_request *request,
                  struct err *err);
/* Takes what has come. 1: the answer is whole (*facts_r, the caller's; its derived facts are set); 0: not yet; -1: the worker is gone
 * or must not be believed, err says why. */
int exchange_receive(struct exchange *x, int socket_fd, struct facts **facts_r,
                     struct err *err);
void exchange_clear(struct exchange *x);
/* May these facts come from a worker: only content facts, all of them, and of the wanted headers only? */
int exchange_check(const struct facts *facts, struct span wants, struct err *err);
#endif
