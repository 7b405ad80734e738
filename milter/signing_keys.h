/* The keys that mail of our domains is signed with: STATE_DIR/milter/dkim/DOMAIN/SELECTOR.key, PEM, readable by the milter alone. A key signs from
 * the moment its record is seen in DNS (SELECTOR.published beside it remembers that), or at once when the administrator says so. Thread-safe. */
#ifndef MILTER_SIGNING_KEYS_H
#define MILTER_SIGNING_KEYS_H
#include <stdatomic.h>
#include "base/private_key.h"
#include "mail/domain.h"

#define SIGNING_SELECTOR_SIZE 128 /* RFC 6376 section 3.1: a label, or several with dots */
#define SIGNING_KEYS_MAX      4096
#define SIGNING_KINDS         2 /* one of each kind */

struct signing_key {
    char domain[DOMAIN_SIZE], selector[SIGNING_SELECTOR_SIZE];
    struct private_key *private_key;
    struct str
        record;   /* "v=DKIM1; k=rsa; p=...", as it shall stand at SELECTOR._domainkey.DOMAIN */
    int64_t made; /* wall ms */
    atomic_bool
        is_published; /* its record was seen, or the administrator answers for it: it signs */
    atomic_bool is_noted; /* and the disk knows */
    atomic_llong look_at; /* clock_mono_ms of the next look into DNS */
    char *path;           /* of the .key */
    atomic_uint references;
};
void signing_key_unpin(struct signing_key **key);
struct signing_key *signing_key_pin(struct signing_key *key);
/* Writes down that it is published, so that it signs after a restart too; does nothing when that is done. */
void signing_key_note(struct signing_key *key);

struct signing_keys;
/* Reads what is there; what cannot be read is left out with a warning. */
struct signing_keys *signing_keys_open(const char *state_dir, struct err *err);
void signing_keys_close(struct signing_keys **keys);

/* domain, selector: as people write them. The key is on disk before it is used, and taken over, also when that fails. The caller unpins. NULL:
 * there is one of that selector already, or a name is none. */
struct signing_key *signing_keys_add(struct signing_keys *keys, struct span domain,
                                     struct span selector, struct private_key *private_key,
                                     struct err *err);
/* Of one selector, or (empty) all of the domain. How many went; -1: one could not be removed from disk. */
int signing_keys_remove(struct signing_keys *keys, struct span domain, struct span selector,
                        struct err *err);
/* Those of a domain (normalised; empty: all), in order of domain and selector, at most `room`, pinned. */
size_t signing_keys_list(struct signing_keys *keys, struct span domain,
                         struct signing_key **keys_r, size_t room);
bool signing_keys_exist(struct signing_keys *keys);
/* Who signs for this From domain (normalised): its own keys, else those of the nearest domain above it within its organisational domain;
 * of each kind the newest that is published. Pinned. Records are looked for in DNS now and then (signing_publish.h). */
size_t signing_keys_choose(struct signing_keys *keys, struct span domain,
                           struct signing_key *keys_r[SIGNING_KINDS]);
#endif
