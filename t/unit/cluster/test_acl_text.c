/* cluster/acl_text: what `cluster init` prints is what etc/redis shows, with the cluster's name. */
#include "policyd/cluster/acl_text.h"

#include "base/file.h"
#include "t/lib/suite.h"

START_TEST(test_same_as_the_sample)
{
    struct str printed = STR_EMPTY, file = STR_EMPTY;
    struct err err;

    ck_assert_msg(file_read("etc/redis/users.conf", 65536, &file, &err) == 0, "%s", err.text);
    acl_text_print(&printed, "CLUSTER");
    ck_assert_str_eq(str_cstr(&printed), str_cstr(&file));
    str_clear(&printed);
    str_clear(&file);
}
END_TEST

START_TEST(test_name_is_filled_in)
{
    struct str printed = STR_EMPTY;
    size_t at;

    acl_text_print(&printed, "mail");
    ck_assert(span_find(str_span(&printed), SPAN("%R~postgate:{mail}:*"), &at));
    ck_assert(!span_find(str_span(&printed), SPAN("{CLUSTER}"), &at));
    str_clear(&printed);
}
END_TEST

SUITE_MAIN("acl text", test_same_as_the_sample, test_name_is_filled_in)
