/* Histories: forks and how they are mended, an old or empty Redis, revisions of the past, bases. */
#include <stdio.h>
#include <stdlib.h>

#include "t/lib/feed_rig.h"

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

SUITE_MAIN("feed_history", test_fork, test_supersede_by_append, test_old_and_empty,
           test_forward_by_itself, test_reseed_stops_at_fork, test_claims, test_rules_refused,
           test_fork_of_rules, test_rules_newest_that_holds, test_rules_history,
           test_base_is_enough)
