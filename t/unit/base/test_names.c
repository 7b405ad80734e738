/* Name tables and the nearest name. */
#include "base/names.h"

#include "t/lib/suite.h"

static const struct name_value colours[] = {{"red", 1}, {"green", 2}, {"blue", 3}, {NULL, 0}};
static const struct name_value settings[] = {{"milter_socket", 1},
                                             {"policy_socket", 2},
                                             {"control_dir", 3},
                                             {"state_dir", 4},
                                             {NULL, 0}};

START_TEST(test_lookup)
{
    int value = 0;

    ck_assert(names_value(colours, SPAN("green"), &value) && value == 2);
    ck_assert(!names_value(colours, SPAN("Green"), &value));
    ck_assert(!names_value(colours, SPAN("gree"), &value));
    ck_assert_str_eq(names_name(colours, 3), "blue");
    ck_assert_ptr_null(names_name(colours, 9));
}
END_TEST

START_TEST(test_join)
{
    struct str out = STR_EMPTY;

    names_join(colours, &out);
    ck_assert_str_eq(str_cstr(&out), "red, green or blue");
    str_reset(&out);
    names_join(colours + 2, &out);
    ck_assert_str_eq(str_cstr(&out), "blue");
    str_clear(&out);
}
END_TEST

START_TEST(test_nearest)
{
    static const struct {
        const char *name, *nearest;
    } cases[] = {
        {"milter_scoket", "milter_socket"}, /* two neighbours swapped */
        {"milter_sock", "milter_socket"},
        {"polic_socket", "policy_socket"},
        {"controldir", "control_dir"},
        {"xyz", NULL},
        {"", NULL},
        {"state", NULL}, /* four letters away */
        {"statedir", "state_dir"},
    };

    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        const char *found = names_nearest_in(settings, span_of(cases[i].name));

        ck_assert_msg((found == NULL) == (cases[i].nearest == NULL), "%s", cases[i].name);
        ck_assert_msg(found == NULL || strcmp(found, cases[i].nearest) == 0, "%s",
                      cases[i].name);
    }
}
END_TEST

START_TEST(test_nearest_bounded)
{
    char name[1000];

    memset(name, 'a', sizeof(name));
    ck_assert_ptr_null(names_nearest_in(settings, span_from(name, sizeof(name))));
}
END_TEST

SUITE_MAIN("names", test_lookup, test_join, test_nearest, test_nearest_bounded)
