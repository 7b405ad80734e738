/* Hosts of links: addresses in every notation, international names, and what of them is none. The answers are those of browsers. */
#include "mail/punycode.h"
#include "mail/url.h"

#include "t/lib/suite.h"

#define LABEL63 "aaaaaaaaaabbbbbbbbbbccccccccccddddddddddeeeeeeeeeeffffffffffggg"

struct reading {
    const char *host, *wanted; /* NULL: none */
};

static void read_all(const struct reading *cases, size_t count, bool is_ip)
{
    for (size_t i = 0; i < count; i++) {
        struct url url;
        struct str text = STR_EMPTY;
        bool is_read;

        str_printf(&text, "http://%s/", cases[i].host);
        is_read = url_read(str_span(&text), &url);
        ck_assert_msg(is_read == (cases[i].wanted != NULL), "%s gave \"%s\"", cases[i].host,
                      url.host);
        str_clear(&text);
        if (!is_read)
            continue;
        ck_assert_msg(strcmp(url.host, cases[i].wanted) == 0, "%s gave %s, not %s",
                      cases[i].host, url.host, cases[i].wanted);
        ck_assert(url.is_ip == is_ip);
        ck_assert(!is_ip || url_domain(&url).len == 0);
    }
}

START_TEST(test_ipv4)
{
    static const struct reading cases[] = {
        {"192.0.2.1", "192.0.2.1"},
        {"192.0.2.1.", "192.0.2.1"},
        {"0x7f.1", "127.0.0.1"},
        {"0X7F.0x1", "127.0.0.1"},
        {"2130706433", "127.0.0.1"},
        {"0177.0.0.1", "127.0.0.1"},
        {"017700000001", "127.0.0.1"},
        {"0x7f000001", "127.0.0.1"},
        {"127.1", "127.0.0.1"},
        {"127.0.1", "127.0.0.1"},
        {"127.65535", "127.0.255.255"},
        {"1.16777215", "1.255.255.255"},
        {"4294967295", "255.255.255.255"},
        {"0", "0.0.0.0"},
        {"0x", "0.0.0.0"},
        {"1.0x", "1.0.0.0"},
        {"00000000000000000000001.2.3.4", "1.2.3.4"},
        {"0x00000000000000000000001.2.3.4", "1.2.3.4"},
        {"%31%2e2.3.4", "1.2.3.4"},
        {"\uff11\uff12\uff17.0.0.1", "127.0.0.1"},
        {"127\u30020\uff0e0\uff611", "127.0.0.1"},
        {"\u2460.2.3.4", "1.2.3.4"},
        {"4294967296", NULL},
        {"0x100000000", NULL},
        {"1.16777216", NULL},
        {"127.0.65536", NULL},
        {"1.2.3.256", NULL},
        {"256.1.1.1", NULL},
        {"1.256.1", NULL},
        {"1.2.3.4.5", NULL},
        {"1.2.3.4..", NULL},
        {"1..3.4", NULL},
        {".1.2.3.4", NULL},
        {"08.1.1.1", NULL},
        {"1.2.3.09", NULL},
        {"a.09", NULL},
        {"a.example.0", NULL},
        {"a.example.0x1f", NULL},
        {"a.0x", NULL},
        {"99999999999999999999999999999999999999", NULL},
        {"0xffffffffffffffffffffffffffffffff0", NULL},
        {"1.2.3.-4.5", NULL},
    };

    read_all(cases, COUNT_OF(cases), true);
}
END_TEST

