/* Saves the rules, lists and domains of a node that joins a cluster. */
#include "policyd/cluster/before_cluster.h"

#include <stdio.h>
#include <stdlib.h>

#include "base/arena.h"
#include "base/clock.h"
#include "base/file.h"
#include "base/log.h"
#include "store/domains.h"
#include "store/list_items.h"
#include "store/revisions.h"

#define REVISIONS 100

static int write_text(const char *dir, const char *name, struct span text, struct err *err)
{
    char *path = file_path(dir, name);
    int result = file_replace(path, text, 0640, err);

    free(path);
    return result;
}

static int save_revision(const char *dir, struct policy_db *db, uint64_t number,
                         struct err *err)
{
    struct revision revision;
    char name[40];
    int result = revisions_get(db, number, &revision, err);

    if (result != 1)
        return result;
    snprintf(name, sizeof name, "rules.%llu", (unsigned long long)number);
    result = write_text(dir, name, revision.text, err);
    revision_clear(&revision);
    return result;
}

static int save_revisions(const char *dir, struct policy_db *db, struct err *err)
{
    struct revision *list;
    size_t count;
    int result = revisions_list(db, 0, REVISIONS, &list, &count, err);

    if (result < 0)
        return -1;
    for (size_t i = 0; i < count && result == 0; i++)
        result = save_revision(dir, db, list[i].number, err);
    revisions_free(&list, count);
    return result;
}

static int save_list(const char *dir, struct policy_db *db, const char *name, struct err *err)
{
    struct arena *arena = arena_new();
    struct stored_list list;
    struct str text = STR_EMPTY;
    struct span *items;
    int result = list_items_read(db, span_of(name), arena, &items, &list, err);

    for (size_t i = 0; result == 1 && i < list.count; i++) {
        str_add(&text, items[i]);
        str_addc(&text, '\n');
    }
    if (result == 1)
        result = write_text(dir, name, str_span(&text), err);
    str_clear(&text);
    arena_free(&arena);
    return result;
}

static int save_lists(const char *dir, struct policy_db *db, struct err *err)
{
    char *lists_dir = file_path(dir, "lists");
    struct stored_list *lists = NULL;
    size_t count = 0;
    int result = file_make_dir(lists_dir, 0750, err);

    if (result == 0)
        result = list_items_lists(db, &lists, &count, err);
    for (size_t i = 0; i < count && result == 0; i++)
        result = save_list(lists_dir, db, lists[i].name, err);
    free(lists);
    free(lists_dir);
    return result;
}

static int save_domains(const char *dir, struct policy_db *db, struct err *err)
{
    struct str text = STR_EMPTY;
    struct domain *domains;
    size_t count;
    int result = domains_list(db, &domains, &count, NULL, err);

    if (result < 0)
        return -1;
    for (size_t i = 0; i < count; i++) {
        str_printf(&text, "%s ", domains[i].name);
        for (size_t j = 0; j < domains[i].hop_count; j++) {
            if (j > 0)
                str_addc(&text, ',');
            next_hop_print(&text, &domains[i].hops[j]);
        }
        str_addc(&text, '\n');
    }
    result = write_text(dir, "domains", str_span(&text), err);
    free(domains);
    str_clear(&text);
    return result;
}

int before_cluster_save(const char *state_dir, struct policy_db *db, struct err *err)
{
    char name[48];
    char *dir;
    int result;

    snprintf(name, sizeof name, "before-cluster-%lld", (long long)clock_now_ms() / 1000);
    dir = file_path(state_dir, name);
    result = file_make_dir(dir, 0750, err);
    if (result == 0)
        result = save_revisions(dir, db, err);
    if (result == 0)
        result = save_lists(dir, db, err);
    if (result == 0)
        result = save_domains(dir, db, err);
    if (result == 0)
        log_info("cluster: rules, lists and domains of this node are saved in %s", dir);
    else
        err_prefix(err, "what this node had cannot be saved");
    free(dir);
    return result;
}
