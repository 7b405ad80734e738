/* The answer to a request as bytes: the frames of control/protocol.h (type, 4 bytes length big-endian, payload), without ids. J a row, D bytes, E the
 * end: {"exit":N,"message":TEXT}, after which nothing may follow. Pure; fuzzed. */
#ifndef CLUSTER_ANSWER_FRAMES_H
#define CLUSTER_ANSWER_FRAMES_H
#include "control/client.h"

#define ANSWER_MAX_ROW  CONTROL_MAX_ROW
#define ANSWER_MAX_DATA CONTROL_MAX_FRAME
#define ANSWER_MAX_END  (16 * 1024)

/* Appended. False: the row is too long, or cannot be written as JSON; nothing is appended then. */
bool answer_add_row(struct str *out, const json_t *row);
void answer_add_data(struct str *out, struct span bytes); /* any length: in several frames */
void answer_add_end(struct str *out, enum control_exit code, const char *message);

/* Takes the bytes in any pieces, hands rows and bytes to the sink as they are whole. */
struct answer_frames {
    const struct control_sink *sink; /* borrowed */
    struct str part;                 /* a frame that is not whole yet */
    bool is_over;                    /* the end was read: code and message */
    enum control_exit code;
    struct err message;
};
/* -1: no such frames; nothing more may be fed. */
int answer_feed(struct answer_frames *frames, struct span bytes, struct err *err);
void answer_clear(struct answer_frames *frames);
#endif
