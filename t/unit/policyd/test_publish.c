/* From the database to the snapshot directory: the first start, small and large changes, a restart, a lost database. */
#include <sched.h>
#include "base/clock.h"
#include "base/file.h"
#include "base/xalloc.h"
#include "engine/snapshot.h"
#include "policyd/first_start.h"
#include "policyd/images.h"
#include "policyd/lines.h"
#include "policyd/publish.h"
#include "store/domains.h"
#include "store/list_items.h"
#include "store/manifest.h"
#include "store/revisions.h"

#include "t/lib/policyd_store.h"
#include "t/lib/suite.h"
#include "t/lib/temp_dir.h"

#define RULES                                                                                  \
    "list small ip\nlist large ip\n[policy]\nrule r when client.ip in $small or client.ip in " \
    "$large then reject \"5.7.1 x\"\n"

#define LARGE (LIST_CHANGES_MAX + 1)

static void put(const char *name, const char *text)
{
    char *path = file_path(dir, name);
    struct err err;

    ck_assert_msg(file_replace(path, span_of(text), 0640, &err) == 0, "%s", err.text);
    xfree(&path);
}

/* More addresses than an overlay ever takes. */
static void put_large(void)
{
    struct str text = STR_EMPTY;

    for (int i = 0; i < LARGE; i++)
        str_printf(&text, "10.0.%d.%d\n", i / 256, i % 256);
    put("lists/large", str_cstr(&text));
    str_clear(&text);
}

static void begin(void)
{
    char *lists;

    ck_assert_ptr_nonnull(temp_dir_make(dir));
    snprintf(rules_file, sizeof rules_file, "%s/rules", dir);
    lists = file_path(dir, "lists");
    ck_assert_int_eq(file_make_dir(lists, 0750, NULL), 0);
    xfree(&lists);
    open_db();
}

static void end(void)
{
    close_db();
    temp_dir_remove(dir);
}

static bool is_listed(const char *list, const char *address)
{
    const struct snapshot *snapshot = snapshot_pin();
    struct value value;
    bool is_there;

    ck_assert_ptr_nonnull(snapshot);
    ck_assert(ip_parse(span_of(address), &value.ip));
    is_there =
        lists_hold(&snapshot->lists, (uint32_t)ruleset_list(snapshot->rules, span_of(list)),
                   TYPE_IP, &value, NULL);
    snapshot_unpin(&snapshot);
    return is_there;
}

static uint64_t generation(void)
{
    const struct snapshot *snapshot = snapshot_pin();
    uint64_t number = snapshot != NULL ? snapshot->generation : 0;

    snapshot_unpin(&snapshot);
    return number;
}

static uint64_t edit(enum list_verb verb, const char *list, const char *item)
{
    struct span one = span_of(item);
    const struct list_edit change = {.verb = verb, .count = 1, .items = &one};
    struct list_edited edited;
    struct err err;

    ck_assert_msg(list_items_edit(db, span_of(list), &change, &edited, &err) == 0, "%s",
                  err.text);
    ck_assert_msg(publish_now(&err) == 0, "%s", err.text);
    return edited.generation;
}

static void make_first(void)
{
    struct err err;

    put("rules", RULES);
    put("lists/small", "# comment\n192.0.2.0/24\n\n2001:db8::/32\n");
    put_large();
    ck_assert_msg(first_start(&settings, db, &err) == 1, "%s", err.text);
    ck_assert_msg(publish_now(&err) == 0, "%s", err.text);
}

/* The rules and both lists become visible together, though one of them needs an image first. */
START_TEST(test_first_start)
{
    struct err err;

    begin();
    ck_assert_int_eq(publish_now(&err), 1);
    make_first();
    ck_assert_uint_eq(generation(), 1);
    ck_assert(is_listed("small", "192.0.2.77") && is_listed("large", "10.0.156.64") &&
              !is_listed("large", "10.0.156.65"));
    ck_assert_int_eq(first_start(&settings, db, &err), 0);
    ck_assert_int_eq(publish_now(&err), 0);
    ck_assert_uint_eq(generation(), 1); /* nothing changed: nothing published */
    end();
}
END_TEST