START_TEST(test_ipv6)
{
    static const struct reading cases[] = {
        {"[::1]", "::1"},
        {"[::1]:80", "::1"},
        {"u@[::1]", "::1"},
        {"[2001:DB8:0:0::1]", "2001:db8::1"},
        {"[1:2:3:4:5:6:7:8]", "1:2:3:4:5:6:7:8"},
        {"[::\t1]", "::1"},
        {"[::ffff:192.0.2.1]", "192.0.2.1"},
        {"[::ffff:c000:201]", "192.0.2.1"},
        {"[::1", NULL},
        {"::1", NULL},
        {"::1]", NULL},
        {"[]", NULL},
        {"[:]", NULL},
        {"[1.2.3.4]", NULL},
        {"[1::2::3]", NULL},
        {"[1:2:3:4:5:6:7]", NULL},
        {"[1:2:3:4:5:6:7:8:9]", NULL},
        {"[::1.2.3.256]", NULL},
        {"[fe80::1%25eth0]", NULL},
        {"[%3a%3a1]", NULL},
        {"[IPv6:::1]", NULL},
        {"[[::1]]", NULL},
        {"[::1]a", NULL},
        {"[::1]a:80", NULL},
        {"a[::1]", NULL},
        {"[::1]]", NULL},
        {"[0000000000000000000000000000000000000000000000000000000000000000::1]", NULL},
    };

    read_all(cases, COUNT_OF(cases), true);
}
END_TEST

START_TEST(test_names)
{
    static const struct reading cases[] = {
        {"%41.ex%61mple", "a.example"},
        {"a%2eexample", "a.example"},
        {"%4\n1.example", "a.example"},
        {"a%2fb.example", NULL},
        {"a%40b.example", NULL},
        {"a%3a80", NULL},
        {"a%00b.example", NULL},
        {"a%20b.example", NULL},
        {"a%25b.example", NULL},
        {"a%2541.example", NULL},
        {"a%4.example", NULL},
        {"a%zz.example", NULL},
        {"%", NULL},
        {"_dmarc.a_b.example", "_dmarc.a_b.example"},
        {"-a.example", "-a.example"},
        {"a-.b--c.xy--z.example", "a-.b--c.xy--z.example"},
        {"0x.example", "0x.example"},
        {"1.2.3.4a", "1.2.3.4a"},
        {"xn--bcher-kva.EXAMPLE", "xn--bcher-kva.example"},
        {"a!b.example.com", "a!b.example.com"},
        {"A$&'()*+,;=`{}~\"z.example.com", "a$&'()*+,;=`{}~\"z.example.com"},
        {"a.ex!ample.com", NULL},
        {"example.com&x", NULL},
        {"example.com,www", NULL},
        {"example.com)", NULL},
        {LABEL63 ".example", LABEL63 ".example"},
        {LABEL63 "x.example", NULL},
        {LABEL63 "." LABEL63 "." LABEL63 "." LABEL63, NULL},
    };

    read_all(cases, COUNT_OF(cases), false);
}
END_TEST

START_TEST(test_international)
{
    static const struct reading cases[] = {
        {"b\u00fccher.example", "xn--bcher-kva.example"},
        {"B\u00dcCHER.example", "xn--bcher-kva.example"},
        {"b%C3%BCcher.example", "xn--bcher-kva.example"},
        {"bu\u0308cher.example", "xn--bcher-kva.example"},
        {"fa\u00df.example", "xn--fa-hia.example"},
        {"\uff45\uff58ample.\uff43om", "example.com"},
        {"a\u3002b\uff0ec\uff61example", "a.b.c.example"},
        {"a%E3%80%82example", "a.example"},
        {"ex\u00adam\u200bp\u2060l\ufeffe.com", "example.com"},
        {"ex%C2%ADample.com", "example.com"},
        {"\U0001f4a9.la", "xn--ls8h.la"},
        {"\u2764\ufe0f.ws", "xn--qei.ws"},
        {"I\u2764NY.ws", "xn--iny-4r6a.ws"},
        {"\u00c9\U0001f4a9.ws", "xn--9ca6896w.ws"},
        {"e\u0301\U0001f4a9.ws", "xn--9ca6896w.ws"},
        {"\u00e9-.ws", "xn----9fa.ws"},
        {"-\u00e9.ws", "xn----bga.ws"},
        {"ab--\u00e9.ws", "xn--ab---epa.ws"},
        {"\uff21-.ws", "a-.ws"},
        {"a\u00b7b.ws", "xn--ab-0ea.ws"},
        {"\u2603.\U0001f600.ws", "xn--n3h.xn--e28h.ws"},
        {"\u2603a!.example.com", "xn--a!-esx.example.com"},
        {"\u2122.ws", "tm.ws"},
        {"\u2167.ws", "viii.ws"},
        {"\u05d0\u05d1.ws", "xn--4dbc.ws"},
        {"\u05d0a.ws", NULL},
        {"\u2100.ws", NULL},
        {"\u2100\U0001f4a9.ws", NULL},
        {"a\uff0fb.ws", NULL},
        {"\U0001f4a9\uff1a80", NULL},
        {"a\u00a0b.ws", NULL},
        {"a\u2026.ws", NULL},
        {"\u2488\U0001f4a9.ws", NULL},
        {"\u202ea.ws", NULL},
        {"a\u200db.ws", NULL},
        {"a\ufffdb.ws", NULL},
        {"\U0001f4a9\xff.ws", NULL},
        {"\xc3.ws", NULL},
        {"%c3.ws", NULL},
        {"\u00e9%00b.ws", NULL},
        {"\U0001f4a9..ws", NULL},
        {"\U0001f4a9" LABEL63 ".ws", NULL},
        {"\u00ad", NULL},
    };

    read_all(cases, COUNT_OF(cases), false);
}
END_TEST

