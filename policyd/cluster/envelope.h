/* What administrators sign: one change of one subject, as text. A subject is a ledger: its entries are numbered 1, 2, 3 ..., each naming the hash of
 * the one before.
 *   postgate-signed 1
 *   cluster NAME
 *   subject rules | domains | members | canary | list/NAME
 *   number 17
 *   parent HASH                  (sha256 of the whole envelope before; "-" for the first)
 *   base 12                      (the newest entry at or below this number that holds the whole state; a reader may begin there)
 *   time 1795309323000
 *   author TEXT                  (one line, at most 200 bytes)
 *   note TEXT                    (one line, escaped as \n \\; may be missing)
 *   language 1                   (rules: RULES_LANGUAGE they need)
 *   supersedes HASH              (a head that this one replaces although it does not follow from it: mends a fork; may be missing or repeated, 8 at most)
 *   signer KEYID                 (first 16 hexadecimal digits of sha256 of the public key)
 *   length N
 *   (empty line, N bytes of payload, newline)
 *   signature HEX                (Ed25519 over all that stands before this line)
 * Unknown header lines are skipped (they are signed all the same): neighbouring releases read each other. Cluster, subject and number are part of
 * what is signed, so an entry cannot be renamed, moved or replayed. Pure; fuzzed. */
#ifndef CLUSTER_ENVELOPE_H
#define CLUSTER_ENVELOPE_H
#include "base/err.h"
#include "base/sign.h"
#include "base/str.h"

#define ENVELOPE_MAX_BYTES      (8 * 1024 * 1024) /* payloads beyond go in parts (ledger.h) */
#define ENVELOPE_MAX_SUPERSEDES 8
#define ENVELOPE_HASH_SIZE      65

struct envelope {
    struct span cluster, subject;
    uint64_t number, base;
    char parent[ENVELOPE_HASH_SIZE]; /* empty for the first */
    int64_t time_ms;
    struct span author, note; /* note as written, unescaped in memory of `own` */
    unsigned language;        /* 0: not given */
    size_t supersedes_count;
    char supersedes[ENVELOPE_MAX_SUPERSEDES][ENVELOPE_HASH_SIZE];
    char signer[17];
    struct span payload;
    char hash[ENVELOPE_HASH_SIZE]; /* of the whole envelope; filled in by both */
    struct str own;
};
/* Appends the signed text to out and fills in e->hash. */
int envelope_sign(struct str *out, struct envelope *e, const struct sign_key *key,
                  struct err *err);
/* Takes it apart, without judging the signature. Spans point into bytes. 0, -1. envelope_clear it. */
int envelope_parse(struct span bytes, struct envelope *e_r, struct err *err);
/* Is it signed by this key? */
bool envelope_verify(struct span bytes, const struct envelope *e,
                     const uint8_t public_key[SIGN_PUBLIC_SIZE]);
void envelope_clear(struct envelope *e);
#endif
