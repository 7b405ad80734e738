/* What the feed takes and what it refuses, whatever lies in Redis: each case writes there as anybody might, and looks what came of it here. */
#include <stdio.h>
#include <stdlib.h>

#include "policyd/cluster/feed_inside.h"
#include "policyd/cluster/identity.h"
#include "policyd/cluster/members.h"
#include "policyd/cluster/membership.h"
#include "policyd/publish.h"
#include "t/lib/fake_redis.h"
#include "t/lib/suite.h"
#include "t/lib/temp_dir.h"

#define SOME_HASH "00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff"

static char dir[200];
static struct policy_db *db;
static struct err err;
static struct identity self = {.cluster = FAKE_CLUSTER, .id = "0123456789abcdef"};
static struct str applied;  /* "1:text 2:text " */
static const char *refuses; /* a payload that is refused here */
static bool is_in_force_now;

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

static struct node_seen other = {.member = {.name = "gate2"}, .state = NODE_ALIVE};

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

static void look(void)
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

static void begin(void)
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

static void end(void)
{
    fake_redis_end();
    policy_db_close(&db);
    str_clear(&applied);
    temp_dir_remove(dir);
}

/* --- writing into Redis --- */

struct entry {
    const char *subject, *payload;
    uint64_t number, base;
    const char *parent;     /* hash */
    const char *supersedes; /* or NULL */
    const char *cluster;    /* NULL: ours */
};

/* Signs it into out; its hash into hash_r. */
static void sign(struct str *out, const struct entry *entry, char hash_r[ENVELOPE_HASH_SIZE])
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

static void name_head(const struct entry *entry, const char *hash)
{
    char row[200];

    snprintf(row, sizeof row, "%llu %s %llu", (unsigned long long)entry->number, hash,
             (unsigned long long)entry->base);
    fake_redis_set_head(entry->subject, row);
}

/* Entry and head; the entry's hash, static. */
static const char *write_entry(const struct entry *entry)
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

static const char *write_list(const char *subject, uint64_t number, const char *parent)
{
    char payload[40];

    snprintf(payload, sizeof payload, "p%llu", (unsigned long long)number);
    return write_entry(&(struct entry){subject, payload, number, 1, parent, NULL, NULL});
}

static struct ledger_status status_of(const char *subject)
{
    struct ledger_status status;

    ck_assert(ledger_status(span_of(subject), &status));
    return status;
}

static void expect(const char *subject, enum ledger_state state, uint64_t number,
                   const char *why)
{
    struct ledger_status status = status_of(subject);

    ck_assert_msg(status.state == state, "%s, not %s: %s",
                  names_name(ledger_state_names, (int)status.state),
                  names_name(ledger_state_names, (int)state), status.why);
    ck_assert_uint_eq(status.applied, number);
    if (why != NULL)
        ck_assert_msg(strstr(status.why, why) != NULL, "%s", status.why);
}

static void expect_applied(const char *what)
{
    ck_assert_str_eq(str_cstr(&applied), what);
}

START_TEST(test_in_order)
{
    const char *hash;

    begin();
    hash = write_list("list/a", 1, NULL);
    look();
    hash = write_list("list/a", 2, hash);
    hash = write_list("list/a", 3, hash);
    look();
    look();
    expect("list/a", LEDGER_IN_ORDER, 3, NULL);
    expect_applied("1:p1 2:p2 3:p3 ");
    ck_assert_str_eq(status_of("list/a").hash, hash);
    end();
}
END_TEST

START_TEST(test_many_at_once)
{
    const char *hash = NULL;

    begin();
    for (uint64_t n = 1; n <= 120; n++)
        hash = write_list("list/a", n, hash);
    look();
    expect("list/a", LEDGER_IN_ORDER, 120, NULL);
    end();
}
END_TEST

/* Applied is what is in force: the image of a large list takes its time. */
START_TEST(test_in_force_later)
{
    begin();
    is_in_force_now = false;
    write_list("list/a", 1, NULL);
    look();
    ck_assert(feed_is_waiting());
    ck_assert(!ledger_status(SPAN("list/a"), &(struct ledger_status){0}));
    look();
    is_in_force_now = true;
    look();
    expect("list/a", LEDGER_IN_ORDER, 1, NULL);
    expect_applied("1:p1 ");
    end();
}
END_TEST

