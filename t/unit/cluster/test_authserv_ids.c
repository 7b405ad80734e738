/* test_authserv_ids.c - which names of nodes are told to the milter, from heartbeats old, new and missing. */
#include "policyd/cluster/authserv_ids.h"

#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>

#include "base/file.h"
#include "t/lib/suite.h"
#include "t/lib/temp_dir.h"

#define COUNT 3

static struct node_entry entries[COUNT];
static struct node_table table = {entries, COUNT};

/* heartbeat: JSON, or NULL. */
static void set_entry(size_t i, const char *name, const char *heartbeat)
{
    struct node_entry *entry = &entries[i];

    json_decref(entry->heartbeat);
    entry->heartbeat = heartbeat != NULL ? json_loads(heartbeat, 0, NULL) : NULL;
    ck_assert(heartbeat == NULL || entry->heartbeat != NULL);
    snprintf(entry->member.id, sizeof entry->member.id, "%016zx", i + 1);
    snprintf(entry->member.name, sizeof entry->member.name, "%s", name);
}

static void clear(void)
{
    for (size_t i = 0; i < COUNT; i++)
        set_entry(i, "", NULL);
}

START_TEST(test_what_is_told)
{
    static const struct {
        const char *name, *heartbeat, *before, *want;
    } cases[] = {
        {"says it", "{\"authserv_id\":\"mx.example\",\"name\":\"n\"}", "old.example",
         "mx.example"},
        {"an older release", "{\"name\":\"renamed\"}", NULL, "renamed"},
        {"not heard yet", NULL, "old.example", "old.example"},
        {"never heard", NULL, NULL, "joined"},
        {"says rubbish", "{\"authserv_id\":\"a; b\",\"name\":\"n\"}", NULL, "n"},
        {"says no text", "{\"authserv_id\":7,\"name\":\"n\"}", "old.example", "n"},
        {"nothing usable", "{\"authserv_id\":\"\",\"name\":\"a b\"}", NULL, "joined"},
    };

    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        struct authserv_id old = {.node = "0000000000000001"};
        struct authserv_ids before = {cases[i].before != NULL, &old}, ids;

        snprintf(old.id, sizeof old.id, "%s", cases[i].before != NULL ? cases[i].before : "");
        set_entry(0, "joined", cases[i].heartbeat);
        set_entry(1, "b", NULL);
        set_entry(2, "a name with blanks", NULL);
        cluster_authserv_ids_of(&table, &before, &ids);
        ck_assert_uint_eq(ids.count, 2); /* what is no id cannot be claimed either */
        ck_assert_msg(strcmp(ids.list[0].id, cases[i].want) == 0, "%s: %s", cases[i].name,
                      ids.list[0].id);
        ck_assert_str_eq(ids.list[1].id, "b");
        authserv_ids_clear(&ids);
    }
    clear();
}
END_TEST

static ino_t inode_of(const char *dir)
{
    char *path = authserv_ids_path(dir);
    struct stat st;
    ino_t inode = stat(path, &st) == 0 ? st.st_ino : 0;

    free(path);
    return inode;
}

static void expect(const char *dir, const char *want)
{
    struct authserv_ids ids;
    struct str text = STR_EMPTY;

    ck_assert_int_ge(authserv_ids_read(dir, &ids, NULL), 0);
    for (size_t i = 0; i < ids.count; i++)
        str_printf(&text, "%s ", ids.list[i].id);
    ck_assert_str_eq(str_cstr(&text), want);
    str_clear(&text);
    authserv_ids_clear(&ids);
}

/* A policyd that starts anew, before it has heard anybody, forgets nothing; who leaves the cluster does. */
START_TEST(test_file)
{
    char buf[200], *dir = temp_dir_make(buf), *path = authserv_ids_path(dir);
    ino_t first;

    for (size_t i = 0; i < COUNT; i++)
        set_entry(i, "joined", "{\"authserv_id\":\"mx.example\",\"name\":\"n\"}");
    cluster_authserv_ids_follow(dir, &table);
    expect(dir, "mx.example mx.example mx.example ");
    first = inode_of(dir);
    cluster_authserv_ids_follow(dir, &table);
    ck_assert(inode_of(dir) == first);
    cluster_authserv_ids_end();
    clear();
    for (size_t i = 0; i < COUNT; i++)
        set_entry(i, "joined", NULL);
    cluster_authserv_ids_follow(dir, &table);
    ck_assert(inode_of(dir) == first);
    table.count = 2; /* one was forgotten */
    cluster_authserv_ids_follow(dir, &table);
    expect(dir, "mx.example mx.example ");
    ck_assert_int_eq(file_replace(path, SPAN("rubbish"), 0640, NULL), 0);
    cluster_authserv_ids_end();
    cluster_authserv_ids_follow(dir, &table);
    expect(dir, "joined joined ");
    cluster_authserv_ids_follow(dir, NULL);
    ck_assert(inode_of(dir) == 0);
    cluster_authserv_ids_end();
    table.count = COUNT;
    clear();
    free(path);
    temp_dir_remove(dir);
}
END_TEST

SUITE_MAIN("cluster_authserv_ids", test_what_is_told, test_file)
