/* Text of XML: nothing that comes in can end an element or an attribute. */
#include "base/sinks.h"
#include "t/lib/suite.h"

static const struct {
    const char *in, *out;
} cases[] = {
    {"plain text", "plain text"},
    {"<a href=\"x\">&'", "&lt;a href=&quot;x&quot;&gt;&amp;&#39;"},
    {"a\nb\tc\x01\x1b\x7f", "a?b?c???"},
    {"gr\xc3\xbc\xc3\x9f", "gr\xc3\xbc\xc3\x9f"},
    {"bad \xff byte", "bad \xef\xbf\xbd byte"},
    {"no character \xef\xbf\xbe here", "no character \xef\xbf\xbd here"},
    {"half a one \xef\xbc\x81", "half a one \xef\xbc\x81"},
    {"c1 \xc2\x9b"
     "31m",
     "c1 ?31m"},
    {"bidi \xe2\x80\xaetxt", "bidi ?txt"},
    {"", ""},
};

START_TEST(test_escapes)
{
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        struct str out = STR_EMPTY;
        sink_xml(&out, span_of(cases[i].in));
        ck_assert_str_eq(str_cstr(&out), cases[i].out);
        str_clear(&out);
    }
}
END_TEST

START_TEST(test_any_byte)
{
    struct str out = STR_EMPTY;

    for (int c = 0; c < 256; c++) {
        char byte = (char)c;
        sink_xml(&out, span_from(&byte, 1));
    }
    for (size_t i = 0; i < out.len; i++)
        ck_assert_ptr_null(memchr("<>\"'\n\r\t", out.ptr[i], 7));
    str_clear(&out);
}
END_TEST

SUITE_MAIN("sink_xml", test_escapes, test_any_byte)