/* What is written straight into Redis instead of entry 2; entry 1 stays in force. */
static void expect_refused(struct span bytes, const char *why)
{
    const char *hash;
    struct entry second = {"list/a", "x", 2, 1, NULL, NULL, NULL};

    hash = write_list("list/a", 1, NULL);
    look();
    second.parent = hash;
    fake_redis_set("rev:list/a:2", bytes);
    name_head(&second, hash);
    look();
    look();
    expect("list/a", LEDGER_FORGED, 1, why);
    expect_applied("1:p1 ");
}

START_TEST(test_garbage)
{
    begin();
    expect_refused(SPAN("no envelope at all"), "not genuine");
    end();
}
END_TEST

START_TEST(test_wrong_signature)
{
    struct str bytes = STR_EMPTY;
    char hash[ENVELOPE_HASH_SIZE];
    struct sign_key ours;

    begin();
    ours = self.signing;
    sign(&bytes, &(struct entry){"list/a", "evil", 2, 1, SOME_HASH, NULL, NULL}, hash);
    /* One byte of the payload. */
    memcpy(strstr(bytes.ptr, "evil"), "EVIL", 4);
    expect_refused(str_span(&bytes), "signature is wrong");
    self.signing = ours;
    str_clear(&bytes);
    end();
}
END_TEST

START_TEST(test_unknown_signer)
{
    struct str bytes = STR_EMPTY;
    char hash[ENVELOPE_HASH_SIZE];
    struct sign_key ours;

    begin();
    ours = self.signing;
    sign_key_new(&self.signing);
    sign(&bytes, &(struct entry){"list/a", "evil", 2, 1, SOME_HASH, NULL, NULL}, hash);
    self.signing = ours;
    expect_refused(str_span(&bytes), "no key of this cluster's");
    str_clear(&bytes);
    end();
}
END_TEST

static void expect_refused_entry(const struct entry *entry, const char *why)
{
    struct str bytes = STR_EMPTY;
    char hash[ENVELOPE_HASH_SIZE];

    begin();
    sign(&bytes, entry, hash);
    expect_refused(str_span(&bytes), why);
    str_clear(&bytes);
    end();
}

START_TEST(test_of_another_list)
{
    expect_refused_entry(&(struct entry){"list/b", "x", 2, 1, SOME_HASH, NULL, NULL},
                         "it is of list/b");
}
END_TEST

START_TEST(test_of_another_number)
{
    expect_refused_entry(&(struct entry){"list/a", "x", 3, 1, SOME_HASH, NULL, NULL},
                         "it is entry 3");
}
END_TEST

START_TEST(test_of_another_cluster)
{
    expect_refused_entry(&(struct entry){"list/a", "x", 2, 1, SOME_HASH, NULL, "staging"},
                         "of the cluster staging");
}
END_TEST

START_TEST(test_too_long)
{
    struct str bytes = STR_EMPTY;

    begin();
    while (bytes.len <= ENVELOPE_MAX_BYTES)
        str_adds(&bytes, "postgate-signed 1\n................................................");
    expect_refused(str_span(&bytes), "longer than an entry can be");
    str_clear(&bytes);
    end();
}
END_TEST

START_TEST(test_wrong_type)
{
    begin();
    write_list("list/a", 1, NULL);
    look();
    write_list("list/a", 2, status_of("list/a").hash);
    fake_redis_make_list("rev:list/a:2");
    look();
    expect("list/a", LEDGER_FORGED, 1, "no string of bytes");
    end();
}
END_TEST

/* The head of a log names what is not there, or another hash. */
START_TEST(test_gap_and_wrong_head)
{
    const char *hash;

    begin();
    hash = write_list("list/a", 1, NULL);
    look();
    hash = write_list("list/a", 2, hash);
    hash = write_list("list/a", 3, hash);
    fake_redis_unset("rev:list/a:2");
    look();
    expect("list/a", LEDGER_FORGED, 1, "entry 2 is not there");
    fake_redis_set_head("list/a", "1 " SOME_HASH " 1");
    look();
    expect("list/a", LEDGER_FORGED, 1, "names another entry");
    fake_redis_set_head("list/a", "9 " SOME_HASH " 1");
    look();
    expect("list/a", LEDGER_FORGED, 1, "entry 9 is not there");
    expect_applied("1:p1 ");
    end();
}
END_TEST

