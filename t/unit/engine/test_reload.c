/* Loading what is published: shared pieces, all or nothing, the old snapshot stays. */
#include <unistd.h>
#include "base/clock.h"
#include "engine/reload.h"
#include "engine/snapshot.h"

#include "t/lib/publication.h"
#include "t/lib/suite.h"
#include "t/lib/temp_dir.h"

#define RULES                                                                                  \
    "list stored ip\n"                                                                         \
    "[policy]\n"                                                                               \
    "rule listed when client.ip in $stored then reject \"5.7.1 listed\"\n"                     \
    "test policy \"nobody is\" with client.ip 192.0.2.9 expect pass\n"

static char state_dir[200], dir[220];
static struct settings settings = {.state_dir = state_dir};

static void begin(void)
{
    char *made;
    struct err err;

    ck_assert_ptr_nonnull(temp_dir_make(state_dir));
    made = manifest_make_dir(state_dir, &err);
    ck_assert_ptr_nonnull(made);
    snprintf(dir, sizeof dir, "%s", made);
    free(made);
    ck_assert_int_eq(reload_start(&settings, &err), 0);
}

static void end(void)
{
    struct snapshot *none = NULL;

    reload_stop();
    snapshot_swap(&none);
    temp_dir_remove(state_dir);
}

static bool holds(const struct snapshot *snapshot, const char *address)
{
    struct value value;

    ck_assert(ip_parse(span_of(address), &value.ip));
    return lists_hold(&snapshot->lists, (uint32_t)ruleset_list(snapshot->rules, SPAN("stored")),
                      TYPE_IP, &value, NULL);
}

START_TEST(test_nothing)
{
    struct err err;

    begin();
    ck_assert_int_eq(reload_now(&err), 1);
    ck_assert_ptr_null(snapshot_pin());
    end();
}
END_TEST

/* An overlay changes: rule set and image are the same ones, and who pinned before still sees what was. */
START_TEST(test_shared)
{
    struct publication p = {
        .generation = 1, .rules = RULES, .items = "10.0.0.0/8 192.0.2.0/24"};
    const struct snapshot *first, *second;
    struct err err;

    begin();
    publication_write(dir, &p);
    ck_assert_msg(reload_now(&err) == 0, "%s", err.text);
    first = snapshot_pin();
    ck_assert(holds(first, "10.1.1.1") && !holds(first, "203.0.113.1"));
    p.generation = 2;
    p.changes = "+203.0.113.0/24 -10.0.0.0/8";
    publication_write(dir, &p);
    ck_assert_msg(reload_now(&err) == 0, "%s", err.text);
    second = snapshot_pin();
    ck_assert_uint_eq(second->generation, 2);
    ck_assert(!holds(second, "10.1.1.1") && holds(second, "203.0.113.1") &&
              holds(second, "192.0.2.1"));
    ck_assert(holds(first, "10.1.1.1") && !holds(first, "203.0.113.1"));
    ck_assert_ptr_eq(first->rules, second->rules);
    ck_assert_ptr_eq(first->lists.each[0].image, second->lists.each[0].image);
    ck_assert_ptr_eq(first->routes, second->routes);
    snapshot_unpin(&first);
    ck_assert_ptr_null(first);
    ck_assert(holds(second, "192.0.2.1"));
    snapshot_unpin(&second);
    end();
}
END_TEST

START_TEST(test_refused)
{
    static const struct {
        const char *name;
        struct publication p;
        const char *error;
    } cases[] = {
        {"another text",
         {.generation = 2,
          .rules = RULES,
          .sha256 = "0000000000000000000000000000000000000000000000000000000000000000"},
         "sha256"},
        {"does not compile", {.generation = 2, .rules = "rule"}, "error"},
        {"a test fails",
         {.generation = 2, .rules = RULES "test policy \"x\" expect reject"},
         "1 of 2 tests"},
        {"not learnt yet",
         {.generation = 2,
          .rules = "[policy] rule r when tls.version = \"XX\" then reject \"5.7.1 x\""},
         "learn"},
        {"routes",
         {.generation = 2, .rules = RULES, .routes = "postgate-routes 1 1\nend\n"},
         "routes"},
        {"type of a list",
         {.generation = 2,
          .rules = "list stored domain\n[policy] rule r when recipient.domain in $stored then "
                   "accept"},
         "type"},
    };
    struct publication good = {.generation = 1, .rules = RULES};

    begin();
    publication_write(dir, &good);
    ck_assert_int_eq(reload_now(NULL), 0);
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        const struct snapshot *snapshot;
        struct str status = STR_EMPTY;
        struct err err;

        publication_write(dir, &cases[i].p);
        ck_assert_msg(reload_now(&err) == -1, "%s", cases[i].name);
        ck_assert_msg(strstr(err.text, cases[i].error) != NULL, "%s: %s", cases[i].name,
                      err.text);
        reload_status(&status);
        ck_assert_str_eq(str_cstr(&status), err.text);
        snapshot = snapshot_pin();
        ck_assert_uint_eq(snapshot->generation, 1);
        snapshot_unpin(&snapshot);
        str_clear(&status);
    }
    good.generation = 3;
    publication_write(dir, &good);
    ck_assert_int_eq(reload_now(NULL), 0);
    end();
}
END_TEST

