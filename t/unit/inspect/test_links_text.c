/* test_links_text.c - what of running text is a link, and where it ends. */
#include <stdio.h>
#include "base/clock.h"
#include "base/str.h"
#include "milter/inspect/links.h"
#include "t/lib/suite.h"

/* links: "host text, host text ..." */
static const struct {
    const char *text, *links;
} cases[] = {
    {"", ""},
    {"No link here. None at all; e.g. 1.5 or 3.14, etc.", ""},
    {"See http://a.example/x for more", "a.example http://a.example/x"},
    {"https://a.example", "a.example https://a.example"},
    {"FTP://A.Example/pub", "a.example FTP://A.Example/pub"},
    {"http:\\\\a.example\\x", "a.example http:\\\\a.example\\x"},
    {"http:/a.example", "a.example http:/a.example"},
    {"gopher://a.example/", ""},
    {"http: //a.example", ""},
    {"mailto:a@example.com", ""},
    {"javascript:void(0)", ""},
    /* where it ends */
    {"(http://a.example/x)", "a.example http://a.example/x"},
    {"http://a.example/x_(y)", "a.example http://a.example/x_(y)"},
    {"(see http://a.example/x_(y)).", "a.example http://a.example/x_(y)"},
    {"<http://a.example/>", "a.example http://a.example/"},
    {"<URL:http://a.example/x>", "a.example http://a.example/x"},
    {"\"http://a.example\"", "a.example http://a.example"},
    {"'http://a.example'", "a.example http://a.example"},
    {"[http://a.example]", "a.example http://a.example"},
    {"[x](http://a.example/y)", "a.example http://a.example/y"},
    {"*http://a.example/*", "a.example http://a.example/"},
    {"http://a.example, http://b.example.",
     "a.example http://a.example, b.example http://b.example"},
    {"http://a.example?", "a.example http://a.example"},
    {"http://a.example/?q=1!", "a.example http://a.example/?q=1"},
    {"http://a.example:8080/x", "a.example http://a.example:8080/x"},
    {"http://a.example: so", "a.example http://a.example"},
    {"http://a.example|http://b.example",
     "a.example http://a.example, b.example http://b.example"},
    {"http://a.example,http://b.example",
     "a.example http://a.example, b.example http://b.example"},
    {"http://a.example;http://b.example/x",
     "a.example http://a.example, b.example http://b.example/x"},
    {"http://a.example\thttp://b.example\r\nhttp://c.example",
     "a.example http://a.example, b.example http://b.example, c.example http://c.example"},
    {"http://user:word@a.example/", "a.example http://user:word@a.example/"},
    {"http://good.example,x@a.example/", "a.example http://good.example,x@a.example/"},
    {"http://[2001:db8::1]/x", "2001:db8::1 http://[2001:db8::1]/x"},
    {"http://192.0.2.7/x", "192.0.2.7 http://192.0.2.7/x"},
    {"http://0xc0000207", "192.0.2.7 http://0xc0000207"},
    {"http:// a.example", ""},
    {"http://", ""},
    {"http://.", ""},
    /* other scripts */
    {"http://b\xc3\xbc"
     "cher.example/",
     "xn--bcher-kva.example http://b\xc3\xbc"
     "cher.example/"},
    {"http://a\xe3\x80\x82"
     "example/",
     "a.example http://a\xe3\x80\x82"
     "example/"},
    {"http://\xef\xbd\x81\xef\xbc\x8e"
     "example/",
     "a.example http://\xef\xbd\x81\xef\xbc\x8e"
     "example/"},
    {"\xe8\xa7\x81http://a.example/\xe3\x80\x82", "a.example http://a.example/"},
    {"http://a.example\xe3\x80\x82", "a.example http://a.example"},
    {"\xe3\x80\x8chttp://a.example\xe3\x80\x8d", "a.example http://a.example"},
    {"\xe2\x80\x9c"
     "http://a.example\xe2\x80\x9d",
     "a.example http://a.example"},
    {"http://a.example\xe3\x80\x80"
     "b",
     "a.example http://a.example"},
    {"http://a.example\xc2\xa0"
     "b",
     "a.example http://a.example"},
    {"http://www.example.com\xe3\x82\x92",
     "www.example.xn--com-rg4b http://www.example.com\xe3\x82\x92, "
     "www.example.com http://www.example.com"},
    /* without a scheme */
    {"www.a.example", "www.a.example www.a.example"},
    {"go to WWW.A.Example/x!", "www.a.example WWW.A.Example/x"},
    {"www.", ""},
    {"x@www.a.example", ""},
    {"example.com", "example.com example.com"},
    {"so example.com.", "example.com example.com"},
    {"(example.com)", "example.com example.com"},
    {"_example.com_", "example.com example.com"},
    {"example.com/x?y", "example.com example.com/x?y"},
    {"example.com:8080/x,", "example.com example.com:8080/x"},
    {"example.com: so", "example.com example.com"},
    {"example.com?x", "example.com example.com?x"},
    {"example.com,example.net;example.org",
     "example.com example.com, example.net example.net, example.org example.org"},
    {"a.example", ""},
    {"file.txt readme.docx a.b", ""},
    {"someone@example.com", ""},
    {"first.last.name@example.com", ""},
    {"info.com@example.com", ""},
    {"dir/example.com", ""},
    {"example.com=1, example.com(x)", ""},
    {"192.0.2.1", ""},
    {"\xe8\xaf\xb7\xe8\xae\xbf\xe9\x97\xae"
     "example.com\xe3\x80\x82",
     "xn--example-516uno363f.com \xe8\xaf\xb7\xe8\xae\xbf\xe9\x97\xae"
     "example.com, "
     "example.com example.com"},
    {"\xe4\xbe\x8b\xe3\x81\x88.com/x", "xn--r8jz45g.com \xe4\xbe\x8b\xe3\x81\x88.com/x"},
    {"example\xe3\x80\x82"
     "com",
     "example.com example\xe3\x80\x82"
     "com"},
    {"\xe2\x86\x92"
     "example.com",
     "example.com example.com"},
    {"example.com\xe3\x80\x82http://b.example/",
     "example.com example.com, b.example http://b.example/"},
};

