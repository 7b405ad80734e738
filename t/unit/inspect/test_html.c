/* test_html.c - tokens of tag soup, character references, and time that grows with the page and no faster. */
#include <time.h>

#include "base/str.h"
#include "milter/inspect/html.h"
#include "milter/inspect/html_entities.h"
#include "t/lib/html_links.h"
#include "t/lib/suite.h"

static void add_attributes(struct str *out, struct span body)
{
    struct html_attribute attribute;

    while (html_attribute_next(&body, &attribute)) {
        str_addc(out, ' ');
        str_add(out, attribute.name);
        str_addc(out, ':');
        str_add(out, attribute.value);
    }
}

/* "T(text) S(name attribute:value) E(name) C(comment) D(declaration) R(name text)"; "~" behind what never ends. */
static void print_tokens(struct str *out, struct span page, bool is_flat)
{
    struct html_token token;
    struct html html;

    str_reset(out);
    html_begin(&html, page, is_flat);
    while (html_next(&html, &token)) {
        bool is_tag = token.kind == HTML_START || token.kind == HTML_END;

        str_addc(out, "TRSECD"[token.kind]);
        str_addc(out, '(');
        str_add(out, token.name);
        if (is_tag)
            add_attributes(out, token.body);
        if (token.kind == HTML_RAW)
            str_addc(out, ' ');
        if (!is_tag)
            str_add(out, token.body);
        str_adds(out, token.is_unclosed ? ")~" : ")");
    }
}

struct token_case {
    const char *page, *want;
};

static const struct token_case tokens[] = {
    {"", ""},
    {"a<b>c</b>", "T(a)S(b)T(c)E(b)"},
    {"a < b <3 c<", "T(a < b <3 c<)"},
    {"<a x=1 y='2' z=\"3\" w>", "S(a x:1 y:2 z:3 w:)"},
    {"<a x='1'y=\"2\"z=3/w>", "S(a x:1 y:2 z:3/w)"},
    {"<a/x=1/>", "S(a x:1/)"},
    {"<a / x / = / y>", "S(a x: =: y:)"},
    {"<a =x y==z>", "S(a =x: y:=z)"},
    {"<a x\n=\t'1\n2'>", "S(a x:1\n2)"},
    {"<a x=>b", "S(a x:)T(b)"},
    {"<a x = '>' y=\"'>\">b", "S(a x:> y:'>)T(b)"},
    {"<a x=1 x=2>", "S(a x:1 x:2)"},
    {"<a<b>c", "S(a<b)T(c)"},
    {"<a x='1>b</a>", "S(a x:1)T(b)E(a)"},
    {"<a x=\"1' y>b'</a>", "S(a x:1' y)T(b')E(a)"},
    {"<a x=1", "S(a x:1)~"},
    {"<a", "S(a)~"},
    {"</a", "E(a)~"},
    {"</", "T(</)"},
    {"</>a</ b>c", "C()T(a)C( b)T(c)"},
    {"<!-- a --> b", "C( a )T( b)"},
    {"<!--a--b--!>c", "C(a--b)T(c)"},
    {"<!-->a<!--->b<!---->c", "C()T(a)C()T(b)C()T(c)"},
    {"<!--a<!--b-->c-->", "C(a<!--b)T(c-->)"},
    {"<!--a--", "C(a--)~"},
    {"<!DocType html>a", "D(DocType html)T(a)"},
    {"<?xml?>a<!x>b<![CDATA[c]]>", "D(xml?)T(a)C(x)T(b)C([CDATA[c]])"},
    {"<!x", "C(x)~"},
    {"<SCRIPT>a</b></scriptx></ScripT x>c",
     "S(SCRIPT)R(SCRIPT a</b></scriptx>)E(ScripT x:)T(c)"},
    {"<style>a</style", "S(style)R(style a</style)~"},
    {"<title></title>", "S(title)R(title )E(title)"},
    {"<xmp>", "S(xmp)R(xmp )~"},
    {"<script><!--<script></script>-->a</script>b",
     "S(script)R(script <!--<script></script>-->a)E(script)T(b)"},
    {"<script><!--><script></script>b", "S(script)R(script <!--><script>)E(script)T(b)"},
    {"<script><!--<scripts></script>b", "S(script)R(script <!--<scripts>)E(script)T(b)"},
};

static const struct token_case flat_tokens[] = {
    {"<!-- a --><script><b></script>", "T( a -->)S(script)S(b)E(script)"},
    {"<!--<!--</ a><![endif]b<?c", "T( a>)T(b)T(c)"},
    {"a<!", "T(a)"},
};

static void compare_tokens(const struct token_case *cases, size_t count, bool is_flat)
{
    struct str printed = STR_EMPTY;

    for (size_t i = 0; i < count; i++) {
        print_tokens(&printed, span_of(cases[i].page), is_flat);
        ck_assert_msg(strcmp(str_cstr(&printed), cases[i].want) == 0, "%s\n gives %s\n not %s",
                      cases[i].page, str_cstr(&printed), cases[i].want);
    }
    str_clear(&printed);
}