START_TEST(test_malformed_heads)
{
    static const char *const rows[] = {"",
                                       "1",
                                       "0 " SOME_HASH " 1",
                                       "2 " SOME_HASH " 3",
                                       "-1 " SOME_HASH " 1",
                                       "1 zz 1",
                                       "1 " SOME_HASH " 1 and more",
                                       "99999999999999999999 " SOME_HASH " 1"};
    struct ledger_head *heads;
    size_t count, malformed;

    begin();
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        char subject[20];

        snprintf(subject, sizeof subject, "list/%zu", i);
        fake_redis_set_head(subject, rows[i]);
    }
    fake_redis_set_head("list/with blank", "1 " SOME_HASH " 1");
    ck_assert_int_eq(ledger_redis_heads(&heads, &count, &malformed, &err), 0);
    ck_assert_uint_eq(count, 0);
    ck_assert_uint_eq(malformed, COUNT_OF(rows) + 1);
    free(heads);
    end();
}
END_TEST

/* Two entries 2, both signed: whoever has one does not take the other, nor what follows it. */
START_TEST(test_fork)
{
    const char *first, *ours, *theirs;

    begin();
    first = write_list("list/a", 1, NULL);
    ours = write_list("list/a", 2, first);
    look();
    theirs = write_entry(&(struct entry){"list/a", "other", 2, 1, first, NULL, NULL});
    look();
    expect("list/a", LEDGER_FORK, 2, "both genuine");
    theirs = write_list("list/a", 3, theirs);
    look();
    expect("list/a", LEDGER_FORK, 2, "two histories");
    expect_applied("1:p1 2:p2 ");
    /* An administrator puts a whole state on top of both. */
    write_entry(&(struct entry){"list/a", "mended", 4, 4, theirs, ours, NULL});
    look();
    expect("list/a", LEDGER_IN_ORDER, 4, NULL);
    expect_applied("1:p1 2:p2 4:mended ");
    end();
}
END_TEST

START_TEST(test_supersede_by_append)
{
    const char *first, *theirs;
    size_t count;

    begin();
    first = write_list("list/a", 1, NULL);
    write_list("list/a", 2, first);
    look();
    theirs = write_entry(&(struct entry){"list/a", "other", 2, 1, first, NULL, NULL});
    write_list("list/a", 3, theirs);
    look();
    ck_assert_int_eq(ledger_reseed(&count, &err), 0); /* Redis has more: nothing to write */
    ck_assert_uint_eq(count, 0);
    ck_assert_msg(ledger_supersede("ann", &count, &err) == 0, "%s", err.text);
    ck_assert_uint_eq(count, 1);
    expect("list/a", LEDGER_IN_ORDER, 4, NULL);
    expect_applied("1:p1 2:p2 4:whole ");
    end();
}
END_TEST

START_TEST(test_old_and_empty)
{
    const char *first;
    size_t count;

    begin();
    first = write_list("list/a", 1, NULL);
    write_list("list/a", 2, first);
    look();
    self.has_signing_key = false; /* else it mends by itself */
    name_head(&(struct entry){"list/a", "", 1, 1, NULL, NULL, NULL}, first);
    look();
    expect("list/a", LEDGER_OLD, 2, "Redis ends at entry 1");
    fake_redis_set_head("list/a", NULL);
    fake_redis_unset("rev:list/a:1");
    fake_redis_unset("rev:list/a:2");
    look();
    expect("list/a", LEDGER_EMPTY, 2, "nothing of it");
    ck_assert_msg(ledger_reseed(&count, &err) == 0, "%s", err.text);
    ck_assert_uint_eq(count, 2);
    expect("list/a", LEDGER_IN_ORDER, 2, NULL);
    ck_assert_ptr_nonnull(fake_redis_get("rev:list/a:1"));
    expect_applied("1:p1 2:p2 ");
    end();
}
END_TEST