/* Files that are cut, gone or damaged after the manifest was written. */
START_TEST(test_damaged)
{
    struct publication p = {
        .generation = 1, .rules = RULES, .items = "10.0.0.0/8", .changes = "+192.0.2.0/24"};
    static const char *const stems[] = {"stored.10.image", "stored.overlay", "rules", "routes"};
    struct manifest *manifest;
    struct err err;

    begin();
    publication_write(dir, &p);
    ck_assert_int_eq(manifest_read(dir, &manifest, &err), 1);
    for (size_t i = 0; i < COUNT_OF(stems); i++) {
        const struct manifest_file *files[] = {&manifest->lists[0].image,
                                               &manifest->lists[0].overlay,
                                               &manifest->revision_file, &manifest->routes};
        char *path = file_path(dir, files[i]->name), *aside = file_path(dir, "aside");

        ck_assert_msg(strncmp(files[i]->name, stems[i], strlen(stems[i])) == 0, "%s",
                      files[i]->name);
        ck_assert_int_eq(rename(path, aside), 0);
        ck_assert_int_eq(reload_now(&err), -1);
        ck_assert_msg(strstr(err.text, files[i]->name) != NULL, "%s", err.text);
        ck_assert_int_eq(file_replace(path, SPAN("junk"), 0640, &err), 0);
        ck_assert_int_eq(reload_now(&err), -1);
        ck_assert_int_eq(rename(aside, path), 0);
        free(path);
        free(aside);
    }
    ck_assert_msg(reload_now(&err) == 0, "%s", err.text);
    manifest_free(&manifest);
    end();
}
END_TEST

/* The directory was begun anew: the same generation, published at another time, is another publication. */
START_TEST(test_begun_anew)
{
    struct publication p = {.generation = 1, .rules = RULES, .changes = "+10.0.0.0/8"};
    const struct snapshot *snapshot;

    begin();
    publication_write(dir, &p);
    ck_assert_int_eq(reload_now(NULL), 0);
    p.changes = "+192.0.2.0/24";
    p.published_ms = 2;
    publication_write(dir, &p);
    ck_assert_int_eq(reload_now(NULL), 0);
    snapshot = snapshot_pin();
    ck_assert(holds(snapshot, "192.0.2.1") && !holds(snapshot, "10.1.1.1"));
    snapshot_unpin(&snapshot);
    end();
}
END_TEST

/* Neither poked nor asked: found within a second or so. */
START_TEST(test_thread)
{
    struct publication p = {.generation = 1, .rules = RULES};
    const struct snapshot *snapshot = NULL;
    int64_t deadline;

    begin();
    publication_write(dir, &p);
    deadline = clock_mono_ms() + 10000;
    while (snapshot == NULL && clock_mono_ms() < deadline) {
        snapshot = snapshot_pin();
        usleep(10000); /* there is no event to wait for: that is what is tested */
    }
    ck_assert_ptr_nonnull(snapshot);
    snapshot_unpin(&snapshot);
    p.generation = 2;
    publication_write(dir, &p);
    while (snapshot == NULL && clock_mono_ms() < deadline) {
        reload_poke();
        snapshot = snapshot_pin();
        if (snapshot->generation != 2)
            snapshot_unpin(&snapshot);
    }
    ck_assert_uint_eq(snapshot->generation, 2);
    snapshot_unpin(&snapshot);
    end();
}
END_TEST

SUITE_MAIN("reload", test_nothing, test_shared, test_refused, test_damaged, test_begun_anew,
           test_thread)
