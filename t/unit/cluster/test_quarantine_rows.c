/* Rows of the shared index: cut, sealed, opened by both generations, refused when moved; and which node keeps a copy. */
#include <stdio.h>
#include "policyd/cluster/quarantine_copies.h"
#include "policyd/cluster/quarantine_rows.h"
#include "t/lib/suite.h"

#define NODE "aaaaaaaaaaaaaaaa"
#define ID   "20261122-0123456789abcdef"

static struct quarantine_keys keys(size_t count)
{
    struct quarantine_keys k = {.count = count};

    memset(k.of[0], 1, HASH_KEY_SIZE);
    memset(k.of[1], 2, HASH_KEY_SIZE);
    return k;
}

static json_t *row(void)
{
    return json_pack("{s:s,s:s,s:s,s:[s,s],s:i,s:s,s:s}", "id", ID, "state", "held", "sender",
                     "a@x.example", "recipients", "b@y.example", "c@y.example", "size", 1234,
                     "notes", "not for others", "reasons", "long");
}

START_TEST(test_there_and_back)
{
    struct quarantine_keys k = keys(1);
    json_t *full = row(), *brief = quarantine_row_brief(full), *back;
    struct str sealed = STR_EMPTY;

    ck_assert_ptr_null(json_object_get(brief, "notes"));
    ck_assert_ptr_null(json_object_get(brief, "reasons"));
    ck_assert_uint_eq(json_array_size(json_object_get(brief, "recipients")), 2);
    quarantine_row_seal(&sealed, &k, NODE, ID, brief);
    back = quarantine_row_open(str_span(&sealed), &k, NODE, ID);
    ck_assert(json_equal(back, brief));
    json_decref(back);
    json_decref(brief);
    json_decref(full);
    str_clear(&sealed);
}
END_TEST

/* Of the generation before: still readable after a change of the key, not after two. */
START_TEST(test_generations)
{
    struct quarantine_keys old = keys(1), now = keys(2), later = keys(1);
    json_t *full = row(), *back;
    struct str sealed = STR_EMPTY;

    quarantine_row_seal(&sealed, &old, NODE, ID, full);
    memset(now.of[0], 9, HASH_KEY_SIZE);
    memset(now.of[1], 1, HASH_KEY_SIZE);
    memset(later.of[0], 10, HASH_KEY_SIZE);
    back = quarantine_row_open(str_span(&sealed), &now, NODE, ID);
    ck_assert_ptr_nonnull(back);
    json_decref(back);
    ck_assert_ptr_null(quarantine_row_open(str_span(&sealed), &later, NODE, ID));
    json_decref(full);
    str_clear(&sealed);
}
END_TEST

START_TEST(test_moved_or_changed)
{
    struct quarantine_keys k = keys(1);
    json_t *full = row();
    struct str sealed = STR_EMPTY;

    quarantine_row_seal(&sealed, &k, NODE, ID, full);
    ck_assert_ptr_null(quarantine_row_open(str_span(&sealed), &k, "bbbbbbbbbbbbbbbb", ID));
    ck_assert_ptr_null(
        quarantine_row_open(str_span(&sealed), &k, NODE, "20261122-0123456789abcdee"));
    ck_assert_ptr_null(quarantine_row_open(SPAN(""), &k, NODE, ID));
    for (size_t i = 0; i < sealed.len; i++) {
        sealed.ptr[i] ^= 1;
        ck_assert_ptr_null(quarantine_row_open(str_span(&sealed), &k, NODE, ID));
        sealed.ptr[i] ^= 1;
    }
    json_decref(full);
    str_clear(&sealed);
}
END_TEST

/* Whatever the message says, the row stays short. */
START_TEST(test_long)
{
    static char text[5000];
    json_t *full = row(), *brief;
    json_t *recipients = json_array();
    struct quarantine_keys k = keys(1);
    struct str sealed = STR_EMPTY;

    memset(text, '"', sizeof text - 1);
    for (int i = 0; i < 1000; i++)
        json_array_append_new(recipients, json_string(text));
    json_object_set_new(full, "recipients", recipients);
    json_object_set_new(full, "subject", json_string(text));
    json_object_set_new(full, "reason", json_string(text));
    brief = quarantine_row_brief(full);
    ck_assert_int_eq(json_integer_value(json_object_get(brief, "recipient_count")), 1000);
    quarantine_row_seal(&sealed, &k, NODE, ID, brief);
    ck_assert_uint_lt(sealed.len, QUARANTINE_ROW_MAX);
    json_decref(full);
    json_decref(brief);
    str_clear(&sealed);
}
END_TEST

#define NODES 10
#define IDS   1000

static void candidates(struct copy_candidate *nodes)
{
    for (size_t i = 0; i < NODES; i++) {
        nodes[i] = (struct copy_candidate){.is_able = true};
        snprintf(nodes[i].node, sizeof nodes[i].node, "%016zx", i * 7919);
    }
}

/* Even over the nodes; one that goes moves only its own. */
START_TEST(test_choice)
{
    struct copy_candidate nodes[NODES];
    int first[IDS], of[NODES] = {0};

    candidates(nodes);
    for (int i = 0; i < IDS; i++) {
        char id[64];

        snprintf(id, sizeof id, "20261122-%016x", (unsigned)i);
        first[i] = quarantine_copies_choose(id, nodes, NODES);
        of[first[i]]++;
    }
    for (int i = 0; i < NODES; i++)
        ck_assert_msg(of[i] > IDS / NODES / 2 && of[i] < IDS / NODES * 2, "%d: %d", i, of[i]);
    nodes[3].is_able = false;
    for (int i = 0; i < IDS; i++) {
        char id[64];
        int now;

        snprintf(id, sizeof id, "20261122-%016x", (unsigned)i);
        now = quarantine_copies_choose(id, nodes, NODES);
        ck_assert_int_ne(now, 3);
        ck_assert(first[i] == 3 || now == first[i]);
    }
    ck_assert_int_eq(quarantine_copies_choose(ID, nodes, 0), -1);
}
END_TEST

SUITE_MAIN("cluster/quarantine_rows", test_there_and_back, test_generations,
           test_moved_or_changed, test_long, test_choice)
