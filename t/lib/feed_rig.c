/* feed_rig.c - the rest of the folder, as plain as can be, and entries written into a Redis in memory. */
#include "t/lib/feed_rig.h"

#include <stdio.h>
#include <stdlib.h>

#include "policyd/publish.h"
#include "t/lib/temp_dir.h"

static char dir[200];
struct policy_db *db;
struct err err;
struct identity self = {.cluster = FAKE_CLUSTER, .id = "0123456789abcdef"};
struct str applied; /* "1:text 2:text " */
const char *refuses;
bool is_in_force_now;

/* --- what the folder's other parts are here --- */

bool identity_get(struct identity *identity_r)
{
    *identity_r = self;
    return true;
}

bool members_signer(const char *keyid, struct span subject, uint64_t number,
                    uint8_t public_r[SIGN_PUBLIC_SIZE])
{
    char id[SIGN_ID_SIZE];

    (void)subject;
    (void)number;
    sign_id(self.signing.public, id);
    memcpy(public_r, self.signing.public, SIGN_PUBLIC_SIZE);
    return strcmp(id, keyid) == 0;
}

int members_apply(const struct envelope *e, struct span payload, struct err *e_r)
{
    (void)e;
    (void)payload;
    (void)e_r;
    return 0;
}

struct node_seen other = {.member = {.name = "gate2"}, .state = NODE_ALIVE};

size_t membership_list(bool is_fresh, struct node_seen **nodes_r)
{
    (void)is_fresh;
    *nodes_r = malloc(sizeof other);
    **nodes_r = other;
    return 1;
}

void membership_free(struct node_seen **nodes, size_t count)
{
    (void)count;
    free(*nodes);
    *nodes = NULL;
}

void membership_changed(void)
{
}
void publish_hold(void)
{
}
void publish_release(void)
{
}
void feed_hold(void)
{
}
void feed_release(void)
{
}

static int keep(const struct envelope *e, struct span payload, struct err *e_r)
{
    (void)e_r;
    str_printf(&applied, "%llu:%.*s ", (unsigned long long)e->number,
               (int)(payload.len < 20 ? payload.len : 20), payload.ptr);
    return 0;
}

static int apply(const struct envelope *e, struct span payload, struct err *e_r)
{
    if (refuses != NULL && span_is(payload, refuses))
        return err_set(e_r, "it cannot be taken");
    return keep(e, payload, e_r);
}

static int prepare(const struct envelope *e, struct span payload, struct err *e_r)
{
    (void)e;
    return refuses != NULL && span_is(payload, refuses) ? err_set(e_r, "it does not compile")
                                                        : 0;
}

static int whole(struct span subject, struct str *payload, struct err *e_r)
{
    (void)subject;
    (void)e_r;
    str_adds(payload, "whole");
    return 0;
}

static bool is_in_force(struct span subject)
{
    (void)subject;
    return is_in_force_now;
}

const struct ledger_kind ledger_kinds[] = {
    {.subject = "list/",
     .apply = apply,
     .whole = whole,
     .is_published = true,
     .is_in_force = is_in_force},
    {.subject = "rules",
     .apply = keep,
     .prepare = prepare,
     .whole = whole,
     .is_published = true},
    {.subject = NULL},
};

const struct ledger_kind *ledger_kind_find(struct span subject)
{
    return span_starts(subject, SPAN("list/")) ? &ledger_kinds[0]
           : span_is(subject, "rules")         ? &ledger_kinds[1]
                                               : NULL;
}

/* --- one reading, as feed.c does it --- */

void look(void)
{
    struct ledger_head *own, *there;
    size_t own_count, there_count, malformed;

    feed_claims_read();
    if (ledger_redis_heads(&there, &there_count, &malformed, &err) < 0)
        return;
    ck_assert_int_eq(ledger_store_heads(db, &own, &own_count, &err), 0);
    for (size_t i = 0; i < there_count; i++) {
        const struct ledger_head *mine = NULL;

        for (size_t k = 0; k < own_count; k++)
            mine = strcmp(own[k].subject, there[i].subject) == 0 ? &own[k] : mine;
        feed_pull(mine, &there[i]);
    }
    for (size_t k = 0; k < own_count; k++)
        if (fake_redis_head(own[k].subject) == NULL)
            feed_pull(&own[k], NULL);
    free(own);
    free(there);
    feed_confirm(true);
}

