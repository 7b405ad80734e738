/* The flag of a drained node: made, found again after a start, removed by hand or by command. */
#include "base/file.h"
#include "base/xalloc.h"
#include "engine/drain.h"

#include "t/lib/suite.h"
#include "t/lib/temp_dir.h"

static char dir[200];

START_TEST(test_drain)
{
    struct str text = STR_EMPTY;
    char *path;

    ck_assert_ptr_nonnull(temp_dir_make(dir));
    path = file_path(dir, "drained");
    drain_begin(dir);
    ck_assert(!drain_is());
    ck_assert_int_eq(drain_set("anna", NULL), 0);
    ck_assert(drain_is());
    drain_text(&text);
    ck_assert_ptr_nonnull(strstr(str_cstr(&text), ", by anna"));
    drain_begin(dir); /* as a start would */
    ck_assert(drain_is());
    ck_assert_int_eq(drain_clear(NULL), 0);
    ck_assert(!drain_is());
    ck_assert_int_eq(drain_clear(NULL), 0);
    ck_assert_int_eq(file_replace(path, SPAN(""), 0640, NULL), 0);
    ck_assert(!drain_is());
    drain_look();
    ck_assert(drain_is());
    ck_assert_int_eq(file_remove(path), 0);
    drain_look();
    ck_assert(!drain_is());
    str_reset(&text);
    drain_text(&text);
    ck_assert_uint_eq(text.len, 0);
    str_clear(&text);
    xfree(&path);
    temp_dir_remove(dir);
}
END_TEST

START_TEST(test_cannot)
{
    struct err err;

    drain_begin("/nonexistent/state");
    ck_assert(!drain_is());
    ck_assert_int_eq(drain_set("anna", &err), -1);
    ck_assert_str_ne(err.text, "");
    ck_assert(!drain_is());
}
END_TEST

SUITE_MAIN("drain", test_drain, test_cannot)
