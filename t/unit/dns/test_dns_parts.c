/* What the resolver is made of: spellings of names, packets, the lists of servers. */
#include "base/arena.h"
#include "dns/name.h"
#include "dns/packet.h"
#include "dns/servers.h"
#include "t/lib/suite.h"

START_TEST(test_names)
{
    static const struct {
        const char *text, *want; /* NULL: cannot be asked */
    } cases[] = {
        {"example.com", "example.com"},
        {"_DMARC.Example.COM", "_dmarc.example.com"},
        {"a\\.b.c", "a\\046b.c"},
        {"a\\046b.c", "a\\046b.c"},
        {"\\097\\b.c", "ab.c"},
        {"\\000.c", "\\000.c"},
        {"\303\274.de", "\\195\\188.de"},
        {"a\\\\b", "a\\092b"},
        {"*.example", "*.example"},
        {"", NULL},
        {".", NULL},
        {"a..b", NULL},
        {"a.b.", NULL},
        {".a", NULL},
        {"a b", NULL},
        {"a\\", NULL},
        {"a\\9", NULL},
        {"a\\12.b", NULL},
        {"a\\256", NULL},
        {"123456789012345678901234567890123456789012345678901234567890123.c",
         "123456789012345678901234567890123456789012345678901234567890123.c"},
        {"1234567890123456789012345678901234567890123456789012345678901234.c", NULL},
        {"\303\274\303\274\303\274\303\274\303\274\303\274\303\274\303\274.c", NULL},
    };

    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        struct name_text name;
        bool may = name_normalize(span_of(cases[i].text), &name);

        ck_assert_msg(may == (cases[i].want != NULL), "%s", cases[i].text);
        if (may)
            ck_assert_str_eq(name.text, cases[i].want);
    }
}
END_TEST

#define HEAD(rcode, answers, authority)                                                        \
    "\0\7\x81" rcode "\0\1\0" answers "\0" authority "\0\0\3foo\3bar\0\0\1\0\1"
#define A4(owner, ttl, rest) owner "\0\1\0\1\0\0" ttl "\0\4\1\2\3" rest

