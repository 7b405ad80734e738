/* What the feed takes and what it refuses, whatever lies in Redis: nothing that does not fit is applied, and it is named. */
#include <stdio.h>
#include <stdlib.h>

#include "t/lib/feed_rig.h"

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

START_TEST(test_heads_of_another_type)
{
    struct ledger_head *heads;
    size_t count, malformed;

    begin();
    fake_redis_make_list("heads");
    ck_assert_int_eq(ledger_redis_heads(&heads, &count, &malformed, &err), -1);
    ck_assert_uint_eq(malformed, 1);
    ck_assert(strstr(err.text, "no hash") != NULL);
    fake_redis_set_up(false);
    ck_assert_int_eq(ledger_redis_heads(&heads, &count, &malformed, &err), -1);
    ck_assert_uint_eq(malformed, 0);
    end();
}
END_TEST

START_TEST(test_too_many_heads)
{
    struct ledger_head *heads;
    size_t count, malformed;

    begin();
    for (size_t i = 0; i <= LEDGER_SUBJECTS_MAX; i++) {
        char subject[20];

        snprintf(subject, sizeof subject, "list/%zu", i);
        fake_redis_set_head(subject, "1 " SOME_HASH " 1");
    }
    ck_assert_int_eq(ledger_redis_heads(&heads, &count, &malformed, &err), -1);
    ck_assert_uint_eq(malformed, 1);
    ck_assert(strstr(err.text, "holds 2101 subjects") != NULL);
    end();
}
END_TEST

static bool is_list_a(const void *ctx, const char *subject)
{
    (void)ctx;
    return strcmp(subject, "list/a") == 0;
}

/* What somebody made up and took away again is no trouble any more. */
START_TEST(test_forgets_what_is_made_up)
{
    begin();
    write_list("list/a", 1, NULL);
    fake_redis_set_head("list/made-up", "7 " SOME_HASH " 7");
    look();
    expect("list/made-up", LEDGER_FORGED, 0, NULL);
    fake_redis_set_head("list/made-up", NULL);
    look();
    ledger_table_keep(is_list_a, NULL);
    ck_assert(!ledger_status(SPAN("list/made-up"), &(struct ledger_status){0}));
    expect("list/a", LEDGER_IN_ORDER, 1, NULL);
    end();
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

SUITE_MAIN("feed", test_in_order, test_many_at_once, test_in_force_later, test_garbage,
           test_wrong_signature, test_unknown_signer, test_of_another_list,
           test_of_another_number, test_of_another_cluster, test_too_long, test_wrong_type,
           test_gap_and_wrong_head, test_malformed_heads, test_heads_of_another_type,
           test_too_many_heads, test_forgets_what_is_made_up, test_redis_away)