/* Not from within itself. */
void feed_look(void)
{
    static bool is_looking;

    if (is_looking)
        return;
    is_looking = true;
    look();
    is_looking = false;
}

void feed_look_and_wait(int timeout_ms)
{
    (void)timeout_ms;
    feed_look();
}

void begin(void)
{
    char path[300];

    ck_assert_ptr_nonnull(temp_dir_make(dir));
    snprintf(path, sizeof path, "%s/policyd.db", dir);
    db = policy_db_open(path, &err);
    ck_assert_ptr_nonnull(db);
    fake_redis_begin(db);
    sign_key_new(&self.signing);
    self.has_signing_key = true;
    is_in_force_now = true;
}

void end(void)
{
    fake_redis_end();
    policy_db_close(&db);
    str_clear(&applied);
    temp_dir_remove(dir);
}

/* --- writing into Redis --- */

/* Signs it into out; its hash into hash_r. */
void sign(struct str *out, const struct entry *entry, char hash_r[ENVELOPE_HASH_SIZE])
{
    struct envelope e = {.cluster =
                             span_of(entry->cluster != NULL ? entry->cluster : FAKE_CLUSTER),
                         .subject = span_of(entry->subject),
                         .number = entry->number,
                         .base = entry->base,
                         .time_ms = 1,
                         .author = SPAN("ann"),
                         .payload = span_of(entry->payload)};

    snprintf(e.parent, sizeof e.parent, "%s", entry->parent != NULL ? entry->parent : "");
    if (entry->supersedes != NULL)
        snprintf(e.supersedes[e.supersedes_count++], ENVELOPE_HASH_SIZE, "%s",
                 entry->supersedes);
    ck_assert_msg(envelope_sign(out, &e, &self.signing, &err) == 0, "%s", err.text);
    memcpy(hash_r, e.hash, ENVELOPE_HASH_SIZE);
    envelope_clear(&e);
}

void name_head(const struct entry *entry, const char *hash)
{
    char row[200];

    snprintf(row, sizeof row, "%llu %s %llu", (unsigned long long)entry->number, hash,
             (unsigned long long)entry->base);
    fake_redis_set_head(entry->subject, row);
}

/* Entry and head; the entry's hash, static. */
const char *write_entry(const struct entry *entry)
{
    static char hashes[8][ENVELOPE_HASH_SIZE];
    static size_t at;
    struct str bytes = STR_EMPTY;
    char key[200], *hash = hashes[at++ % 8];

    sign(&bytes, entry, hash);
    snprintf(key, sizeof key, "rev:%s:%llu", entry->subject, (unsigned long long)entry->number);
    fake_redis_set(key, str_span(&bytes));
    name_head(entry, hash);
    str_clear(&bytes);
    return hash;
}

const char *write_list(const char *subject, uint64_t number, const char *parent)
{
    char payload[40];

    snprintf(payload, sizeof payload, "p%llu", (unsigned long long)number);
    return write_entry(&(struct entry){subject, payload, number, 1, parent, NULL, NULL});
}

struct ledger_status status_of(const char *subject)
{
    struct ledger_status status;

    ck_assert(ledger_status(span_of(subject), &status));
    return status;
}

void expect(const char *subject, enum ledger_state state, uint64_t number, const char *why)
{
    struct ledger_status status = status_of(subject);

    ck_assert_msg(status.state == state, "%s, not %s: %s",
                  names_name(ledger_state_names, (int)status.state),
                  names_name(ledger_state_names, (int)state), status.why);
    ck_assert_uint_eq(status.applied, number);
    if (why != NULL)
        ck_assert_msg(strstr(status.why, why) != NULL, "%s", status.why);
}

void expect_applied(const char *what)
{
    ck_assert_str_eq(str_cstr(&applied), what);
}
const char *write_rules(uint64_t number, const char *payload, const char *parent)
{
    return write_entry(&(struct entry){"rules", payload, number, number, parent, NULL, NULL});
}
