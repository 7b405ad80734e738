/* Canonical forms of list items, and which are dangerous. */
#include <check.h>
#include "rules/list_image.h"
#include "t/lib/suite.h"

static const struct {
    const char *name;
    enum list_type type;
    const char *item, *want; /* want NULL: refused */
} forms[] = {
    {"network", LIST_IP, "10.0.0.0/8", "10.0.0.0/8"},
    {"address as network", LIST_IP, "192.0.2.1/32", "192.0.2.1"},
    {"IPv6 shortened", LIST_IP, "2001:0DB8:0:0:0:0:0:0/32", "2001:db8::/32"},
    {"blanks around", LIST_IP, "  ::1 ", "::1"},
    {"mapped IPv4", LIST_IP, "::ffff:192.0.2.1", "192.0.2.1"},
    {"host bits", LIST_IP, "10.0.0.1/8", NULL},
    {"a name", LIST_IP, "example.com", NULL},
    {"domain", LIST_DOMAIN, "Example.COM.", "example.com"},
    {"below", LIST_DOMAIN, ".Example.com", ".example.com"},
    {"international", LIST_DOMAIN, "b\303\274cher.example", "xn--bcher-kva.example"},
    {"everything", LIST_DOMAIN, ".", "."},
    {"empty label", LIST_DOMAIN, "a..b", NULL},
    {"two dots", LIST_DOMAIN, "..b", NULL},
    {"address", LIST_ADDRESS, "Bob@Example.com", "bob@example.com"},
    {"whole domain", LIST_ADDRESS, "@Example.com", "@example.com"},
    {"no domain", LIST_ADDRESS, "bob", NULL},
    {"null sender", LIST_ADDRESS, "<>", NULL},
    {"bare at", LIST_ADDRESS, "@", NULL},
    {"string folded", LIST_STRING, "EXE", "exe"},
    {"string with blank", LIST_STRING, "New Order", "new order"},
    {"empty", LIST_STRING, "  ", NULL},
    {"control", LIST_STRING, "a\rb", NULL},
    {"pattern as it is", LIST_PATTERN, "Fo+ ?Bar", "Fo+ ?Bar"},
};

static void check_form(size_t at)
{
    struct str out = STR_EMPTY;
    struct err err;
    int result;

    err_reset(&err);
    str_adds(&out, "before ");
    result = list_item_canonical(forms[at].type, span_of(forms[at].item), &out, &err);
    if (forms[at].want == NULL) {
        ck_assert_msg(result == -1 && err.text[0] != '\0', "%s", forms[at].name);
        ck_assert_str_eq(str_cstr(&out), "before ");
    } else {
        ck_assert_msg(result == 0, "%s: %s", forms[at].name, err.text);
        ck_assert_str_eq(str_cstr(&out) + 7, forms[at].want);
    }
    str_clear(&out);
}

START_TEST(canonical_form)
{
    for (size_t i = 0; i < COUNT_OF(forms); i++)
        check_form(i);
}
END_TEST

START_TEST(too_long)
{
    static char item[LIST_MAX_ITEM + 1];
    struct str out = STR_EMPTY;
    struct err err;

    memset(item, 'x', sizeof item);
    ck_assert_int_eq(
        list_item_canonical(LIST_STRING, span_from(item, LIST_MAX_ITEM), &out, &err), 0);
    ck_assert_int_eq(
        list_item_canonical(LIST_STRING, span_from(item, LIST_MAX_ITEM + 1), &out, &err), -1);
    ck_assert_str_eq(err.text, "an item is 513 bytes long; at most 512 are possible");
    str_clear(&out);
}
END_TEST

static const struct {
    enum list_type type;
    const char *item;
    bool want;
} dangers[] = {
    {LIST_IP, "10.0.0.0/8", false},
    {LIST_IP, "10.0.0.0/7", true},
    {LIST_IP, "0.0.0.0/0", true},
    {LIST_IP, "2001:db8::/19", false},
    {LIST_IP, "2000::/18", true},
    {LIST_IP, "::/0", true},
    {LIST_IP, "::ffc0:0:0/90", true},
    {LIST_IP, "192.0.2.1", false},
    {LIST_DOMAIN, ".", true},
    {LIST_DOMAIN, ".com", false},
    {LIST_ADDRESS, "@a.example", false},
    {LIST_STRING, ".", false},
};

START_TEST(danger)
{
    for (size_t i = 0; i < COUNT_OF(dangers); i++)
        ck_assert_msg(list_item_is_dangerous(dangers[i].type, span_of(dangers[i].item)) ==
                          dangers[i].want,
                      "%s", dangers[i].item);
}
END_TEST

SUITE_MAIN("list_item", canonical_form, too_long, danger)