/* What is padded by the thousand finds its host all the same. */
START_TEST(test_long)
{
    struct str text = STR_EMPTY;
    struct url url;

    str_adds(&text, "http://");
    for (int i = 0; i < 100000; i++)
        str_adds(&text, "bank.example:");
    str_adds(&text, "@ex");
    for (int i = 0; i < 100000; i++)
        str_adds(&text, i % 2 == 0 ? "\u00ad" : "%C2%AD\n");
    str_adds(&text, "ample.com/");
    ck_assert(url_read(str_span(&text), &url));
    ck_assert_str_eq(url.host, "example.com");
    str_clear(&text);
    for (int i = 0; i < 100000; i++)
        str_adds(&text, i == 0 ? "http://" : "\U0001f4a9");
    ck_assert(!url_read(str_span(&text), &url));
    ck_assert_str_eq(url.host, "");
    str_clear(&text);
}
END_TEST

START_TEST(test_domain)
{
    static const struct reading cases[] = {
        {"a.b.example.co.uk", "example.co.uk"},
        {"a!b.example.com", "example.com"},
        {"localhost", "localhost"},
        {"co.uk", "co.uk"},
    };

    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        struct url url;

        ck_assert(url_read_host(span_of(cases[i].host), &url));
        ck_assert(span_is(url_domain(&url), cases[i].wanted));
    }
}
END_TEST

/* RFC 3492 section 7.1 (A, I, L, S are other writings of the same), and lengths. */
START_TEST(test_punycode)
{
    static const uint32_t chinese[] = {0x4ed6, 0x4eec, 0x4e3a, 0x4ec0, 0x4e48,
                                       0x4e0d, 0x8bf4, 0x4e2d, 0x6587};
    static const uint32_t mixed[] = {0x33,   0x5e74, 0x62,   0x7d44,
                                     0x91d1, 0x516b, 0x5148, 0x751f};
    uint32_t many[PUNYCODE_MAX + 1];
    char out[PUNYCODE_MAX + 1];

    ck_assert(punycode_encode(chinese, COUNT_OF(chinese), out));
    ck_assert_str_eq(out, "ihqwcrb4cv8a8dqg056pqjye");
    ck_assert(punycode_encode(mixed, COUNT_OF(mixed), out));
    ck_assert_str_eq(out, "3b-ww4c5e180e575a65lsy2b");
    for (size_t i = 0; i < COUNT_OF(many); i++)
        many[i] = 0x10ffff;
    ck_assert(punycode_encode(many, PUNYCODE_MAX - 6, out));
    ck_assert(!punycode_encode(many, PUNYCODE_MAX, out));
    ck_assert(!punycode_encode(many, PUNYCODE_MAX + 1, out));
}
END_TEST

SUITE_MAIN("mail/url_host", test_ipv4, test_ipv6, test_names, test_international, test_long,
           test_domain, test_punycode)
