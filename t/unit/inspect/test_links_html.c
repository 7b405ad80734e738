/* test_links_html.c - pages and the links in them: what leads somewhere, what is shown, what is searched as text. */
#include "base/clock.h"
#include "base/str.h"
#include "t/lib/html_links.h"
#include "t/lib/suite.h"

static const struct page_case {
    const char *page, *want;
} anchors[] = {
    {"<a href=\"http://a.example\">Here</a>", "a.example=Here"},
    {"<A HREF='http://a.example/x'>H<b>er</b>e</A>", "a.example=Here"},
    {"<a href=http://a.example/x>x</a>", "a.example=x"},
    {"<a/href=http://a.example/>x", "a.example=x"},
    {"<a\nhref\n=\n'http://a.example'\n>x", "a.example=x"},
    {"<a title=\"a>b\"href='http://a.example'>x</a>", "a.example=x"},
    {"<a href=\"&#104;ttp://a&period;example\">&lt;&amp;&#x41;</a>", "a.example=<&A"},
    {"<a href=\"http://a.ex\nam\tple\">x</a>", "a.example=x"},
    {"<a href=//a.example>x</a>", "a.example=x"},
    /* Browsers take the first, other programs the last. */
    {"<a href=http://a.example href=http://b.example>x</a>", "b.example a.example=x"},
    {"<a href=http://a.example>one<a href=http://b.example>two</a>three",
     "a.example=one b.example=two"},
    {"<a href=http://a.example>never closed", "a.example=never closed"},
    {"<a href=http://a.example>p.example</p><br>q</a>", "a.example=p.example  q"},
    {"<a href=http://a.example><img src=http://i.example alt='Pay &amp; go'></a>",
     "i.example a.example= Pay & go"},
    {"<area href=http://a.example>b.example", "a.example \"b.example\""},
    {"<v:rect href=http://a.example>x</v:rect>", "a.example"},
    {"<svg><a xlink:href=http://a.example>x</a></svg>", "a.example=x"},
    /* What leads nowhere is a text. */
    {"<a name=top>b.example</a>", "\"b.example\""},
    {"<a href=#top>b.example</a>", "\"b.example\""},
    {"<a href=mailto:a@b.example>c.example</a>", "\"c.example\""},
    {"x.example<a href=http://a.example>y</a>z.example",
     "\"x.example\" a.example=y \"z.example\""},
    /* An end of what the link has not opened ends it. */
    {"<td><a href=http://a.example>x</td>b.example", "a.example=x \"b.example\""},
    {"<a href=http://a.example><table><td>x</td></table>y</a>", "a.example=  x  y"},
    {"</a href=http://a.example>x", ""},
    /* What may end it in one program only: text of the link, and text. */
    {"<svg><a href=http://a.example>x</svg><p>b.example</a>c.example",
     "a.example=x  b.example \"b.example\" \"c.example\""},
    {"<td><a href=http://a.example>x<th>b.example", "a.example=x b.example \"b.example\""},
    /* Forgotten quotes. */
    {"<a href=\"http://a.example>x</a> y", "a.example=x"},
    {"<a href='http://a.example", "\" href='http://a.example\" a.example"},
    {"<a href=\"http://a.example>x</a><a href=\"http://b.example>y</a>", "a.example=y"},
    {"<a href=http://a.example x", "\" href=http://a.example x\" a.example"},
    {"<base href=http://a.example/x/><a href=y>z</a><a href=mailto:x>z</a>",
     "a.example a.example=z"},
    {"<a href='/to?u=http://b.example'>z</a>", "?/to?u=http://b.example"},
    {"<base href=//a.example><a href='/?u=http://b.example'>z</a>",
     "a.example ?/?u=http://b.example a.example=z"},
    {"<a href=\"javascript:location='http://a.example/'\">x</a>",
     "?javascript:location='http://a.example/' a.example"},
    {"<a href=\"java&Tab;script:open('\\x2f/a.example')\">x</a>", "a.example"},
    {"<a href='ms-word:ofe|u|http://a.example/d.doc'>x</a>",
     "?ms-word:ofe|u|http://a.example/d.doc a.example"},
};

