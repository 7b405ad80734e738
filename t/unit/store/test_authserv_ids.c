/* The file of the nodes' authserv-ids: written, read back, replaced, and every way of being damaged. */
#include "store/authserv_ids.h"

#include <stdlib.h>

#include "base/file.h"
#include "t/lib/suite.h"
#include "t/lib/temp_dir.h"

#define HEAD "postgate-authserv-ids 1\n"
#define NODE "node 0123456789abcdef "

START_TEST(test_round_trip)
{
    struct authserv_id list[] = {{"0123456789abcdef", "mx1.example"},
                                 {"fedcba9876543210", "[2001:db8::1]/x@y"}};
    const struct authserv_ids ids = {2, list}, none = {0};
    struct authserv_ids back;
    struct err err;
    char buf[200], *dir = temp_dir_make(buf);

    ck_assert_int_eq(authserv_ids_read(dir, &back, &err), 0);
    ck_assert_int_eq(authserv_ids_write(dir, &ids, &err), 0);
    ck_assert_int_eq(authserv_ids_read(dir, &back, &err), 1);
    ck_assert_uint_eq(back.count, 2);
    ck_assert_str_eq(authserv_ids_find(&back, "fedcba9876543210"), "[2001:db8::1]/x@y");
    ck_assert_ptr_null(authserv_ids_find(&back, "0"));
    authserv_ids_clear(&back);
    ck_assert_int_eq(authserv_ids_write(dir, &none, &err), 0);
    ck_assert_int_eq(authserv_ids_read(dir, &back, &err), 0);
    ck_assert_int_eq(authserv_ids_write(dir, &none, &err), 0);
    temp_dir_remove(dir);
}
END_TEST

START_TEST(test_damaged)
{
    static const char *const texts[] = {
        "",
        "postgate-authserv-ids 2\nend\n",
        "postgate-authserv-ids x\nend\n",
        "postgate-manifest 1\nend\n",
        HEAD,
        HEAD NODE "a\n",
        HEAD NODE "a\nend\nmore\n",
        HEAD NODE "a",
        HEAD NODE "\nend\n",
        HEAD NODE "a b\nend\n",
        HEAD NODE "a;b\nend\n",
        HEAD NODE "\"a\"\nend\n",
        HEAD "node 0123456789abcde a\nend\n",
        HEAD "node 0123456789ABCDEF a\nend\n",
        HEAD "node 0123456789abcdef0 a\nend\n",
        HEAD "list a b\nend\n",
    };
    struct authserv_ids ids;
    struct str longest = STR_EMPTY;
    struct err err;

    for (size_t i = 0; i < COUNT_OF(texts); i++)
        ck_assert_msg(authserv_ids_parse(span_of(texts[i]), &ids, &err) == -1, "%s", texts[i]);
    for (size_t len = AUTHSERV_ID_SIZE - 1; len <= AUTHSERV_ID_SIZE; len++) {
        str_reset(&longest);
        str_adds(&longest, HEAD NODE);
        for (size_t i = 0; i < len; i++)
            str_addc(&longest, 'a');
        str_adds(&longest, "\nend\n");
        ck_assert_int_eq(authserv_ids_parse(str_span(&longest), &ids, &err),
                         len < AUTHSERV_ID_SIZE ? 0 : -1);
        authserv_ids_clear(&ids);
    }
    str_reset(&longest);
    str_adds(&longest, HEAD);
    for (int i = 0; i < AUTHSERV_IDS_MAX + 1; i++)
        str_adds(&longest, NODE "a\n");
    str_adds(&longest, "end\n");
    ck_assert_int_eq(authserv_ids_parse(str_span(&longest), &ids, &err), -1);
    str_clear(&longest);
}
END_TEST

SUITE_MAIN("authserv_ids", test_round_trip, test_damaged)
