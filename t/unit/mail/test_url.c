/* Links: where the host stands, whatever is written around it. The answers are those of browsers. */
#include "mail/url.h"

#include "t/lib/suite.h"

struct reading {
    const char *text, *host; /* NULL: none */
};

static void read_all(const struct reading *cases, size_t count,
                     bool (*read)(struct span text, struct url *url_r))
{
    for (size_t i = 0; i < count; i++) {
        struct url url;
        bool is_read = read(span_of(cases[i].text), &url);

        ck_assert_msg(is_read == (cases[i].host != NULL), "%s gave \"%s\"", cases[i].text,
                      url.host);
        if (is_read)
            ck_assert_msg(strcmp(url.host, cases[i].host) == 0, "%s gave %s, not %s",
                          cases[i].text, url.host, cases[i].host);
    }
}

START_TEST(test_ways)
{
    static const struct reading cases[] = {
        {"http://a.example", "a.example"},
        {"http://a.example/", "a.example"},
        {"HTTPS://A.Example/X", "a.example"},
        {"ftp://a.example", "a.example"},
        {"ws://a.example", "a.example"},
        {"wss://a.example", "a.example"},
        {"webcal://a.example/x.ics", "a.example"},
        {"webcals://a.example", "a.example"},
        {"googlechromes://a.example", "a.example"},
        {"intent://a.example/#Intent;scheme=https;end", "a.example"},
        {"file://a.example/share", "a.example"},
        {"file:\\\\a.example\\share", "a.example"},
        {"file:////a.example/share", "a.example"},
        {"file:///\\\\a.example\\share", "a.example"},
        {"file:///a.example", NULL},
        {"file:/a.example", NULL},
        {"file:a.example", NULL},
        {"http:a.example", "a.example"},
        {"http:/a.example", "a.example"},
        {"http:///a.example", "a.example"},
        {"http:////a.example", "a.example"},
        {"http:\\\\a.example", "a.example"},
        {"hTTps:\\/a.example", "a.example"},
        {"http:\\a.example\\p", "a.example"},
        {"//a.example/p", "a.example"},
        {"\\\\a.example\\p", "a.example"},
        {"/\\a.example", "a.example"},
        {"///a.example", "a.example"},
        {" http://a.example ", "a.example"},
        {"\r\n\thttp://a.example\n", "a.example"},
        {"\x01\x1fhttp://a.example\x02", "a.example"},
        {"ht\ntp:/\t/a.exa\r\nmple", "a.example"},
        {"http\t:\n//a.example", "a.example"},
        {"h\nt\nt\np\ns\n:\n/\n/\na.example", "a.example"},
        {"", NULL},
        {" ", NULL},
        {"http", NULL},
        {"http:", NULL},
        {"http://", NULL},
        {"http:///", NULL},
        {"https//a.example", NULL},
        {"://a.example", NULL},
        {"httpx://a.example", NULL},
        {"xhttp://a.example", NULL},
        {"h ttp://a.example", NULL},
        {"wssss://a.example", NULL},
        {"mailto:user@a.example", NULL},
        {"cid:part1@a.example", NULL},
        {"data:text/html,http://a.example", NULL},
        {"javascript:location='http://a.example'", NULL},
        {"tel:+123", NULL},
        {"gopher://a.example", NULL},
        {"/path", NULL},
        {"path", NULL},
        {"a.example", NULL},
        {"#top", NULL},
        {"?q=http://a.example", NULL},
        {"/", NULL},
        {"//", NULL},
        {"\\", NULL},
    };

    read_all(cases, COUNT_OF(cases), url_read);
}
END_TEST

START_TEST(test_around)
{
    static const struct reading cases[] = {
        {"http://a.example?q", "a.example"},
        {"http://a.example#f", "a.example"},
        {"http://a.example\\@b.example", "a.example"},
        {"http://a.example/@b.example", "a.example"},
        {"http://a.example?@b.example", "a.example"},
        {"http://a.example#@b.example", "a.example"},
        {"http://u@a.example", "a.example"},
        {"http://u:p@a.example", "a.example"},
        {"http://@a.example", "a.example"},
        {"http://:@a.example", "a.example"},
        {"http://bank.example@a.example", "a.example"},
        {"http://bank.example:80@a.example:81", "a.example"},
        {"http://bank.example@x@y@a.example", "a.example"},
        {"http://http://bank.example@a.example", "http"},
        {"http://bank.example%2f@a.example", "a.example"},
        {"http://user\xff\xfe@a.example", "a.example"},
        {"http://u@/a.example", NULL},
        {"http://a.example@", NULL},
        {"http://@/", NULL},
        {"http://a.example:", "a.example"},
        {"http://a.example:80", "a.example"},
        {"http://a.example:00080/", "a.example"},
        {"http://a.example:8\t0/", "a.example"},
        {"http://a.example:65535", "a.example"},
        {"http://a.example:65536", NULL},
        {"http://a.example:99999999999999999999", NULL},
        {"http://a.example:80x", NULL},
        {"http://a.example:-1", NULL},
        {"http://a.example:8 0", NULL},
        {"http://a.example:80:80", NULL},
        {"http://:80", NULL},
        {"http://u@:80", NULL},
        {"http://a b.example", NULL},
        {"http://a.example b", NULL},
        {"http://a<b.example", NULL},
        {"http://a|b.example", NULL},
        {"http://a^b.example", NULL},
        {"http://a]b.example", NULL},
        {"http://a\x7f.example", NULL},
        {"http://a\x01.example", NULL},
        {"http://a.example.", "a.example"},
        {"http://a.example..", NULL},
        {"http://.a.example", NULL},
        {"http://a..example", NULL},
        {"http://.", NULL},
        {"http://localhost/", "localhost"},
        {"http://intranet", "intranet"},
        {"http://com", "com"},
    };

    read_all(cases, COUNT_OF(cases), url_read);
}
END_TEST

