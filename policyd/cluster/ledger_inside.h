/* The signed logs as the files of this folder that make them up see them: ledger_*.c, feed*.c. */
#ifndef CLUSTER_LEDGER_INSIDE_H
#define CLUSTER_LEDGER_INSIDE_H
#include "policyd/cluster/ledger.h"
#include "policyd/cluster/redis.h"
#include "store/ledger_store.h"

#define LEDGER_SUBJECTS_MAX 2100 /* of one cluster; a heads hash with more is not read */
#define LEDGER_HEAD_MAX     120  /* bytes of a row of heads */
#define LEDGER_PAYLOAD_MAX  (256 * 1024 * 1024)
#define LEDGER_RUN_MAX      50 /* entries of one reading */
#define LEDGER_HISTORY      100
#define LEDGER_PIECE_MS     10000

/* --- ledger_redis.c: what Redis holds; every answer is bounded and checked, none is believed --- */
/* All heads, by subject; rows that are none are left out and counted. free() it. -1 with *malformed_r 0: not answered; else `heads` itself is none of
 * ours. */
int ledger_redis_heads(struct ledger_head **heads_r, size_t *count_r, size_t *malformed_r,
                       struct err *err);
/* One of them, through that link; number 0: none. */
int ledger_redis_head(struct redis *redis, struct span subject, struct ledger_head *there_r,
                      struct err *err);
/* "NUMBER HASH BASE" of a row of heads. */
bool ledger_head_parse(struct span text, struct ledger_head *head_r);
/* Entries from .. as they lie there, up to LEDGER_RUN_MAX and about 1 MB, at least one: the run ends before one that is not there. *count_r 0:
 * the first is not there. -1: not answered, or it is no entry (too long, of another type). */
int ledger_redis_run(struct span subject, uint64_t from, uint64_t to, struct str *entries,
                     size_t *count_r, struct err *err);
/* Appended to out, checked against its hash. 1, 0 not there, -1. */
int ledger_redis_piece(const char *hash, struct str *out, struct err *err);

/* --- ledger_write.c: writing, through the administrators' link --- */
struct ledger_write {
    struct span subject;
    const char *expected; /* "NUMBER HASH", or "" for none: what the head must be */
    const struct ledger_head *head;
    struct span envelope;
};
/* Compare and set. 1 written, 0 the head is another (*there_r; number 0: none), -1. A lost answer is looked after. */
int ledger_write_head(const struct ledger_write *write, struct ledger_head *there_r,
                      struct err *err);
/* An entry without its head: for those below one that is written again. */
int ledger_write_entry(struct span subject, uint64_t number, struct span envelope,
                       struct err *err);
int ledger_write_piece(const char *hash, struct span bytes, struct err *err);
/* Removes entries from .. below to. */
int ledger_write_unlink(struct span subject, uint64_t from, uint64_t to, struct err *err);
int ledger_write_unlink_piece(const char *hash, struct err *err);

/* --- ledger_verify.c --- */
enum ledger_verdict { LEDGER_IS_GOOD = 1, LEDGER_IS_FORGED, LEDGER_IS_FORK };
struct ledger_expected {
    struct span subject;
    uint64_t number;
    const char *parent; /* the hash it must name; NULL: any */
};
/* Takes an entry apart and judges it: cluster, subject, number, signer, signature, then parent. An entry that supersedes `parent` and holds
 * the whole state fits it. envelope_clear e_r in every case. */
enum ledger_verdict ledger_verify(struct span bytes, const struct ledger_expected *expected,
                                  struct envelope *e_r, struct err *err);
void ledger_head_of(const struct envelope *e, struct ledger_head *head_r);

/* --- ledger_pieces.c: payloads too large for one entry --- */
/* The hashes a payload names, LEDGER_MAX_PARTS at most; false: it is the payload itself. -1 in *count_r is never. free() it. */
struct ledger_pieces {
    size_t count;
    char (*hashes)[ENVELOPE_HASH_SIZE];
    uint64_t bytes;
    char sha256[ENVELOPE_HASH_SIZE];
};
/* 1 it names pieces, 0 it is the payload itself, -1 malformed. */
int ledger_pieces_parse(struct span payload, struct ledger_pieces *pieces_r, struct err *err);
void ledger_pieces_clear(struct ledger_pieces *pieces);
/* The whole payload of an entry: itself, or its pieces from policyd.db or Redis (those then are put into policyd.db). Bytes in own_r when they
 * had to be put together. */
int ledger_payload(const struct envelope *e, struct str *own, struct span *payload_r,
                   struct err *err);
/* The other way: a payload that is too large is put into policyd.db in pieces as those of entry `number`; text_r is what the entry says then. 1, 0
 * it fits as it is, -1. */
int ledger_pieces_make(struct span subject, uint64_t number, struct span payload,
                       struct str *text, struct err *err);
/* Writes the pieces of an entry that policyd.db holds to Redis. */
int ledger_pieces_write(struct span subject, struct span payload, struct err *err);

/* --- ledger_table.c: ledger_status and its changes, each said once --- */
void ledger_table_set(const struct ledger_status *status);
/* Forgets those that are not known (any more): what somebody wrote into Redis and took away. */
void ledger_table_keep(bool (*is_known)(const void *ctx, const char *subject), const void *ctx);
void ledger_table_clear(void);
/* Waits until `number` is applied, refused or time is over. True: applied. */
bool ledger_table_wait(struct span subject, uint64_t number, int timeout_ms);

/* --- feed_kinds.c --- */
extern const struct ledger_kind ledger_kinds[];
const struct ledger_kind *ledger_kind_find(struct span subject);

/* --- ledger_sign.c --- */
/* Signs an entry of this cluster into out; e has subject, number, base, parent, author, note, payload. */
int ledger_sign(struct envelope *e, struct str *out, struct err *err);

/* --- ledger_reseed.c --- */
/* Writes entries from .. own->number of a subject, then its head where Redis has `expected`. 1, 0 the head is another, -1. */
int ledger_reseed_from(const struct ledger_head *own, uint64_t from, const char *expected,
                       size_t *count, struct err *err);
/* The hash of the entry this node has of that number. 1, 0 it has none, -1. */
int ledger_own_hash(struct span subject, uint64_t number, char hash_r[ENVELOPE_HASH_SIZE],
                    struct err *err);

/* --- feed.c: between these two no reading is under way; not from the feed's own thread --- */
void feed_hold(void);
void feed_release(void);

int ledger_reseed_all(size_t *count, struct err *err);

/* --- feed_claims.c: what other nodes say they have --- */
void feed_claims_read(void);
/* A live node that has applied more than `number`: its name and what it has; false: none. */
bool feed_claims_more(const char *subject, uint64_t number, const char **name_r,
                      uint64_t *number_r);

/* --- feed_pull.c --- */
/* Brings one subject up to what Redis says. own or there may be NULL (not both). */
void feed_pull(const struct ledger_head *own, const struct ledger_head *there);
/* What feed_pull put into the stores and is not published yet; the feed's thread only. */
bool feed_is_unpublished(void);
void feed_confirm(bool is_published);
#endif