START_TEST(test_broken_first)
{
    static const struct {
        const char *rules, *small, *error;
    } cases[] = {
        {NULL, NULL, "rules"},
        {"rule", NULL, "does not hold"},
        {RULES "test policy \"x\" with client.ip 192.0.2.1 expect reject\n", NULL,
         "does not hold"},
        {RULES, "192.0.2.1/24\n", "lists/small"},
    };
    struct err err;

    begin();
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        if (cases[i].rules != NULL)
            put("rules", cases[i].rules);
        if (cases[i].small != NULL)
            put("lists/small", cases[i].small);
        ck_assert_int_eq(first_start(&settings, db, &err), -1);
        ck_assert_msg(strstr(err.text, cases[i].error) != NULL, "%s", err.text);
        ck_assert_ptr_nonnull(strstr(err.text, "milter-ctl rules apply"));
        ck_assert_int_eq(publish_now(&err), 1);
        ck_assert_uint_eq(generation(), 0);
    }
    make_first();
    ck_assert(is_listed("small", "192.0.2.77"));
    end();
}
END_TEST

START_TEST(test_small_changes)
{
    begin();
    make_first();
    edit(LIST_ADD, "small", "203.0.113.0/24");
    ck_assert(is_listed("small", "203.0.113.9"));
    edit(LIST_REMOVE, "small", "192.0.2.0/24");
    ck_assert(!is_listed("small", "192.0.2.77"));
    edit(LIST_REMOVE, "large", "10.0.156.64");
    ck_assert(!is_listed("large", "10.0.156.64") && is_listed("large", "10.0.156.63"));
    ck_assert_uint_eq(generation(), 4);
    end();
}
END_TEST

static struct manifest *published(void)
{
    struct manifest *manifest;
    char *path = file_path(dir, "snapshot");

    ck_assert_int_eq(manifest_read(path, &manifest, NULL), 1);
    xfree(&path);
    return manifest;
}

/* count new items in one edit, published; returns the list's generation. */
static uint64_t add_many(const char *list, int count)
{
    struct list_edit change = {.verb = LIST_ADD, .is_file = true};
    struct str text = STR_EMPTY;
    struct list_edited edited;
    struct span *lines;
    struct err err;

    for (int i = 0; i < count; i++)
        str_printf(&text, "172.%d.%d.%d\n", 16 + i / 65536, i / 256 % 256, i % 256);
    ck_assert_int_eq(lines_split(str_span(&text), &lines, &change.count, &err), 0);
    change.items = lines;
    ck_assert_int_eq(list_items_edit(db, span_of(list), &change, &edited, &err), 0);
    ck_assert_int_eq(publish_now(&err), 0);
    xfree(&lines);
    str_clear(&text);
    return edited.generation;
}

static bool has_image(const char *list)
{
    struct manifest *manifest = published();
    bool is_there = manifest_list_find(manifest, span_of(list))->image.name[0] != '\0';

    manifest_free(&manifest);
    return is_there;
}

/* Past LIST_OVERLAY_MAX: in force at once by the overlay, and a new image is built aside. */
START_TEST(test_image_in_time)
{
    int64_t deadline = clock_mono_ms() + 20000;

    begin();
    make_first();
    ck_assert(!has_image("small"));
    add_many("small", LIST_OVERLAY_MAX + 1);
    ck_assert(is_listed("small", "172.16.39.16") && is_listed("small", "192.0.2.77"));
    while (!has_image("small") && clock_mono_ms() < deadline)
        sched_yield();
    ck_assert(has_image("small"));
    edit(LIST_ADD, "small", "203.0.113.5");
    ck_assert(is_listed("small", "203.0.113.5") && is_listed("small", "172.16.39.16"));
    end();
}
END_TEST