START_TEST(test_packets)
{
    static const struct {
        const char *name;
        struct span packet;
        enum dns_status status;
        bool is_nxdomain;
        size_t count;
        uint32_t ttl;
    } cases[] = {
        {"two",
         SPAN(HEAD("\x80", "\2", "\0") A4("\xc0\x0c", "\1\0", "\4")
                  A4("\xc0\x0c", "\0\x40", "\5")),
         DNS_FOUND, false, 2, 64},
        {"upper case owner", SPAN(HEAD("\x80", "\1", "\0") A4("\3FOO\3bAr\0", "\0\5", "\4")),
         DNS_FOUND, false, 1, 5},
        {"of another name", SPAN(HEAD("\x80", "\1", "\0") A4("\3fox\3bar\0", "\0\5", "\4")),
         DNS_NONE, false, 0, 0},
        {"of another class",
         SPAN(HEAD("\x80", "\1", "\0") "\xc0\x0c\0\1\0\3\0\0\0\5\0\4\1\2\3\4"), DNS_NONE, false,
         0, 0},
        {"alias",
         SPAN(HEAD("\x80", "\2", "\0") "\xc0\x0c\0\5\0\1\0\0\0\7\0\4\1x\xc0\x10" A4(
             "\1x\xc0\x10", "\1\0", "\4")),
         DNS_FOUND, false, 1, 7},
        {"alias elsewhere",
         SPAN(HEAD("\x80", "\2", "\0") "\xc0\x0c\0\5\0\1\0\0\0\7\0\4\1y\xc0\x10" A4(
             "\1x\xc0\x10", "\1\0", "\4")),
         DNS_NONE, false, 0, 0},
        {"alias after a record",
         SPAN(HEAD("\x80", "\2", "\0")
                  A4("\xc0\x0c", "\1\0", "\4") "\xc0\x0c\0\5\0\1\0\0\0\7\0\4\1y\xc0\x10"),
         DNS_FAILED, false, 0, 0},
        {"no such name",
         SPAN(HEAD("\x83", "\0", "\1") "\0\0\6\0\1\0\0\0\x3c\0\x16\0\0"
                                       "12345678901234567890"),
         DNS_NONE, true, 0, 60},
        {"a negative TTL",
         SPAN(HEAD("\x80", "\1", "\0") "\xc0\x0c\0\1\0\1\x80\0\0\5\0\4\1\2\3\4"), DNS_FOUND,
         false, 1, 0},
        {"server failure", SPAN(HEAD("\x82", "\0", "\0")), DNS_FAILED, false, 0, 0},
        {"a short address", SPAN(HEAD("\x80", "\1", "\0") "\xc0\x0c\0\1\0\1\0\0\0\5\0\3\1\2\3"),
         DNS_FAILED, false, 0, 0},
        {"a long address",
         SPAN(HEAD("\x80", "\1", "\0") "\xc0\x0c\0\1\0\1\0\0\0\5\0\5\1\2\3\4\5"), DNS_FAILED,
         false, 0, 0},
        {"fewer than said", SPAN(HEAD("\x80", "\2", "\0") A4("\xc0\x0c", "\0\5", "\4")),
         DNS_FAILED, false, 0, 0},
        {"cut", SPAN(HEAD("\x80", "\1", "\0") "\xc0\x0c\0\1\0\1\0\0\0\5\0\4\1\2\3"), DNS_FAILED,
         false, 0, 0},
        {"a pointer to itself", SPAN(HEAD("\x80", "\1", "\0") A4("\xc0\x19", "\0\5", "\4")),
         DNS_FAILED, false, 0, 0},
        {"a pointer ahead", SPAN(HEAD("\x80", "\1", "\0") A4("\xc0\x20", "\0\5", "\4")),
         DNS_FAILED, false, 0, 0},
        {"a label of an unknown kind", SPAN(HEAD("\x80", "\1", "\0") A4("\x41x", "\0\5", "\4")),
         DNS_FAILED, false, 0, 0},
        {"two questions", SPAN("\0\7\x81\x80\0\2\0\0\0\0\0\0\0\0\1\0\1\0\0\1\0\1"), DNS_FAILED,
         false, 0, 0},
        {"no header", SPAN("\0\7\x81\x80"), DNS_FAILED, false, 0, 0},
        {"nothing", SPAN(""), DNS_FAILED, false, 0, 0},
    };

    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        struct dns_answer answer = {.type = DNS_A, .name = SPAN("foo.bar")};
        struct arena *arena = arena_new();

        packet_answer(cases[i].packet, arena, &answer);
        ck_assert_msg(answer.status == cases[i].status, "%s: %d", cases[i].name, answer.status);
        ck_assert_msg(answer.is_nxdomain == cases[i].is_nxdomain, "%s", cases[i].name);
        ck_assert_msg(answer.count == cases[i].count, "%s", cases[i].name);
        ck_assert_msg(answer.ttl == cases[i].ttl, "%s: %u", cases[i].name, answer.ttl);
        arena_free(&arena);
    }
}
END_TEST

START_TEST(test_system_servers)
{
    static const struct {
        const char *file, *want;
    } cases[] = {
        {"nameserver 192.0.2.1\n", "192.0.2.1@53"},
        {"# x\nsearch a b\nnameserver\t2001:db8::1 # y\n nameserver 192.0.2.2",
         "2001:db8::1@53, 192.0.2.2@53"},
        {"nameserver 1.1.1.1\nnameserver 2.2.2.2\nnameserver 3.3.3.3\nnameserver 4.4.4.4\n",
         "1.1.1.1@53, 2.2.2.2@53, 3.3.3.3@53"},
        {"nameserver one.example\nnameservers 192.0.2.1\nnameserver\n;nameserver 192.0.2.1",
         ""},
        {"", ""},
    };

    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        struct servers servers = {.count = 0};
        struct str text = STR_EMPTY;

        servers_parse_system(&servers, span_of(cases[i].file));
        servers_text(&servers, &text);
        ck_assert_str_eq(str_cstr(&text), cases[i].want);
        str_clear(&text);
    }
}
END_TEST

START_TEST(test_setting)
{
    struct servers servers = {.count = 0};
    struct str text = STR_EMPTY;
    struct err err;

    ck_assert_int_eq(servers_load(&servers, "127.0.0.1@5353, ::1", "/nonexistent", &err), 0);
    servers_text(&servers, &text);
    ck_assert_str_eq(str_cstr(&text), "127.0.0.1@5353, ::1@53");
    str_clear(&text);
    ck_assert_int_eq(servers_load(&servers, "localhost", "/nonexistent", &err), -1);
    ck_assert_str_eq(err.text, "resolver: `localhost` is not ADDRESS@PORT");
    ck_assert_int_eq(servers_load(&servers, "", "/nonexistent", &err), -1);
    ck_assert_int_eq(servers_load(&servers, "", "/dev/null", &err), -1);
    ck_assert_str_eq(err.text, "/dev/null names no name server");
}
END_TEST

SUITE_MAIN("dns parts", test_names, test_packets, test_system_servers, test_setting)
