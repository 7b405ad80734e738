/* The sources of the map files, as postmap reads them. */
#include <stdio.h>
#include "policyd/maps/maps.h"

#include "t/lib/suite.h"

static struct domain domain(const char *name, const char *hop, const char *second)
{
    struct domain d = {.hop_count = second != NULL ? 2 : 1};

    snprintf(d.name, sizeof d.name, "%s", name);
    ck_assert_int_eq(next_hop_parse(span_of(hop), &d.hops[0], NULL), 0);
    if (second != NULL)
        ck_assert_int_eq(next_hop_parse(span_of(second), &d.hops[1], NULL), 0);
    return d;
}

START_TEST(test_both)
{
    struct domain domains[3] = {domain("one.example", "10.0.0.1", "mail.one.example:2525"),
                                domain("six.example", "[2001:db8::1]:25", NULL),
                                domain("xn--bcher-kva.example", "10.0.0.3:26", NULL)};
    struct str out = STR_EMPTY;

    maps_print_relay_domains(&out, domains, 3);
    ck_assert_str_eq(strchr(str_cstr(&out), '\n') + 1, "one.example\taccepted\n"
                                                       "six.example\taccepted\n"
                                                       "xn--bcher-kva.example\taccepted\n"
                                                       "b\xc3\xbc"
                                                       "cher.example\taccepted\n");
    str_reset(&out);
    maps_print_transport(&out, domains, 3);
    ck_assert_str_eq(strchr(str_cstr(&out), '\n') + 1,
                     "one.example\trelay:[10.0.0.1]:25, [mail.one.example]:2525\n"
                     ".one.example\terror:5.1.2 this name has no mail server here\n"
                     "six.example\trelay:[2001:db8::1]:25\n"
                     ".six.example\terror:5.1.2 this name has no mail server here\n"
                     "xn--bcher-kva.example\trelay:[10.0.0.3]:26\n"
                     "b\xc3\xbc"
                     "cher.example\trelay:[10.0.0.3]:26\n"
                     ".xn--bcher-kva.example\terror:5.1.2 this name has no mail server here\n"
                     ".b\xc3\xbc"
                     "cher.example\terror:5.1.2 this name has no mail server here\n");
    str_clear(&out);
}
END_TEST

START_TEST(test_none)
{
    struct str out = STR_EMPTY;

    maps_print_transport(&out, NULL, 0);
    ck_assert_ptr_nonnull(strstr(str_cstr(&out), "milter-ctl domain"));
    ck_assert_ptr_null(strstr(str_cstr(&out), "relay:"));
    str_clear(&out);
}
END_TEST

SUITE_MAIN("map files", test_both, test_none)
