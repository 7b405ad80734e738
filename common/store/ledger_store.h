/* The entries of signed logs that this node has applied, in policyd.db: what it had when Redis is empty, and what re-seeds it. Entries below a base are
 * dropped with it, but of rules (they are the history) and members. Numbers of a subject are without gaps from the base on. */
#ifndef STORE_LEDGER_STORE_H
#define STORE_LEDGER_STORE_H
#include "base/arena.h"
#include "base/str.h"
#include "store/policy_db.h"

struct ledger_head {
    char subject[81];
    uint64_t number, base;
    char hash[65];
};
/* All subjects; free() it. */
int ledger_store_heads(struct policy_db *db, struct ledger_head **heads_r, size_t *count_r,
                       struct err *err);
int ledger_store_head(struct policy_db *db, struct span subject, struct ledger_head *head_r,
                      struct err *err); /* 1, 0 none, -1 */
/* Durable: the entry as it was read (the whole envelope) becomes the head. */
int ledger_store_put(struct policy_db *db, const struct ledger_head *head, struct span envelope,
                     struct err *err);
/* 1 (appended to out), 0 not there, -1. */
int ledger_store_get(struct policy_db *db, struct span subject, uint64_t number,
                     struct str *out, struct err *err);
/* The lowest number that is kept; 0: none. */
int ledger_store_first(struct policy_db *db, struct span subject, uint64_t *number_r,
                       struct err *err);
int ledger_store_clear(struct policy_db *db, struct err *err); /* at leave, and before a join */

/* Pieces of the payload of an entry (its number), named by their sha256; they go with it. Put them before the entry. */
struct ledger_piece {
    struct span subject;
    uint64_t number;
    const char *hash;
};
int ledger_store_put_piece(struct policy_db *db, const struct ledger_piece *piece,
                           struct span bytes, struct err *err);
/* 1 (appended to out), 0 not there, -1. */
int ledger_store_get_piece(struct policy_db *db, struct span subject, const char *hash,
                           struct str *out, struct err *err);
/* Hashes of the pieces of entries below a number; free() it. Nothing when it cannot be read. */
void ledger_store_pieces(struct policy_db *db, struct span subject, uint64_t below,
                         char (**hashes_r)[65], size_t *count_r);
/* Does an entry of any subject still need it? 1, 0, -1. */
int ledger_store_has_piece(struct policy_db *db, const char *hash, struct err *err);
#endif
