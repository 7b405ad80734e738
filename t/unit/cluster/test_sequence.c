/* Numbers of heartbeats: they only rise, whatever happens to their file. */
#include "base/file.h"
#include "base/xalloc.h"
#include "policyd/cluster/sequence.h"

#include "t/lib/suite.h"
#include "t/lib/temp_dir.h"

static char dir[200];

static void begin(void)
{
    char *path;

    ck_assert_ptr_nonnull(temp_dir_make(dir));
    path = file_path(dir, "cluster");
    ck_assert_int_eq(file_make_dir(path, 0750, NULL), 0);
    xfree(&path);
}

START_TEST(test_rises)
{
    uint64_t last = 0;

    begin();
    for (int run = 0; run < 4; run++) {
        ck_assert_int_eq(sequence_begin(dir, NULL), 0);
        for (int i = 0; i < 3; i++) {
            uint64_t next = sequence_next();

            ck_assert_uint_gt(next, last);
            last = next;
        }
    }
    temp_dir_remove(dir);
}
END_TEST

/* Restored from an old copy: it goes above what it had said since. */
START_TEST(test_goes_above)
{
    begin();
    ck_assert_int_eq(sequence_begin(dir, NULL), 0);
    sequence_above(UINT64_C(99) << 32);
    ck_assert_uint_gt(sequence_next(), UINT64_C(99) << 32);
    sequence_above(5);
    ck_assert_uint_gt(sequence_next(), UINT64_C(99) << 32);
    sequence_above(UINT64_MAX);
    ck_assert_uint_lt(sequence_next(), INT64_MAX);
    temp_dir_remove(dir);
}
END_TEST

START_TEST(test_damaged)
{
    char *path;
    struct err err;

    begin();
    path = file_path(dir, "cluster/sequence");
    ck_assert_int_eq(file_replace(path, SPAN("not a number\n"), 0600, NULL), 0);
    ck_assert_int_eq(sequence_begin(dir, NULL), 0);
    ck_assert_uint_gt(sequence_next(), 0);
    temp_dir_remove(dir);
    ck_assert_int_eq(sequence_begin(dir, &err), -1);
    ck_assert_uint_gt(sequence_next(), 0);
    xfree(&path);
}
END_TEST

SUITE_MAIN("sequence", test_rises, test_goes_above, test_damaged)
