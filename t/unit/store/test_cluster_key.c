/* store/cluster_key: the file, its modes and generations, what is in use while it changes, and the codes made with it. */
#include "store/cluster_key.h"

#include <stdio.h>
#include <sys/stat.h>

#include "base/arena.h"
#include "base/file.h"
#include "conf/settings.h"
#include "store/decisions.h"
#include "t/lib/suite.h"
#include "t/lib/temp_dir.h"

static char dir[200], path[220];
static const struct settings settings = {.state_dir = dir, .cluster_key_file = ""};
static struct err err;

static void begin(void)
{
    temp_dir_make(dir);
    snprintf(path, sizeof path, "%s/cluster.key", dir);
}

static struct cluster_key sample(uint64_t newest, size_t count)
{
    struct cluster_key key;

    memset(&key, 0, sizeof key);
    key.count = count;
    key.node = 7;
    for (size_t i = 0; i < count; i++) {
        key.of[i].generation = newest - i;
        memset(key.of[i].master, (int)(newest - i), HASH_KEY_SIZE);
    }
    return key;
}

START_TEST(test_round)
{
    struct cluster_key key = sample(3, 2), again;
    struct stat st;

    begin();
    ck_assert_int_eq(cluster_key_load(&settings, &again, &err), 0);
    ck_assert_int_eq(cluster_key_store(&settings, &key, &err), 0);
    ck_assert_int_eq(stat(path, &st), 0);
    ck_assert_int_eq(st.st_mode & 0777, 0640);
    ck_assert_int_eq(cluster_key_load(&settings, &again, &err), 1);
    ck_assert_mem_eq(&key, &again, sizeof key);
    ck_assert_int_eq(cluster_key_remove(&settings, &err), 0);
    ck_assert_int_eq(cluster_key_load(&settings, &again, &err), 0);
    ck_assert(!cluster_key_get(&again));
    ck_assert_int_eq(cluster_key_remove(&settings, &err), 0);
    temp_dir_remove(dir);
}
END_TEST

START_TEST(test_everybody_can_read_it)
{
    struct cluster_key key = sample(1, 1), again;

    begin();
    ck_assert_int_eq(cluster_key_store(&settings, &key, &err), 0);
    ck_assert_int_eq(chmod(path, 0644), 0);
    ck_assert_int_eq(cluster_key_load(&settings, &again, &err), -1);
    ck_assert_ptr_nonnull(strstr(err.text, "chmod 0640"));
    temp_dir_remove(dir);
}
END_TEST

#define HEX "0101010101010101010101010101010101010101010101010101010101010101"
START_TEST(test_malformed)
{
    static const char *const bad[] = {
        "",
        "postgate-cluster-key 1\n",
        "postgate-cluster-key 1\nnode 1\n",
        "postgate-cluster-key 2\nnode 1\ngeneration 1 " HEX "\n",
        "postgate-cluster-key 1\nnode 0\ngeneration 1 " HEX "\n",
        "postgate-cluster-key 1\nnode 4096\ngeneration 1 " HEX "\n",
        "postgate-cluster-key 1\nnode 1\ngeneration 0 " HEX "\n",
        "postgate-cluster-key 1\nnode 1\ngeneration 1 " HEX,
        "postgate-cluster-key 1\nnode 1\ngeneration 1 " HEX "0\n",
        "postgate-cluster-key 1\nnode 1\ngeneration 1 " HEX "\ngeneration 1 " HEX "\n",
        "postgate-cluster-key 1\nnode 1\ngeneration 1 " HEX "\ngeneration 2 " HEX "\n",
        "postgate-cluster-key 1\nnode 1\ngeneration 3 " HEX "\ngeneration 2 " HEX
        "\ngeneration 1 " HEX "\n",
        "postgate-cluster-key 1\nnode 1\ngeneration 1 " HEX "\nmore\n",
    };
    struct cluster_key key;

    for (size_t i = 0; i < COUNT_OF(bad); i++)
        ck_assert_msg(cluster_key_parse(span_of(bad[i]), &key, &err) == -1, "row %zu", i);
    ck_assert_int_eq(
        cluster_key_parse(SPAN("postgate-cluster-key 1\nnode 1\ngeneration 1 " HEX "\n"), &key,
                          &err),
        0);
}
END_TEST

/* Another process puts another key in its place; a damaged one changes nothing. */
START_TEST(test_look)
{
    struct cluster_key key = sample(1, 1), got;
    struct str text = STR_EMPTY;

    begin();
    ck_assert(!cluster_key_look(&settings));
    ck_assert(!cluster_key_get(&got));
    cluster_key_print(&text, &key);
    ck_assert_int_eq(file_replace(path, str_span(&text), 0640, &err), 0);
    ck_assert(cluster_key_look(&settings));
    ck_assert(!cluster_key_look(&settings));
    ck_assert(cluster_key_get(&got));
    ck_assert_uint_eq(got.of[0].generation, 1);
    ck_assert_int_eq(file_replace(path, SPAN("rubbish\n"), 0640, &err), 0);
    ck_assert(!cluster_key_look(&settings));
    ck_assert(cluster_key_get(&got));
    ck_assert_uint_eq(got.of[0].generation, 1);
    key = sample(2, 2);
    str_reset(&text);
    cluster_key_print(&text, &key);
    ck_assert_int_eq(file_replace(path, str_span(&text), 0640, &err), 0);
    ck_assert(cluster_key_look(&settings));
    ck_assert(cluster_key_get(&got));
    ck_assert_uint_eq(got.of[0].generation, 2);
    str_clear(&text);
    temp_dir_remove(dir);
}
END_TEST