START_TEST(test_tokens)
{
    compare_tokens(tokens, COUNT_OF(tokens), false);
    compare_tokens(flat_tokens, COUNT_OF(flat_tokens), true);
}
END_TEST

START_TEST(test_references)
{
    static const struct {
        const char *text, *in_text, *in_value;
    } cases[] = {
        {"a&b & &; &# &#x; &#xg;", "a&b & &; &# &#x; &#xg;", "a&b & &; &# &#x; &#xg;"},
        {"&lt;&gt;&amp;&quot;&apos;", "<>&\"'", "<>&\"'"},
        {"&AMP;&AMP&lt=", "&&<=", "&&&lt="},
        {"&ltx &lt5 &lt", "<x <5 <", "&ltx &lt5 <"},
        {"&notit;&notin;", "\u00acit;\u2209", "&notit;\u2209"},
        {"&colon;&sol;&period;&num;&quest;", ":/.#?", ":/.#?"},
        {"&colon &Tab;", "&colon \t", "&colon \t"},
        {"&#65;&#65&#x41;&#X41z", "AAAAz", "AAAAz"},
        {"&#000000000000000000000000000065;", "A", "A"},
        {"&#0;&#xd800;&#x110000;&#99999999999999999999;", "\ufffd\ufffd\ufffd\ufffd",
         "\ufffd\ufffd\ufffd\ufffd"},
        {"&#x80;&#150;&#x81;", "\u20ac\u2013\xc2\x81", "\u20ac\u2013\xc2\x81"},
        {"&fjlig;&eopf;&nGt;", "fj\U0001d556\u226b", "fj\U0001d556\u226b"},
        {"&CounterClockwiseContourIntegral;", "\u2233", "\u2233"},
        {"&CounterClockwiseContourIntegralx;", "&CounterClockwiseContourIntegralx;",
         "&CounterClockwiseContourIntegralx;"},
        {"&AElig;&zwnj;&zwj;&shy", "\u00c6\u200c\u200d\u00ad", "\u00c6\u200c\u200d\u00ad"},
    };
    struct str out = STR_EMPTY;

    for (size_t i = 0; i < COUNT_OF(cases); i++)
        for (int is_value = 0; is_value < 2; is_value++) {
            str_reset(&out);
            html_decode(&out, span_of(cases[i].text), is_value);
            ck_assert_str_eq(str_cstr(&out), is_value ? cases[i].in_value : cases[i].in_text);
        }
    str_clear(&out);
}
END_TEST

#define PAGE_SIZE (1024 * 1024)
#define PAGE_MS                                                                                \
    2000 /* of the processor: some 10 ms, many seconds if each "<" looked for what is not there */

START_TEST(test_time)
{
    static const char *const units[] = {
        "<a href=",
        "<!--",
        "&#",
        "<a b=\"' ",
        "<a b='\">",
        "</",
        "<!x",
        "<script>",
        "<title>",
        "-",
        "--!",
        "&aaaaaaa",
        "<td>",
        "<br>",
        "<a href=//a.example>x",
        "<base href=//a.example>",
        "</script",
        "<p style='url(url('>",
        "<p style=\"// //  //\">",
        "<p onx='\\75rl((('>",
        "<p srcset=',,, ,x'>",
        "<!-- -->",
        "<a x=y ",
        "=",
        "&lt",
        "<",
    };
    static const char *const heads[] = {"",
                                        "<!--",
                                        "<script><!--",
                                        "<style>",
                                        "<p style=\"url(",
                                        "<a href=//a.example>",
                                        "<a href='javascript:",
                                        "<?"};
    struct str page = STR_EMPTY, found = STR_EMPTY;

    for (size_t head = 0; head < COUNT_OF(heads); head++)
        for (size_t unit = 0; unit < COUNT_OF(units); unit++) {
            clock_t start;
            int ms;

            str_reset(&page);
            str_adds(&page, heads[head]);
            while (page.len < PAGE_SIZE)
                str_adds(&page, units[unit]);
            start = clock();
            html_links(&found, str_span(&page));
            ms = (int)((clock() - start) / (CLOCKS_PER_SEC / 1000));
            ck_assert_msg(ms < PAGE_MS, "%s%s...: %d ms", heads[head], units[unit], ms);
        }
    str_clear(&page);
    str_clear(&found);
}
END_TEST

START_TEST(test_limits)
{
    struct str page = STR_EMPTY, found = STR_EMPTY;

    str_adds(&page, "<a");
    for (int i = 0; i < HTML_ATTRIBUTES_MAX; i++)
        str_adds(&page, " x");
    str_adds(&page, " href=//a.example>");
    html_links(&found, str_span(&page));
    ck_assert_str_eq(str_cstr(&found), "!too many attributes of one tag");
    str_clear(&page);
    str_clear(&found);
}
END_TEST

SUITE_MAIN("html", test_tokens, test_references, test_time, test_limits)