START_TEST(test_bare)
{
    static const struct reading cases[] = {
        {"www.a.com", "www.a.com"},
        {"a.com", "a.com"},
        {"A.Co.UK/x?y#z", "a.co.uk"},
        {" a.com ", "a.com"},
        {"a.com:8080/x", "a.com"},
        {"a.com\\x", "a.com"},
        {"b\u00fccher.de", "xn--bcher-kva.de"},
        {"b\u00fccher\u3002de", "xn--bcher-kva.de"},
        {"a\u200b.com", "a.com"},
        {"\u043f\u0440\u0438\u043c\u0435\u0440.\u0440\u0444", "xn--e1afmkfd.xn--p1ai"},
        {"a.github.io", "a.github.io"},
        {"http://a.unlisted", "a.unlisted"},
        {"//intranet/x", "intranet"},
        {"http://192.0.2.1/", "192.0.2.1"},
        {"a.unlisted", NULL},
        {"e.g.", NULL},
        {"1.5", NULL},
        {"192.0.2.1", NULL},
        {"[2001:db8::1]", NULL},
        {"0x7f.1", NULL},
        {"com", NULL},
        {"user@a.com", NULL},
        {"http:", NULL},
        {"mailto:user@a.com", NULL},
        {"note:a.com", NULL},
        {"a.com:x", NULL},
        {"/a.com", NULL},
        {"x/a.com", NULL},
        {"and.so on.com", NULL},
        {"index.html", NULL},
        {"", NULL},
    };

    read_all(cases, COUNT_OF(cases), url_read_bare);
}
END_TEST

START_TEST(test_own_spelling)
{
    static const struct reading cases[] = {
        {"a.example", "a.example"},
        {"xn--bcher-kva.de", "xn--bcher-kva.de"},
        {"a!b.example.com", "a!b.example.com"},
        {"192.0.2.1", "192.0.2.1"},
        {"2001:db8::1", "2001:db8::1"},
        {"A.example", NULL},
        {"a.example.", NULL},
        {"b\u00fccher.de", NULL},
        {"%61.example", NULL},
        {"a.example:80", NULL},
        {"a.example/", NULL},
        {"u@a.example", NULL},
        {"http://a.example", NULL},
        {"127.1", NULL},
        {"0x7f000001", NULL},
        {"2001:DB8::1", NULL},
        {"[2001:db8::1]", NULL},
        {"::ffff:192.0.2.1", NULL},
        {"IPv6:2001:db8::1", NULL},
        {"a\tb.example", NULL},
        {"", NULL},
    };

    read_all(cases, COUNT_OF(cases), url_read_host);
}
END_TEST

START_TEST(test_tail)
{
    static const struct {
        const char *text, *tail;
    } cases[] = {
        {"http://a.example/p?q#f", "/p?q#f"},
        {" http://u@a.example:80?q ", "?q "},
        {"http://a.example", ""},
        {"//a.example#f", "#f"},
        {"http://a.exa\nmple\\p", "\\p"},
        {"javascript:x", "javascript:x"},
    };

    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        struct url url;

        url_read(span_of(cases[i].text), &url);
        ck_assert_str_eq(cases[i].text + url.tail, cases[i].tail);
    }
}
END_TEST

START_TEST(test_find)
{
    static const struct {
        const char *text, *found;
    } cases[] = {
        {"see http://a.example", "http://a.example"},
        {"?u=hTTps:/a", "hTTps:/a"},
        {"xhttp://a", "http://a"},
        {"wss:\\a", "wss:\\a"},
        {"ws://a", "ws://a"},
        {"::/://ftp:/x", "ftp:/x"},
        {"http:a", NULL},
        {"http:", NULL},
        {"s://a", NULL},
        {":", NULL},
        {"", NULL},
    };

    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        size_t at;
        bool is_found = url_find(span_of(cases[i].text), &at);

        ck_assert_msg(is_found == (cases[i].found != NULL), "%s", cases[i].text);
        if (is_found)
            ck_assert_str_eq(cases[i].text + at, cases[i].found);
    }
}
END_TEST

SUITE_MAIN("mail/url", test_ways, test_around, test_bare, test_own_spelling, test_tail,
           test_find)
