/* A request between nodes as text:
 *   {"v":1,"cluster","id","from","to","time","deadline","sealed"}      one line of JSON; times by Redis' clock, ms
 *   HEX                                                                Ed25519 of the asking node over that line
 * "sealed" is {"command","args","role","user","key"} for the asked node alone (base/seal): what is looked for does not lie open in Redis. key: the
 * public key made for this answer. Pure but for members_by_id; fuzzed. */
#ifndef CLUSTER_REQUEST_TEXT_H
#define CLUSTER_REQUEST_TEXT_H
#include "policyd/cluster/answer_stream.h"

#define REQUEST_MAX_BYTES   (64 * 1024)
#define REQUEST_MAX_LIFE_MS (10 * 60 * 1000) /* deadline - time, at most */

struct request {
    struct answer_about about; /* from: the node that is asked and answers; to: the asker */
    int64_t time_ms, deadline_ms;
    char command[65], user[64];
    enum control_role role;
    json_t *args; /* an object; owned after request_read, borrowed by request_write */
    uint8_t key[SEAL_PUBLIC_SIZE];
};
/* Appends the text. -1: longer than REQUEST_MAX_BYTES. */
int request_write(struct str *out, const struct request *request, const struct identity *self,
                  const struct member *asked, struct err *err);
/* Reads one that lies in our inbox: signed by a member that is not forgotten, of this cluster, to us. Deadline and repetition are the caller's
 * to judge. asker_r: who. request_clear it. -1: why, in err. */
int request_read(struct span text, const struct identity *self, struct request *request_r,
                 struct member *asker_r, struct err *err);
void request_clear(struct request *request);
void request_id_new(char id_r[REQUEST_ID_SIZE]);
bool request_id_is_valid(struct span id);
#endif
