/* Addresses and networks: what is read, what is refused with which advice, what is printed. */
#include "base/ipnet.h"

#include "base/err.h"
#include "t/lib/suite.h"

START_TEST(test_addresses)
{
    static const struct {
        const char *text, *printed; /* NULL: refused */
    } cases[] = {
        {"192.0.2.1", "192.0.2.1"},
        {"[192.0.2.1]", "192.0.2.1"},
        {"::ffff:192.0.2.1", "192.0.2.1"},
        {"[IPv6:2001:DB8::1]", "2001:db8::1"},
        {"ipv6:2001:db8:0:0:0:0:0:1", "2001:db8::1"},
        {"2001:db8:0:1:1:1:1:1", "2001:db8:0:1:1:1:1:1"},
        {"::", "::"},
        {"::1", "::1"},
        {"", NULL},
        {"[]", NULL},
        {"1.2.3", NULL},
        {"1.2.3.4.5", NULL},
        {"1.2.3.256", NULL},
        {"01.2.3.4", NULL},
        {"1.2.3.4 ", NULL},
        {"fe80::1%eth0", NULL},
        {"localhost", NULL},
        {"unknown", NULL},
        {"1:2:3:4:5:6:7:8:9", NULL},
        {"0000:0000:0000:0000:0000:0000:0000:0000:0000:0000:0000:0000", NULL},
    };

    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        struct ip ip;
        char buf[IP_TEXT_SIZE];
        bool is_read = ip_parse(span_of(cases[i].text), &ip);

        ck_assert_msg(is_read == (cases[i].printed != NULL), "%s", cases[i].text);
        if (is_read)
            ck_assert_str_eq(ip_text(&ip, buf), cases[i].printed);
    }
    ck_assert(!ip_parse(span_from("1.2.3.4\0", 8), &(struct ip){{0}}));
    ck_assert(!ip_parse(span_of(NULL), &(struct ip){{0}}));
}
END_TEST

START_TEST(test_networks)
{
    static const struct {
        const char *text, *printed, *error; /* one of them */
        int prefix;
    } cases[] = {
        {"10.0.0.0/8", "10.0.0.0/8", NULL, 8},
        {"0.0.0.0/0", "0.0.0.0/0", NULL, 0},
        {"::/0", "::/0", NULL, 0},
        {"192.0.2.7", "192.0.2.7", NULL, 32},
        {"192.0.2.7/32", "192.0.2.7", NULL, 32},
        {"2001:db8::/32", "2001:db8::/32", NULL, 32},
        {"::ffff:10.0.0.0/104", "10.0.0.0/8", NULL, 8},
        {"[::1]/128", "::1", NULL, 128},
        {"10.0.0.1/8", NULL, "host bits are set; did you mean 10.0.0.0/8?", 0},
        {"2001:db8::1/33", NULL, "host bits are set; did you mean 2001:db8::/33?", 0},
        {"10.0.0.0/33", NULL, "\"33\" is no prefix length; write a number from 0 to 32", 0},
        {"10.0.0.0/", NULL, "\"\" is no prefix length; write a number from 0 to 32", 0},
        {"::/129", NULL, "\"129\" is no prefix length; write a number from 0 to 128", 0},
        {"10.0.0.0/8/8", NULL, "\"8/8\" is no prefix length; write a number from 0 to 32", 0},
        {"10/8", NULL,
         "\"10/8\" is no IP address or network; write 192.0.2.1, 192.0.2.0/24 or 2001:db8::/32",
         0},
        {"/8", NULL,
         "\"/8\" is no IP address or network; write 192.0.2.1, 192.0.2.0/24 or 2001:db8::/32",
         0},
    };

    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        struct ipnet net;
        struct err err = {{0}};
        char buf[IP_TEXT_SIZE];
        int result = ipnet_parse(span_of(cases[i].text), &net, &err);

        ck_assert_msg(result == (cases[i].error != NULL ? -1 : 0), "%s: %s", cases[i].text,
                      err.text);
        if (result < 0) {
            ck_assert_str_eq(err.text, cases[i].error);
            continue;
        }
        ck_assert_str_eq(ipnet_text(&net, buf), cases[i].printed);
        ck_assert_int_eq(ipnet_family_prefix(&net), cases[i].prefix);
    }
}
END_TEST

START_TEST(test_holds)
{
    static const struct {
        const char *net, *ip;
        bool holds;
    } cases[] = {
        {"10.0.0.0/8", "10.255.255.255", true},
        {"10.0.0.0/8", "11.0.0.0", false},
        {"10.0.0.0/9", "10.128.0.0", false},
        {"0.0.0.0/0", "1.2.3.4", true},
        {"0.0.0.0/0", "::1", false},
        {"::/0", "1.2.3.4", true},
        {"2001:db8::/32", "2001:db8:ffff::", true},
        {"2001:db8::/32", "2001:db9::", false},
        {"192.0.2.1", "192.0.2.1", true},
        {"192.0.2.1", "192.0.2.2", false},
        {"192.0.2.254/31", "192.0.2.255", true},
    };

    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        struct ipnet net;
        struct ip ip;

        ck_assert_int_eq(ipnet_parse(span_of(cases[i].net), &net, NULL), 0);
        ck_assert(ip_parse(span_of(cases[i].ip), &ip));
        ck_assert_msg(ipnet_holds(&net, &ip) == cases[i].holds, "%s %s", cases[i].net,
                      cases[i].ip);
    }
}
END_TEST

SUITE_MAIN("ipnet", test_addresses, test_networks, test_holds)
