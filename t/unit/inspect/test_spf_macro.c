/* Macros of SPF: what is one, and what it says. */
#include "milter/inspect/spf_macro.h"

#include "t/lib/suite.h"

/* RFC 7208 section 7.4, and what delimiters it names that libspf2 does not know. */
static const struct {
    const char *text, *client, *wanted;
} macros[] = {
    {"%{s}", "192.0.2.3", "strong-bad@email.example.com"},
    {"%{o}", "192.0.2.3", "email.example.com"},
    {"%{d4}", "192.0.2.3", "email.example.com"},
    {"%{d2}", "192.0.2.3", "example.com"},
    {"%{d1}", "192.0.2.3", "com"},
    {"%{dr}", "192.0.2.3", "com.example.email"},
    {"%{d2r}", "192.0.2.3", "example.email"},
    {"%{l-}", "192.0.2.3", "strong.bad"},
    {"%{lr-}", "192.0.2.3", "bad.strong"},
    {"%{l1r-}", "192.0.2.3", "strong"},
    {"%{ir}.%{v}._spf.%{d2}", "192.0.2.3", "3.2.0.192.in-addr._spf.example.com"},
    {"%{lr-}.lp._spf.%{d2}", "192.0.2.3", "bad.strong.lp._spf.example.com"},
    {"%{lr-}.lp.%{ir}.%{v}._spf.%{d2}", "192.0.2.3",
     "bad.strong.lp.3.2.0.192.in-addr._spf.example.com"},
    {"%{d2}.trusted-domains.example.net", "192.0.2.3",
     "example.com.trusted-domains.example.net"},
    {"%{ir}.%{v}._spf.%{d2}", "2001:db8::cb01",
     "1.0.B.C.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.8.B.D.0.1.0.0.2.ip6._spf.example.com"},
    {"%{S}", "192.0.2.3", "strong-bad%40email.example.com"},
    {"%{d999}", "192.0.2.3", "email.example.com"},
    {"%{d99999999999999999999}", "192.0.2.3", "email.example.com"},
    {"%{h+,/_=-.}", "192.0.2.3", "a.b.c.d.e.f.g"},
};

START_TEST(test_macros)
{
    for (size_t i = 0; i < COUNT_OF(macros); i++) {
        struct spf_values values = {.sender = SPAN("strong-bad@email.example.com"),
                                    .local = SPAN("strong-bad"),
                                    .sender_domain = SPAN("email.example.com"),
                                    .domain = SPAN("email.example.com"),
                                    .helo = SPAN("a+b,c/d_e=f-g")};
        struct str out = STR_EMPTY;

        ck_assert(ip_parse(span_of(macros[i].client), &values.client));
        ck_assert(spf_macro_is_valid(span_of(macros[i].text), false));
        spf_macro_expand(span_of(macros[i].text), &values, &out);
        ck_assert_str_eq(str_cstr(&out), macros[i].wanted);
        str_clear(&out);
    }
}
END_TEST

START_TEST(test_wrong_macros)
{
    char many[410];
    const char *wrong[] = {"%",      "a%",      "%{",     "%{d",      "%{}",   "%{x}", "%{d0}",
                           "%{d00}", "%{d2rr}", "%{d.r}", "%{d r}",   "%(d)",  "%a",   "a b",
                           "%{c}",   "%{r}",    "%{t}",   "\xc3\xbc", "%{d*}", "\x01", "a\x7f"};

    for (size_t i = 0; i < COUNT_OF(wrong); i++)
        ck_assert_msg(!spf_macro_is_valid(span_of(wrong[i]), false), "%s", wrong[i]);
    ck_assert(spf_macro_is_valid(SPAN("a b %{c}%{r}%{t}%{R2r.}"), true));
    for (size_t i = 0; i < COUNT_OF(many) - 4; i += 4)
        memcpy(many + i, "%{d}", 4);
    ck_assert(spf_macro_is_valid(span_from(many, 400), false));
    ck_assert(!spf_macro_is_valid(span_from(many, 404), false));
    ck_assert(!spf_macro_is_domain(SPAN("")));
    ck_assert(spf_macro_is_domain(SPAN("%{d}")));
    ck_assert(!spf_macro_is_domain(SPAN("%{d}.")));
    ck_assert(spf_macro_is_domain(SPAN("%{d}.x-1.")));
}
END_TEST

SUITE_MAIN("spf_macro", test_macros, test_wrong_macros)
