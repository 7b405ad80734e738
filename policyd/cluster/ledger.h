/* Signed, numbered, hash-chained logs in Redis, one for each subject (envelope.h), all alike: rules, domains, members, canary, list/NAME.
 *   heads            hash: SUBJECT -> "NUMBER HASH BASE"                      one read tells what is new
 *   rev:SUBJECT:N    the envelope of entry N, immutable
 *   part:SHA256      a piece (at most LEDGER_PART bytes) of a large payload   such a payload is {"parts":[SHA256,...],"bytes":N,"sha256":...}
 * Writing is one script that compares the head and sets entry and head: two administrators at once, one wins. Reading verifies signature,
 * cluster, subject, number and parent of each entry; what does not fit is refused and named, and nothing of it is applied. The entries that are
 * in force are kept in policyd.db (store/ledger_store.h): they say what this node had, and re-seed an empty Redis.
 * Entries below the base are removed from Redis by whoever wrote the base. */
#ifndef CLUSTER_LEDGER_H
#define CLUSTER_LEDGER_H
#include "base/names.h"
#include "policyd/cluster/envelope.h"

#define LEDGER_PART        (256 * 1024)
#define LEDGER_MAX_PARTS   4096
#define LEDGER_SUBJECT_MAX 80
#define LEDGER_MAX_SINCE_BASE                                                                  \
    1000 /* entries of a list or of domains; then whoever writes next writes a base (the whole state) */

/* Writing: only where the signing key lies; -1 says where that is not so. Blocks; never in the loop. */
struct ledger_draft {
    struct span subject, payload;
    const char *author, *note; /* note may be NULL */
    const char *
        base_hash; /* hash of the head it was made from; NULL: whatever is the head now (as this node knows it) */
    bool is_base; /* payload is the whole state */
    bool
        is_superseding; /* put on top of whatever Redis has, also a fork: `cluster reseed`, and mending */
    unsigned language;
};
/* 1 written (and applied here: the feed has taken it), 0 somebody else was first (text: who, which number), -1. */
int ledger_append(const struct ledger_draft *draft, uint64_t *number_r, struct err *err);
/* When a log has grown past LEDGER_MAX_SINCE_BASE: writes the whole state as a base and removes what lies below it. 0 also when somebody else
 * was first; -1. */
int ledger_shorten(struct span subject, const char *author, struct err *err);
/* Writes again what Redis lacks and this node has, entry by entry (they are signed already). *count_r: entries written. -1 where Redis has what
 * this node has not: never over a fork. */
int ledger_reseed(size_t *count_r, struct err *err);
/* Mends a fork for good: what is in force here is signed anew on top of what Redis has, for each subject that is not in order. Only where the signing
 * key lies. */
int ledger_supersede(const char *author, size_t *count_r, struct err *err);

/* What this node has and what Redis says, by subject. */
enum ledger_state {
    LEDGER_IN_ORDER = 1, /* the head is applied */
    LEDGER_BEHIND,       /* on the way */
    LEDGER_REFUSED, /* NACK: an entry that cannot be applied here (why); the one before stays in force */
    LEDGER_FORGED, /* an entry with a wrong signature, cluster, subject, number or parent (why) */
    LEDGER_FORK,   /* the same number, another hash, both signed */
    LEDGER_OLD,    /* Redis has less than this node: lost writes, or an old replica */
    LEDGER_EMPTY   /* Redis has nothing at all, this node has something */
};
struct ledger_status {
    char subject[LEDGER_SUBJECT_MAX];
    enum ledger_state state;
    uint64_t applied;
    char hash[ENVELOPE_HASH_SIZE]; /* of applied */
    uint64_t head;                 /* as Redis says; 0: nothing */
    char why[512];
};
extern const struct name_value ledger_state_names[];
bool ledger_status(struct span subject, struct ledger_status *status_r); /* any thread */
size_t ledger_all(struct ledger_status **all_r);                         /* free() it */

/* The feed: a thread that looks at the heads at each hint, each connection and each 5 s (with jitter), pulls what is missing and applies it. */
int feed_begin(struct err *err);
void feed_end(void);
void feed_look(void); /* soon; any thread, at once */
/* Looks now and waits for it, up to timeout_ms. */
void feed_look_and_wait(int timeout_ms);
/* What to do with a verified entry of a subject; the whole payload (parts put together). Runs on the feed's thread, in order; applying an entry
 * again must be harmless. 0 done, -1 refused here (NACK). */
struct ledger_kind {
    const char *subject; /* "rules", or "list/" for all that begin so */
    int (*apply)(const struct envelope *e, struct span payload, struct err *err);
    /* For subjects whose every entry is the whole state and whose past is kept (rules): may this one be put in force here? Asked of the newest first; those
     * below the newest that holds are applied as history. NULL: any may, in order. */
    int (*prepare)(const struct envelope *e, struct span payload, struct err *err);
    /* The whole state as this node has it, as the payload of a base. NULL: never a base but the first. */
    int (*whole)(struct span subject, struct str *payload, struct err *err);
    bool is_published; /* in force when it is published (policyd/publish.h) */
    /* Is what was applied in force by now? NULL: when it is published. */
    bool (*is_in_force)(struct span subject);
};

/* --- for `cluster init`, `cluster leave` (control_cluster.c) --- */
/* Signs what policyd.db holds (members_payload as entry 1 of `members`, the last 100 revisions with their numbers, each list, the domains), keeps it as applied,
 * and writes it to Redis. Needs the identity with its signing key in place (identity_get). -1: Redis holds this cluster already, or not all could be
 * written: what was kept is cleared again. */
int ledger_begin_all(struct span members_payload, const char *author, struct err *err);
/* An entry of another node's making, verified by whoever joins: kept as applied (members, before the feed runs). */
int ledger_keep(const struct envelope *e, struct span bytes, struct err *err);
/* Forgets all entries and states; rules, lists and domains stay as they are. */
int ledger_forget(struct err *err);
/* Names of live nodes that hold the signing key, joined for a text; "a node with the signing key" when none is known. */
void ledger_signers(struct str *out);
#endif