/* A promoted replica lacks the last entries: who may sign writes them again; never over a fork. */
START_TEST(test_forward_by_itself)
{
    const char *first;
    char row[200];

    begin();
    first = write_list("list/a", 1, NULL);
    write_list("list/a", 2, first);
    look();
    snprintf(row, sizeof row, "%s", fake_redis_head("list/a"));
    name_head(&(struct entry){"list/a", "", 1, 1, NULL, NULL, NULL}, first);
    fake_redis_unset("rev:list/a:2");
    look();
    expect("list/a", LEDGER_IN_ORDER, 2, NULL);
    ck_assert_str_eq(fake_redis_head("list/a"), row);
    write_entry(&(struct entry){"list/a", "forked", 1, 1, NULL, NULL, NULL});
    look();
    expect("list/a", LEDGER_FORK, 2, NULL);
    ck_assert(strcmp(fake_redis_head("list/a"), row) != 0);
    end();
}
END_TEST

START_TEST(test_reseed_stops_at_fork)
{
    size_t count;

    begin();
    write_list("list/a", 1, NULL);
    look();
    write_entry(&(struct entry){"list/a", "other", 1, 1, NULL, NULL, NULL});
    look();
    ck_assert_int_eq(ledger_reseed(&count, &err), -1);
    ck_assert_msg(strstr(err.text, "--supersede") != NULL, "%s", err.text);
    end();
}
END_TEST

/* Redis serves an old copy, and another node says it has more. */
START_TEST(test_claims)
{
    begin();
    write_list("list/a", 1, NULL);
    other.heartbeat = json_pack("{s:{s:i}}", "heads", "list/a", 2);
    look();
    look();
    expect("list/a", LEDGER_OLD, 1, "gate2");
    json_decref(other.heartbeat);
    other.heartbeat = NULL;
    look();
    expect("list/a", LEDGER_IN_ORDER, 1, NULL);
    end();
}
END_TEST

static const char *write_rules(uint64_t number, const char *payload, const char *parent)
{
    return write_entry(&(struct entry){"rules", payload, number, number, parent, NULL, NULL});
}

START_TEST(test_rules_refused)
{
    const char *hash;

    begin();
    refuses = "broken";
    hash = write_rules(1, "one", NULL);
    look();
    hash = write_rules(2, "broken", hash);
    look();
    look();
    expect("rules", LEDGER_REFUSED, 1, "entry 2 by ann is not taken here: it does not compile");
    hash = write_rules(3, "three", hash);
    look();
    expect("rules", LEDGER_IN_ORDER, 3, NULL);
    expect_applied("1:one 2:broken 3:three ");
    end();
    refuses = NULL;
}
END_TEST

START_TEST(test_fork_of_rules)
{
    const char *first, *ours, *theirs;

    begin();
    first = write_rules(1, "one", NULL);
    ours = write_rules(2, "ours", first);
    look();
    theirs = write_rules(2, "theirs", first);
    theirs = write_rules(3, "three", theirs);
    look();
    expect("rules", LEDGER_FORK, 2, "two histories");
    theirs = write_entry(&(struct entry){"rules", "mended", 4, 4, theirs, ours, NULL});
    write_rules(5, "five", theirs);
    look();
    expect("rules", LEDGER_IN_ORDER, 5, NULL);
    expect_applied("1:one 2:ours 4:mended 5:five ");
    end();
}
END_TEST

/* One that was away: the newest that holds is in force. */
START_TEST(test_rules_newest_that_holds)
{
    const char *hash;

    begin();
    refuses = "broken";
    hash = write_rules(1, "one", NULL);
    hash = write_rules(2, "two", hash);
    write_rules(3, "broken", hash);
    look();
    expect("rules", LEDGER_REFUSED, 2, "entry 3");
    expect_applied("1:one 2:two ");
    end();
    refuses = NULL;
}
END_TEST

/* The last hundred, also where the first ones are gone; numbers of before the cluster are kept. */
START_TEST(test_rules_history)
{
    const char *hash = NULL;
    char payload[20];

    begin();
    for (uint64_t n = 5; n <= 150; n++) {
        snprintf(payload, sizeof payload, "r%llu", (unsigned long long)n);
        hash = write_rules(n, payload, hash);
    }
    fake_redis_unset("rev:rules:52");
    fake_redis_unset("rev:rules:51");
    look();
    expect("rules", LEDGER_IN_ORDER, 150, NULL);
    ck_assert_msg(span_starts(str_span(&applied), SPAN("53:r53 54:r54 ")), "%s",
                  str_cstr(&applied));
    end();
}
END_TEST

