/* What was decided, for explain and replay: append-only, one SQLite file a day (state_dir/PROGRAM/decisions/YYYYMMDD.db), written in groups
 * by one thread of its own. Nothing here ever makes mail wait: a full queue, disk or damaged file loses records, counts them, says so
 * once in the log (log_state "decisions"). Each program has its own; only the owner opens them, also to read. */
#ifndef STORE_DECISIONS_H
#define STORE_DECISIONS_H
#include "base/arena.h"
#include "store/decision_code.h"
#include "store/node_key.h"

/* Rows reserved durably at a time; the rest of a block is skipped after a restart. */
#define DECISIONS_BLOCK       4096
#define DECISIONS_QUEUE       8192               /* records that may wait for the writer */
#define DECISIONS_QUEUE_BYTES (64 * 1024 * 1024) /* and their bytes */
#define DECISIONS_MAX_FACTS   (1024 * 1024)      /* a larger block is left out of the record */
#define DECISIONS_MAX_TEXT    (64 * 1024)        /* of recipients or reasons; cut */

struct decisions_options {
    const char *state_dir;
    enum decision_program program;
    const struct node_key *key;
    int64_t days, max_bytes; /* retention: settings decisions_days, decisions_max_bytes */
};
/* Keys of codes and the number of this node under each: the first makes new codes, all are understood. */
#define DECISION_KEYS 3
struct decision_keys {
    size_t count;
    struct {
        uint8_t key[HASH_KEY_SIZE];
        uint16_t node;
    } of[DECISION_KEYS];
};
struct decisions;
/* Makes the directories and starts the writer. NULL only when the directory cannot be made or is held by another process. */
struct decisions *decisions_open(const struct decisions_options *options, struct err *err);
/* Writes what is queued, up to 5 s. */
void decisions_close(struct decisions **decisions);
/* Other keys from now on (store/cluster_key.h makes them); at the beginning there is options->key alone. Any thread. */
void decisions_set_keys(struct decisions *decisions, const struct decision_keys *keys);

/* Where a decision will be recorded; the code is known before the reply is sent. */
struct decision_ticket {
    struct decision_id id;
    char code[DECISION_CODE_SIZE];
};
/* At once, without I/O; never fails (when nothing could be reserved durably, rows from a random place above 2^31 are used). Any thread. */
void decisions_reserve(struct decisions *decisions, struct decision_ticket *ticket_r);

struct decision_record {
    int64_t time_ms;
    struct span path, client, helo, auth_user, sender; /* empty: none */
    struct span recipients;                            /* one a line */
    struct span disposition;                           /* a disposition_names word */
    struct span rule;                                  /* it decided; empty: end of the chain */
    struct span reply;                                 /* to the client, codes and all */
    struct span queue_id, message_id;
    uint64_t revision, generation;
    struct span reasons; /* rules/explain text */
    struct span facts;   /* facts/block, may be empty */
};
/* Queues a copy. False when it was dropped. Any thread; never waits. A ticket without a put is fine. */
bool decisions_put(struct decisions *decisions, const struct decision_ticket *ticket,
                   const struct decision_record *record);
/* True when all that was queued before is written. */
bool decisions_flush(struct decisions *decisions, int timeout_ms);

/* As read; all in the arena given. */
struct decision {
    struct decision_ticket ticket;
    struct decision_record record;
};
/* By code (any spelling; the ticket read has it as it was given, whatever key made it). 1 found; 0 there is none (err says why: not a code, another node's, the other program's, day no longer
 * kept, not written); -1. */
int decisions_find(struct decisions *decisions, struct span code, struct arena *arena,
                   struct decision *decision_r, struct err *err);
/* More than one: decisions_search.h. */

struct decisions_counters {
    uint64_t written, dropped, queued;
    bool is_failing; /* the writer cannot write now */
};
void decisions_count(struct decisions *decisions, struct decisions_counters *counters_r);
#endif