/* More than an overlay can hold: in force when the image is there. */
START_TEST(test_image_first)
{
    uint64_t wanted;

    begin();
    make_first();
    wanted = add_many("small", LIST_CHANGES_MAX + 10);
    ck_assert(publish_wait_list(SPAN("small"), wanted, 20000));
    ck_assert(is_listed("small", "172.16.156.72") && is_listed("small", "192.0.2.77"));
    end();
}
END_TEST

/* After a restart the image made before is named again, and the generation goes on. */
START_TEST(test_restart)
{
    struct manifest *before, *after;
    struct err err;

    begin();
    make_first();
    before = published();
    close_db();
    open_db();
    ck_assert_uint_eq(generation(), 1); /* in force before anything is published */
    ck_assert_int_eq(publish_now(&err), 0);
    edit(LIST_ADD, "small", "203.0.113.0/24");
    after = published();
    ck_assert_uint_eq(after->generation, 2);
    ck_assert_str_eq(manifest_list_find(before, SPAN("large"))->image.name,
                     manifest_list_find(after, SPAN("large"))->image.name);
    manifest_free(&before);
    manifest_free(&after);
    end();
}
END_TEST

/* The database is gone and made anew from files: an image of the old one is never taken for the new one's. */
START_TEST(test_lost_database)
{
    struct err err;

    begin();
    make_first();
    close_db();
    for (size_t i = 0; i < 3; i++) {
        static const char *const names[] = {"policyd.db", "policyd.db-wal", "policyd.db-shm"};
        char *path = file_path(dir, names[i]);
        ck_assert_int_eq(file_remove(path), 0);
        xfree(&path);
    }
    open_db();
    ck_assert(is_listed("large", "10.0.0.1"));
    put("lists/large", "192.168.0.0/16\n");
    ck_assert_msg(first_start(&settings, db, &err) == 1, "%s", err.text);
    ck_assert_msg(publish_now(&err) == 0, "%s", err.text);
    ck_assert(is_listed("large", "192.168.3.4") && !is_listed("large", "10.0.0.1"));
    ck_assert_uint_eq(generation(), 2);
    end();
}
END_TEST

START_TEST(test_routes)
{
    struct next_hop hops[2];
    struct facts *facts = facts_new();
    const struct snapshot *snapshot;
    struct str text = STR_EMPTY;
    struct err err;

    begin();
    make_first();
    ck_assert_int_eq(next_hop_parse(SPAN("10.0.0.1"), &hops[0], NULL), 0);
    ck_assert_int_eq(next_hop_parse(SPAN("mail.example:26"), &hops[1], NULL), 0);
    ck_assert_int_eq(domains_put(db, SPAN("one.example"), hops, 1, NULL), 1);
    ck_assert_int_eq(domains_put(db, SPAN("two.example"), hops, 2, NULL), 1);
    ck_assert_int_eq(publish_now(&err), 0);
    ck_assert_int_eq(next_hops_print(&text, &err), 0);
    ck_assert_str_eq(
        str_cstr(&text),
        "postgate-routes 1 2\ndomain one.example\nhop 10.0.0.1 25 10.0.0.1\n"
        "domain two.example\nhop 10.0.0.1 25 10.0.0.1\nhop mail.example 26\nend\n");
    facts_set_text(facts, FACT_RECIPIENT_DOMAIN, SPAN("two.example"));
    snapshot = snapshot_pin();
    snapshot_learn_routing(snapshot, facts);
    snapshot_unpin(&snapshot);
    ck_assert_int_eq(facts_get(facts, FACT_DOMAIN_ACCEPTED)->values[0].number, 1);
    ck_assert_int_eq(facts_get(facts, FACT_ROUTE_NEXT_HOPS)->state, FACT_UNKNOWN);
    facts_free(&facts);
    str_clear(&text);
    end();
}
END_TEST

SUITE_MAIN("publish", test_first_start, test_broken_first, test_small_changes,
           test_image_in_time, test_image_first, test_restart, test_lost_database, test_routes)