/* Too far behind: the newest base is read, not the log before it. */
START_TEST(test_base_is_enough)
{
    const char *hash;

    begin();
    hash = write_list("list/a", 1, NULL);
    look();
    hash = write_list("list/a", 2, hash);
    hash = write_entry(&(struct entry){"list/a", "base", 3, 3, hash, NULL, NULL});
    write_entry(&(struct entry){"list/a", "p4", 4, 3, hash, NULL, NULL});
    fake_redis_unset("rev:list/a:1");
    fake_redis_unset("rev:list/a:2");
    look();
    expect("list/a", LEDGER_IN_ORDER, 4, NULL);
    expect_applied("1:p1 3:base 4:p4 ");
    end();
}
END_TEST

static int append(const char *payload, bool is_base, uint64_t *number_r)
{
    const struct ledger_draft draft = {.subject = SPAN("list/a"),
                                       .payload = span_of(payload),
                                       .author = "bob",
                                       .is_base = is_base};

    return ledger_append(&draft, number_r, &err);
}

START_TEST(test_append)
{
    uint64_t number;

    begin();
    ck_assert_int_eq(append("p1", false, &number), -1); /* the first is the whole state */
    ck_assert_msg(append("all", true, &number) == 1, "%s", err.text);
    ck_assert_uint_eq(number, 1);
    look();
    ck_assert_int_eq(append("p2", false, &number), 1);
    look();
    expect("list/a", LEDGER_IN_ORDER, 2, NULL);
    /* Another base: what lay below goes. */
    ck_assert_int_eq(append("again", true, &number), 1);
    ck_assert_ptr_null(fake_redis_get("rev:list/a:1"));
    ck_assert_ptr_null(fake_redis_get("rev:list/a:2"));
    ck_assert_ptr_nonnull(fake_redis_get("rev:list/a:3"));
    self.has_signing_key = false;
    ck_assert_int_eq(append("p4", false, &number), -1);
    ck_assert_msg(strstr(err.text, "holds no signing key") != NULL, "%s", err.text);
    end();
}
END_TEST

START_TEST(test_append_second)
{
    uint64_t number;
    const char *hash;
    struct ledger_draft draft = {.subject = SPAN("list/a"),
                                 .payload = SPAN("mine"),
                                 .author = "bob",
                                 .base_hash = SOME_HASH};

    begin();
    hash = write_list("list/a", 1, NULL);
    look();
    ck_assert_int_eq(ledger_append(&draft, &number, &err), 0); /* made from another */
    write_list("list/a", 2, hash);
    draft.base_hash = hash;
    ck_assert_int_eq(ledger_append(&draft, &number, &err), 0);
    ck_assert_msg(strstr(err.text, "ann was first: entry 2 of list/a") != NULL, "%s", err.text);
    expect_applied("1:p1 2:p2 ");
    fake_redis_set_up(false);
    draft.base_hash = NULL;
    ck_assert_int_eq(ledger_append(&draft, &number, &err), -1);
    end();
}
END_TEST

/* Larger than one entry: in pieces, each under the name of its hash. */
START_TEST(test_pieces)
{
    struct str large = STR_EMPTY, whole_payload = STR_EMPTY;
    struct ledger_pieces pieces;
    struct envelope e = {.subject = SPAN("list/a"), .number = 2};
    struct span payload;
    uint64_t number;
    char key[100];

    begin();
    while (large.len < 3 * LEDGER_PART)
        str_printf(&large, "item %zu\n", large.len);
    ck_assert_msg(append(str_cstr(&large), true, &number) == 1, "%s", err.text);
    look();
    expect("list/a", LEDGER_IN_ORDER, 1, NULL);
    /* As another node reads it: from Redis alone. */
    str_reset(&whole_payload);
    ck_assert_int_eq(
        ledger_pieces_make(SPAN("list/b"), 1, str_span(&large), &whole_payload, &err), 1);
    ck_assert_int_eq(ledger_pieces_parse(str_span(&whole_payload), &pieces, &err), 1);
    ck_assert_uint_eq(pieces.count, 4);
    ck_assert_int_eq(ledger_store_clear(db, &err), 0);
    e.payload = str_span(&whole_payload);
    str_reset(&large);
    ck_assert_msg(ledger_payload(&e, &large, &payload, &err) == 0, "%s", err.text);
    ck_assert_uint_ge(payload.len, 3 * LEDGER_PART);
    ck_assert_int_eq(ledger_store_clear(db, &err), 0);
    snprintf(key, sizeof key, "part:%s", pieces.hashes[1]);
    fake_redis_set(key, SPAN("something else"));
    str_reset(&large);
    ck_assert_int_eq(ledger_payload(&e, &large, &payload, &err), -1);
    ck_assert_msg(strstr(err.text, "not what its name says") != NULL, "%s", err.text);
    fake_redis_unset(key);
    str_reset(&large);
    ck_assert_int_eq(ledger_payload(&e, &large, &payload, &err), -1);
    ck_assert_msg(strstr(err.text, "is not in Redis") != NULL, "%s", err.text);
    ledger_pieces_clear(&pieces);
    str_clear(&large);
    str_clear(&whole_payload);
    end();
}
END_TEST

