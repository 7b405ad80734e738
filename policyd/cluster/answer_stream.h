/* An answer on its way: bytes cut into pieces, each sealed for the asker alone. The first piece begins with the stream's public key and the answering
 * node's signature over that key, the request's id and both nodes: who can write into Redis can neither read an answer nor make one. Index
 * and last-flag are part of each seal, so a gap, a repeat, a swap, a cut or a piece of another answer is refused. Pure but for push. */
#ifndef CLUSTER_ANSWER_STREAM_H
#define CLUSTER_ANSWER_STREAM_H
#include "policyd/cluster/identity.h"
#include "policyd/cluster/requests.h"

#define REQUEST_ID_SIZE     33 /* 32 hexadecimal digits and NUL */
#define ANSWER_STREAM_HEAD  (SEAL_PUBLIC_SIZE + SIGN_SIZE)
#define ANSWER_STREAM_PLAIN (REQUESTS_PIECE - SEAL_OVERHEAD - ANSWER_STREAM_HEAD)

/* Whose answer to whom, to which request: all of it is bound to the stream. */
struct answer_about {
    char request[REQUEST_ID_SIZE];
    char from[NODE_ID_SIZE], to[NODE_ID_SIZE]; /* from: the node that answers */
};

struct answer_sender {
    struct answer_about about;
    struct sign_key sign; /* of the node that answers */
    uint8_t asker[SEAL_PUBLIC_SIZE];
    /* Takes a piece, in order; -1: it goes nowhere, nothing more is sent. May wait. */
    int (*push)(void *ctx, struct span piece);
    void *ctx;
    struct seal_stream stream;
    struct str plain;
    bool is_begun, is_broken;
};
void answer_send(struct answer_sender *sender, struct span bytes);
void answer_send_end(struct answer_sender *sender, struct span bytes); /* the last ones */
void answer_sender_clear(struct answer_sender *sender);

struct answer_receiver {
    struct answer_about about;
    uint8_t signer[SIGN_PUBLIC_SIZE]; /* of the node that was asked */
    struct seal_key key;              /* made for this one request */
    struct seal_stream stream;
    bool is_begun, is_over;
};
/* Appends what the piece holds; 0, or 1 it was the last; -1: not the next piece of this answer. */
int answer_receive(struct answer_receiver *receiver, struct span piece, struct str *out,
                   struct err *err);
#endif
