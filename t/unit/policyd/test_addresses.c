/* The table of resolved next hops. */
#include "policyd/addresses.h"

#include "t/lib/suite.h"

static struct ip ip(const char *text)
{
    struct ip out;

    ck_assert(ip_parse(span_of(text), &out));
    return out;
}

START_TEST(test_table)
{
    static const char *const names[] = {"d", "a", "c", "a", "b", "d", "e", "a"};
    struct addresses addresses = {0};

    addresses_sort(&addresses);
    ck_assert_ptr_null(addresses_find(&addresses, "a"));
    for (size_t i = 0; i < COUNT_OF(names); i++)
        addresses_add(&addresses, names[i]);
    addresses_sort(&addresses);
    ck_assert_uint_eq(addresses.count, 5);
    for (size_t i = 0; i < COUNT_OF(names); i++)
        ck_assert_str_eq(addresses_find(&addresses, names[i])->host, names[i]);
    ck_assert_ptr_null(addresses_find(&addresses, "f"));
    addresses_clear(&addresses);
}
END_TEST

START_TEST(test_equal)
{
    struct addresses a = {0}, b = {0};
    struct ip forth[] = {ip("10.0.0.1"), ip("10.0.0.2")},
              back[] = {ip("10.0.0.2"), ip("10.0.0.1")};

    addresses_add(&a, "x");
    addresses_add(&b, "x");
    ck_assert(addresses_equal(&a, &b));
    known_host_set(&a.hosts[0], forth, 2);
    ck_assert(!addresses_equal(&a, &b));
    known_host_set(&b.hosts[0], back, 2); /* the order of a resolver is no change */
    ck_assert(addresses_equal(&a, &b));
    known_host_set(&b.hosts[0], back, 1);
    ck_assert(!addresses_equal(&a, &b));
    addresses_clear(&a);
    addresses_clear(&b);
}
END_TEST

START_TEST(test_look_up)
{
    struct known_host local = {.host = (char[]){"localhost"}},
                      none = {.host = (char[]){"no.such.host.invalid."}};
    struct err err;

    ck_assert_int_eq(addresses_look_up(&local, &err), 0);
    ck_assert_uint_ge(local.count, 1);
    ck_assert_int_eq(addresses_look_up(&none, &err), -1);
    ck_assert_ptr_nonnull(strstr(err.text, "no.such.host.invalid"));
    ck_assert_uint_eq(none.count, 0);
}
END_TEST

SUITE_MAIN("addresses", test_table, test_equal, test_look_up)