START_TEST(test_malformed_pieces)
{
    static const char *const payloads[] = {
        "{\"parts\":[],\"bytes\":1,\"sha256\":\"" SOME_HASH "\"}",
        "{\"parts\":[\"zz\"],\"bytes\":1,\"sha256\":\"" SOME_HASH "\"}",
        "{\"parts\":[1],\"bytes\":1,\"sha256\":\"" SOME_HASH "\"}",
        "{\"parts\":[\"" SOME_HASH "\"],\"bytes\":-1,\"sha256\":\"" SOME_HASH "\"}",
        "{\"parts\":[\"" SOME_HASH "\"],\"bytes\":999999999999,\"sha256\":\"" SOME_HASH "\"}",
        "{\"parts\":[\"" SOME_HASH "\"],\"bytes\":1}",
        "{\"parts\":[\"" SOME_HASH};
    struct ledger_pieces pieces;

    for (size_t i = 0; i < COUNT_OF(payloads); i++)
        ck_assert_int_eq(ledger_pieces_parse(span_of(payloads[i]), &pieces, &err), -1);
    ck_assert_int_eq(ledger_pieces_parse(SPAN("{\"type\":\"ip\"}"), &pieces, &err), 0);
}
END_TEST

/* Redis goes away in the middle: no fault of anybody's entries. */
START_TEST(test_redis_away)
{
    struct ledger_head there = {.subject = "list/a", .number = 1, .base = 1, .hash = SOME_HASH};

    begin();
    fake_redis_set_up(false);
    feed_pull(NULL, &there);
    expect("list/a", LEDGER_BEHIND, 0, NULL);
    fake_redis_set_up(true);
    write_list("list/a", 1, NULL);
    look();
    expect("list/a", LEDGER_IN_ORDER, 1, NULL);
    end();
}
END_TEST

START_TEST(test_log_is_shortened)
{
    uint64_t number;

    begin();
    ck_assert_int_eq(append("all", true, &number), 1);
    for (int i = 0; i <= LEDGER_MAX_SINCE_BASE; i++) {
        ck_assert_int_eq(append("x", false, &number), 1);
        ck_assert_int_eq(ledger_shorten(SPAN("list/a"), "bob", &err), 0);
        look();
    }
    expect("list/a", LEDGER_IN_ORDER, LEDGER_MAX_SINCE_BASE + 3, NULL);
    ck_assert_ptr_null(fake_redis_get("rev:list/a:1"));
    ck_assert_ptr_null(fake_redis_get("rev:list/a:900"));
    end();
}
END_TEST

SUITE_MAIN("feed", test_in_order, test_many_at_once, test_in_force_later, test_garbage,
           test_wrong_signature, test_unknown_signer, test_of_another_list,
           test_of_another_number, test_of_another_cluster, test_too_long, test_wrong_type,
           test_gap_and_wrong_head, test_malformed_heads, test_fork, test_supersede_by_append,
           test_old_and_empty, test_forward_by_itself, test_reseed_stops_at_fork, test_claims,
           test_rules_refused, test_fork_of_rules, test_rules_newest_that_holds,
           test_rules_history, test_base_is_enough, test_append, test_append_second,
           test_pieces, test_malformed_pieces, test_redis_away, test_log_is_shortened)