static struct node_key own;

static struct decisions *open_decisions(void)
{
    const struct decisions_options options = {.state_dir = dir,
                                              .program = DECISION_MILTER,
                                              .key = &own,
                                              .days = 1,
                                              .max_bytes = 1 << 30};
    struct decisions *decisions;

    begin();
    ck_assert_int_eq(node_key_load(dir, &own, &err), 0);
    decisions = decisions_open(&options, &err);
    ck_assert_ptr_nonnull(decisions);
    return decisions;
}

static void use(struct decisions *decisions, const struct cluster_key *key)
{
    struct decision_keys keys;

    cluster_key_decisions(key, &own, &keys);
    decisions_set_keys(decisions, &keys);
}

static struct decision_ticket record(struct decisions *decisions, const char *rule)
{
    struct decision_ticket ticket;
    const struct decision_record record = {.time_ms = 1, .rule = span_of(rule)};

    decisions_reserve(decisions, &ticket);
    ck_assert(decisions_put(decisions, &ticket, &record));
    return ticket;
}

static int find(struct decisions *decisions, const struct decision_ticket *ticket,
                const char *rule)
{
    struct arena *arena = arena_new();
    struct decision found;
    int result = decisions_find(decisions, span_of(ticket->code), arena, &found, &err);

    if (result == 1) {
        ck_assert(span_is(found.record.rule, rule));
        ck_assert_str_eq(found.ticket.code, ticket->code);
    }
    arena_free(&arena);
    return result;
}

/* Codes of before joining, of the generation before and of this one are all found; older ones no longer. */
START_TEST(test_codes)
{
    struct decisions *decisions = open_decisions();
    struct cluster_key first = sample(1, 1), second = sample(2, 2), third = sample(3, 2);
    struct decision_ticket alone = record(decisions, "alone"), one, two;
    uint16_t nodes[CLUSTER_KEY_GENERATIONS];
    uint64_t code;

    use(decisions, &first);
    one = record(decisions, "one");
    ck_assert_uint_eq(one.id.node, 7);
    use(decisions, &second);
    two = record(decisions, "two");
    ck_assert_int_eq(find(decisions, &alone, "alone"), 1);
    ck_assert_int_eq(find(decisions, &one, "one"), 1);
    ck_assert_int_eq(find(decisions, &two, "two"), 1);
    ck_assert(decision_code_parse(span_of(one.code), &code));
    ck_assert_uint_eq(cluster_key_code_nodes(&second, code, nodes), 2);
    ck_assert_uint_eq(nodes[1], 7);
    third.is_left = true;
    use(decisions, &third);
    ck_assert_int_eq(find(decisions, &two, "two"), 1);
    two = record(decisions, "two");
    ck_assert_uint_eq(two.id.node, own.node);
    third.is_left = false;
    use(decisions, &third);
    ck_assert_int_eq(find(decisions, &alone, "alone"), 1);
    ck_assert_int_eq(find(decisions, &one, "one"), 0);
    ck_assert_int_eq(find(decisions, &two, "two"), 1);
    decisions_close(&decisions);
    temp_dir_remove(dir);
}
END_TEST

static size_t told;

static void changed(void *ctx, const struct cluster_key *key)
{
    *(size_t *)ctx = key->count;
}

START_TEST(test_follow)
{
    struct cluster_key key = sample(1, 1);

    begin();
    told = 99;
    ck_assert_int_eq(cluster_key_follow(&settings, changed, &told, &err), 0);
    ck_assert_uint_eq(told, 0);
    cluster_key_unfollow();
    ck_assert_int_eq(cluster_key_store(&settings, &key, &err), 0);
    ck_assert_int_eq(cluster_key_follow(&settings, changed, &told, &err), 0);
    ck_assert_uint_eq(told, 1);
    cluster_key_unfollow();
    ck_assert_int_eq(cluster_key_remove(&settings, &err), 0);
    told = 99;
    ck_assert_int_eq(cluster_key_follow(&settings, changed, &told, &err), 0);
    ck_assert_uint_eq(told, 1); /* the one that was left */
    cluster_key_unfollow();
    temp_dir_remove(dir);
}
END_TEST

SUITE_MAIN("cluster key", test_round, test_everybody_can_read_it, test_malformed, test_look,
           test_codes, test_follow)