static void print(struct str *out, const struct links *links)
{
    struct facts *facts = facts_new();

    links_give(links, facts);
    for (size_t i = 0; i < facts_records(facts, RECORD_URL)->count; i++) {
        const struct fact *host = facts_record_get(facts, RECORD_URL, i, FACT_URL_HOST),
                          *text = facts_record_get(facts, RECORD_URL, i, FACT_URL_TEXT);
        str_printf(out, "%s%.*s %.*s", i > 0 ? ", " : "", SPAN_ARG(host->values[0].text),
                   SPAN_ARG(text->values[0].text));
        ck_assert_int_eq(
            facts_record_get(facts, RECORD_URL, i, FACT_URL_DECEPTIVE)->values[0].number, 0);
    }
    facts_free(&facts);
}

START_TEST(test_cases)
{
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        struct links *links = links_new();
        struct str got = STR_EMPTY;
        links_in_text(links, span_of(cases[i].text));
        print(&got, links);
        ck_assert_msg(span_is(str_span(&got), cases[i].links), "%s\n  want %s\n  got  %s",
                      cases[i].text, cases[i].links, str_cstr(&got));
        str_clear(&got);
        links_free(&links);
    }
}
END_TEST

/* Each is repeated to a quarter of LINKS_TEXT_MAX: what were quadratic would take hours. */
static const char *const pieces[] = {
    "http:/",
    "http://",
    "http://,",
    "http:///",
    "http://a,",
    "http://a/,",
    "http://a@",
    "http://[",
    "(",
    ")",
    "http://a/(",
    ")http://a/",
    ".",
    "www.",
    "www.a ",
    "a.b.",
    "example.com",
    "example.com ",
    "a@example.com",
    "\xe2\x92\x88.com ",
    "\xe4\xbe\x8b\xe3\x80\x82\xe4\xbe\x8b ",
    "a-.com ",
    "a!.com ",
    "\xe4\xbe\x8b-\xe4\xbe\x8b\xe3\x80\x82"
    "com ",
    "a.zz ",
    "\xc3\xa4.zz ",
    "\xe4\xbe\x8b\xe3\x80\x82"
    "a.com\xe4\xbe\x8b\xe3\x80\x82"
    "zz ",
    "http://a.zz\xc3\xa4,",
    "\xe8\xaf\xb7",
    "\xe8\xaf\xb7.",
    "\xe3\x80\x82",
    "\xe8\xaf\xb7"
    "a.com ",
    "\xe8\xaf\xb7"
    "com.com ",
    "\\",
    "http:\\",
    "%",
    "http://%2f",
    "http:",
    "-",
    "_.",
    "http://a/?http://",
};

START_TEST(test_linear)
{
    for (size_t i = 0; i < COUNT_OF(pieces); i++) {
        struct links *links = links_new();
        struct str text = STR_EMPTY;
        int64_t begun, took;
        while (text.len < LINKS_TEXT_MAX / 4)
            str_adds(&text, pieces[i]);
        begun = clock_mono_ms();
        links_in_text(links, str_span(&text));
        took = clock_mono_ms() - begun;
        if (getenv("VERBOSE") != NULL)
            printf("%5d ms  %s\n", (int)took, pieces[i]);
        ck_assert_msg(took < 10000, "%s: %d ms", pieces[i], (int)took);
        str_clear(&text);
        links_free(&links);
    }
}
END_TEST

SUITE_MAIN("inspect/links_text", test_cases, test_linear)
