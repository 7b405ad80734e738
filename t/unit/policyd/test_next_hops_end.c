/* The thread that resolves next hops, told to end while it is in the resolver: what is known already stays as it is. */
#include <dirent.h>
#include <netdb.h>
#include <sched.h>
#include <stdatomic.h>
#include "base/file.h"
#include "base/xalloc.h"
#include "policyd/maps/maps.h"
#include "policyd/next_hops.h"
#include "policyd/publish.h"

#include "t/lib/suite.h"
#include "t/lib/temp_dir.h"

static char dir[200];
static struct settings settings = {.state_dir = dir};
static struct policy_db *db;
static atomic_int asked, published;
static bool ends_while_asked;

/* These stand before the ones of the C library and of policyd. */
int publish_now(struct err *err)
{
    (void)err;
    published++;
    return 0;
}

int maps_update(const struct settings *of, struct policy_db *with, struct err *err)
{
    (void)of, (void)with, (void)err;
    return 0;
}

int getaddrinfo(const char *node, const char *service, const struct addrinfo *hints,
                struct addrinfo **found_r)
{
    (void)node, (void)service, (void)hints, (void)found_r;
    asked++;
    if (ends_while_asked)
        next_hops_end();
    return EAI_AGAIN;
}

static void add(const char *name, const char *hop)
{
    struct next_hop parsed;

    ck_assert_int_eq(next_hop_parse(span_of(hop), &parsed, NULL), 0);
    ck_assert_int_eq(domains_put(db, span_of(name), &parsed, 1, NULL), 1);
}

static void begin(void)
{
    char *path;
    struct err err;

    temp_dir_make(dir);
    path = file_path(dir, "policyd.db");
    db = policy_db_open(path, &err);
    ck_assert_msg(db != NULL, "%s", err.text);
    xfree(&path);
    add("a.example", "a.hosts.example");
    add("b.example", "b.hosts.example");
    ck_assert_int_eq(next_hops_begin(&settings, db, &err), 0);
    ck_assert_int_eq(next_hops_start(&err), 0);
}

/* The thread is detached: nobody else tells that it has ended. */
static void await_its_end(void)
{
    int count = 2;

    while (count > 1) {
        DIR *tasks = opendir("/proc/self/task");
        const struct dirent *task;

        count = 0;
        while ((task = readdir(tasks)) != NULL)
            count += task->d_name[0] != '.';
        closedir(tasks);
        sched_yield();
    }
}

static void end(void)
{
    policy_db_close(&db);
    temp_dir_remove(dir);
}

START_TEST(test_what_fails_is_published_as_it_is_known)
{
    begin();
    while (published == 0)
        sched_yield();
    next_hops_end();
    await_its_end();
    ck_assert_int_eq(asked, 2);
    end();
}
END_TEST

START_TEST(test_half_a_look_is_not_published)
{
    ends_while_asked = true;
    begin();
    await_its_end();
    ck_assert_int_eq(asked, 1);
    ck_assert_int_eq(published, 0);
    end();
}
END_TEST

SUITE_MAIN("policyd/next_hops_end", test_what_fails_is_published_as_it_is_known,
           test_half_a_look_is_not_published)