static const struct page_case places[] = {
    {"<img src=http://a.example/1.png>", "a.example"},
    {"<img src=\"//a.example/1.png\" lowsrc='http://b.example' dynsrc=http://c.example "
     "longdesc=http://d.example>",
     "a.example b.example c.example d.example"},
    {"<img src=cid:1@a.example alt=b.example>", ""},
    {"<img srcset='http://a.example/1.png 1x, http://b.example/2.png 2x,x.png'>",
     "a.example b.example"},
    {"<form action=http://a.example><button formaction=http://b.example>",
     "a.example b.example"},
    {"<body background=http://a.example><video poster=http://b.example>",
     "a.example b.example"},
    {"<img src='file://a.example/x.png'><img src='\\\\b.example\\x.png'>",
     "a.example b.example"},
    {"<form action-xhr=http://a.example></form>", "a.example"},
    {"<object data=http://a.example codebase=http://b.example></object>",
     "a.example b.example"},
    {"<q cite=http://a.example>x</q><a ping='http://b.example http://c.example'>",
     "a.example b.example c.example"},
    {"<meta http-equiv=refresh content='0; URL = \"http://a.example\" '>", "a.example"},
    {"<META content=\"5;http://a.example\">", "a.example"},
    {"<meta name=x content='http://a.example'>", ""},
    {"<p content='0;url=http://a.example'>", ""},
    {"<link rel=stylesheet href=http://a.example>", "a.example"},
    {"<td style=\"background:url( 'http://a.example/x' )\">", "a.example"},
    {"<td style=\"background:URL(//a.example)\">", "a.example"},
    {"<td style=\"background:url(http:\\2f \\2f a.example)\">", "a.example"},
    {"<td style=\"background:u\\72l(http:/a.example)\">", "a.example"},
    {"<style>@import '//a.example'; td.info{} p{background:url(http://b.example)}</style>",
     "a.example b.example"},
    {"<script>x.name = 'http:\\/\\/a.example'; // b.example\nc=\"//d.example\"</script>",
     "a.example d.example"},
    {"<p onclick=\"location='http://a.example'\" onx=1>", "a.example"},
    {"<p onclick=\"location='googlechromes://a.example'\">", "a.example"},
    {"<iframe srcdoc=\"<a href='http://a.example'>x</a>b.example\"></iframe>",
     "a.example=x \"b.example\""},
    {"<svg><animate attributeName=href to=http://a.example></svg>", "a.example"},
    {"<p xmlns:href=http://a.example xmlns='http://b.example'>", ""},
    {"<!DOCTYPE html [<!ENTITY e 'http://a.example'>]><a href='http://b&e;.example'>x</a>",
     "!a document type with definitions a.example ?http://b&e;.example ?http://b&e;.example"},
    {"<!DOCTYPE html PUBLIC \"-//W3C//DTD\" \"http://www.w3.example/x.dtd\">", ""},
    {"<?xml-stylesheet href='http://a.example'?>", "a.example"},
};

static const struct page_case texts[] = {
    {"see a.example now", "\"see a.example now\""},
    {"a.<b>exam</b><wbr>ple", "\"a.example\""},
    {"<p>a.example<p>b.example<br>c.example", "\"a.example\" \"b.example\" \"c.example\""},
    {"a.example<td>b", "\"a.example\""},
    {"a&period;example &lt;x&gt;", "\"a.example <x>\""},
    {"1 < 2 <3 a.example", "\"1 < 2 <3 a.example\""},
    {"a.ex<!-- -->ample", "\"a.example\""},
    {"<!--[if mso]><a href=http://a.example>x</a>b.example<![endif]-->c.example",
     "a.example=x \"b.example\" \"c.example\""},
    {"<!--[if !mso]><!-->a.example<!--<![endif]-->", "\"a.example\""},
    {"<![if !vml]>a.example<![endif]>", "\"a.example\""},
    {"<!-- td.info <img src=http://a.example> http://b.example -->x",
     "a.example a.example b.example"},
    {"<!-- never closed a.example <!-- <a href=http://b.example>x",
     "\" never closed a.example  \" b.example=x"},
    {"<!-->a.example<!--->b.example-->", "\"a.exampleb.example-->\""},
    {"<!-- x --!>a.example", "\"a.example\""},
    {"<![CDATA[a.example]]>", "\"[CDATA[a.example]]\""},
    {"<title>a.example &amp;</title>b.example", "\"a.example &\" \"b.example\""},
    {"<textarea><a href='http://a.example'>", "\"<a href='http://a.example'>\" a.example"},
    {"<noscript>a.example</noscript>", "\"a.example\""},
    {"<xmp><b>a.example</b></xmp>b.example", "\"<b>a.example</b>\" \"b.example\""},
    {"<plaintext><p>a.example</plaintext>", "\"<p>a.example</plaintext>\""},
    {"<script><!--<script></script>'</script>--></script>a.example", "\"a.example\""},
    {"<style></style x>a.example", "\"a.example\""},
    {"<style/><p>a.example", "\"a.example\""},
};

static void compare(const struct page_case *cases, size_t count)
{
    struct str found = STR_EMPTY;

    for (size_t i = 0; i < count; i++) {
        html_links(&found, span_of(cases[i].page));
        ck_assert_msg(strcmp(str_cstr(&found), cases[i].want) == 0, "%s\n gives %s\n not %s",
                      cases[i].page, str_cstr(&found), cases[i].want);
    }
    str_clear(&found);
}

START_TEST(test_anchors)
{
    compare(anchors, COUNT_OF(anchors));
}
END_TEST

START_TEST(test_places)
{
    compare(places, COUNT_OF(places));
}
END_TEST

START_TEST(test_texts)
{
    compare(texts, COUNT_OF(texts));
}
END_TEST

/* A long base is no reason to copy it for each of a million comments, or to read it again for each relative link. */
START_TEST(test_base_linear)
{
    struct str page = STR_EMPTY, found = STR_EMPTY;
    int64_t begun = clock_mono_ms();

    str_adds(&page, "<base href='http://");
    for (int i = 0; i < 500000; i++)
        str_adds(&page, "&shy;");
    str_adds(&page, "a.example'>");
    for (int i = 0; i < 500000; i++)
        str_adds(&page, "<!>");
    for (int i = 0; i < 5000; i++)
        str_adds(&page, "<a href=x>");
    html_links(&found, str_span(&page));
    ck_assert(span_ends(str_span(&found), SPAN("a.example a.example")));
    ck_assert_int_lt(clock_mono_ms() - begun, 10000);
    str_clear(&page);
    str_clear(&found);
}
END_TEST

SUITE_MAIN("links_html", test_anchors, test_places, test_texts, test_base_linear)
