/* For tests of the signed logs: a fake Redis (fake_redis.h), a policyd.db of its own, and what the rest of the folder is then: "list/" takes any payload, "rules" is
 * prepared first. Tests write entries as anybody might, look(), and see what came of it. */
#ifndef T_LIB_FEED_RIG_H
#define T_LIB_FEED_RIG_H
#include "policyd/cluster/feed_inside.h"
#include "policyd/cluster/identity.h"
#include "policyd/cluster/members.h"
#include "policyd/cluster/membership.h"
#include "t/lib/fake_redis.h"
#include "t/lib/suite.h"

#define SOME_HASH "00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff"

extern struct policy_db *db;
extern struct err err;
extern struct identity self;   /* with the signing key of begin() */
extern struct str applied;     /* "1:text 2:text " */
extern const char *refuses;    /* a payload that is refused here */
extern bool is_in_force_now;   /* what was published */
extern struct node_seen other; /* "gate2"; give it a heartbeat */

void begin(void);
void end(void);
void look(void); /* one reading, as feed.c does it */

struct entry {
    const char *subject, *payload;
    uint64_t number, base;
    const char *parent;     /* hash */
    const char *supersedes; /* or NULL */
    const char *cluster;    /* NULL: ours */
};
/* Signs it into out; its hash into hash_r. */
void sign(struct str *out, const struct entry *entry, char hash_r[ENVELOPE_HASH_SIZE]);
void name_head(const struct entry *entry, const char *hash);
/* Entry and head; the entry's hash, good for the next eight. */
const char *write_entry(const struct entry *entry);
const char *write_list(const char *subject, uint64_t number, const char *parent); /* "pN" */
const char *write_rules(uint64_t number, const char *payload, const char *parent);

struct ledger_status status_of(const char *subject);
void expect(const char *subject, enum ledger_state state, uint64_t number, const char *why);
void expect_applied(const char *what);
#endif
