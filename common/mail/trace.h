/* X-Postgate-Trace: the mark by which a node knows mail that it, or another node of its cluster, has already sent on.
 *
 *   v1; n=NODE; p=PATH; t=SECONDS; c=PASS; r=HASH,...; s=MAC
 *
 * HASH: 16 hexadecimal digits, a keyed hash of one recipient; up to 16 of them; with more recipients one "*HASH" over the
 * sorted set. MAC: 32 digits of HMAC-SHA256 over all before it and the Message-ID. Blanks and folding between the fields do
 * not matter, everything else must be exactly so: an altered mark is an invalid one, and an invalid one means nothing. */
#ifndef MAIL_TRACE_H
#define MAIL_TRACE_H
#include "base/hash.h"
#include "base/str.h"

#define TRACE_HASH_SIZE      8
#define TRACE_MAC_SIZE       16
#define TRACE_RECIPIENTS_MAX 16
#define TRACE_NODE_MAX       64 /* letters, digits, '.', '-', '_' */
#define TRACE_PATH_MAX       16 /* lower case letters */
#define TRACE_PASS_MAX       999
#define TRACE_VALUE_MAX      1024 /* bytes; longer is no mark */
#define TRACE_FUTURE_MAX     3600 /* s that another node's clock may be ahead */

struct trace {
    char node[TRACE_NODE_MAX + 1];
    char path[TRACE_PATH_MAX + 1];
    int64_t time;  /* s since 1970 */
    uint32_t pass; /* 1 at the first */
    bool is_set;   /* hash[0] is over the whole set */
    size_t hash_count;
    uint8_t hash[TRACE_RECIPIENTS_MAX][TRACE_HASH_SIZE];
    uint8_t mac[TRACE_MAC_SIZE];
    const uint8_t *key; /* that signed it; NULL until verified */
};

enum trace_state { TRACE_INVALID = 0, TRACE_EXPIRED, TRACE_VALID };

/* HASH_KEY_SIZE bytes each. The first signs; previous (the generation before) and own (this node's, from before it joined a cluster) may be NULL. */
struct trace_keys {
    const uint8_t *current, *previous, *own;
};

/* Fills hash*, and mac, of *trace from the recipients (texts as address_text gives them, duplicates allowed, at least one) and
 * signs; node, path, time and pass are the caller's and must fit the limits. message_id may be empty. */
void trace_sign(struct trace *trace, const uint8_t key[HASH_KEY_SIZE], struct span message_id,
                const struct span *recipients, size_t count);
void trace_print(struct str *out, const struct trace *trace);
/* False when the value is no mark of this form. */
bool trace_parse(struct span value, struct trace *trace_r);
/* Is it ours, of this message, and of use? now and max_age in seconds. Notes in trace->key which key signed a valid one. */
enum trace_state trace_verify(struct trace *trace, const struct trace_keys *keys,
                              struct span message_id, int64_t now, int64_t max_age);
/* Is every one of the recipients in a mark that trace_verify called valid? A mark over more than TRACE_RECIPIENTS_MAX
 * recipients holds exactly its own set. False for no recipients and for a mark that was not verified. */
bool trace_holds(const struct trace *trace, struct span message_id,
                 const struct span *recipients, size_t count);
#endif
