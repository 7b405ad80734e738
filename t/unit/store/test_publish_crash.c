/* kill -9 before each system call of a publication: the old manifest is read, or the new one, and every file it names is there. */
#include <stdio.h>
#include <string.h>

#include "base/file.h"
#include "store/manifest.h"
#include "t/lib/crash_point.h"
#include "t/lib/suite.h"
#include "t/lib/temp_dir.h"

#define SHA "7692c3ad3540bb803c020b3aee66cd8887123234ea0c6e7143c0add73ff431ed"

static char state[200];
static char *dir;
static struct err err;

static int publish(void *ctx)
{
    struct manifest m = {.published_ms = 1};
    uint64_t number = *(const uint64_t *)ctx;
    char name[32];

    m.generation = m.revision = number;
    memcpy(m.sha256, SHA, sizeof(SHA));
    snprintf(name, sizeof(name), "rules-%llu", (unsigned long long)number);
    if (manifest_put_file(dir, name, span_of(name), &m.revision_file, &err) < 0)
        return 1;
    snprintf(name, sizeof(name), "routes-%llu", (unsigned long long)number);
    if (manifest_put_file(dir, name, span_of(name), &m.routes, &err) < 0)
        return 1;
    return manifest_write(dir, &m, &err) == 0 && manifest_clean(dir, &err) == 0 ? 0 : 1;
}

/* The revision that is published, read whole. */
static uint64_t published(void)
{
    struct manifest *m;
    struct str text = STR_EMPTY;
    uint64_t number;

    ck_assert_msg(manifest_read(dir, &m, &err) == 1, "%s", err.text);
    ck_assert_int_eq(manifest_get_file(dir, &m->revision_file, 100, &text, &err), 0);
    ck_assert_str_eq(str_cstr(&text), m->revision_file.name);
    ck_assert_int_eq(manifest_get_file(dir, &m->routes, 100, &text, &err), 0);
    number = m->revision;
    str_clear(&text);
    manifest_free(&m);
    return number;
}

START_TEST(test_publish)
{
    uint64_t one = 1, two = 2;
    bool is_over = false;
    uint64_t before = 1;

    for (int nth = 1; !is_over; nth++) {
        ck_assert_int_lt(nth, 100);
        temp_dir_make(state);
        dir = manifest_make_dir(state, &err);
        ck_assert_int_eq(publish(&one), 0);
        is_over = !crash_point_run(nth, publish, &two);
        uint64_t after = published();

        ck_assert(after == 1 || after == 2);
        ck_assert_uint_ge(after,
                          before); /* once it is out at some call, it is at all later ones */
        before = after;
        ck_assert_int_eq(publish(&two), 0);
        ck_assert_uint_eq(published(), 2);
        free(dir);
        temp_dir_remove(state);
    }
    ck_assert_uint_eq(before, 2);
}
END_TEST

SUITE_MAIN("publish_crash", test_publish)
