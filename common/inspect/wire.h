/* What postgate-inspect and its client say to each other, over SOCK_SEQPACKET between two processes of one build. Every packet is one
 * struct of these or, in an answer, a piece of the block. The worker's side is never believed: the client checks all of it.
 *
 *   client → zygote   wire_order FORK with one descriptor (the worker's end of a socketpair), KILL
 *   zygote → client   wire_news READY or FAILED (text) once; STARTED, ENDED for each worker
 *   client → worker   wire_request with one descriptor (the sealed memfd; a sender's question about no message: none), then body_bytes.
 *                     content: header names, each ended by NUL; sender: inspect/sender_wire.h
 *   worker → client   wire_answer BEGIN, pieces that make up `total` bytes of block, wire_answer END; or WHOLE with the block behind
 *                     it in the same packet. content: a block of facts; sender: inspect/sender_wire.h. Never a descriptor */
#ifndef INSPECT_WIRE_H
#define INSPECT_WIRE_H
#include <stdint.h>

/* The argument of postgate-inspect: which pool its workers are of. */
#define WIRE_CONTENT "content"
#define WIRE_SENDER  "sender"

#define WIRE_CONTROL_FD 3 /* where the zygote finds its client, and a worker too */
#define WIRE_ID_BYTES   16
#define WIRE_PIECE      65536 /* of a block, in one packet */
#define WIRE_WANT_MAX   32768 /* bytes of wanted header names */

/* What is wanted of a message besides what always is. */
#define WIRE_LINKS          0x1u /* its links */
#define WIRE_LINKS_MAX      1000
#define WIRE_LINK_SHOWN_MAX 200 /* bytes of url.text */

enum wire_order_kind { WIRE_FORK = 1, WIRE_KILL };
struct wire_order {
    uint32_t kind;
    uint32_t worker; /* number, never used twice while the zygote lives */
    uint64_t memory; /* FORK: bytes of address space */
};

enum wire_news_kind { WIRE_READY = 1, WIRE_FAILED, WIRE_STARTED, WIRE_ENDED };
struct wire_news {
    uint32_t kind;
    uint32_t worker;
    int32_t pid;    /* STARTED */
    int32_t status; /* ENDED: as wait(2) gives it */
    char text[240]; /* FAILED */
};

struct wire_limits {
    uint32_t parts, depth, headers, header_bytes, parameters, time_ms;
};

struct wire_request {
    uint8_t id[WIRE_ID_BYTES];
    uint64_t size;             /* of the message */
    struct wire_limits limits; /* content */
    uint32_t wants;            /* content: WIRE_LINKS */
    uint32_t body_bytes;
};

enum wire_answer_kind { WIRE_BEGIN = 1, WIRE_END, WIRE_WHOLE };
struct wire_answer {
    uint32_t kind;
    uint32_t total; /* bytes of the block */
    uint8_t id[WIRE_ID_BYTES];
};
#endif
