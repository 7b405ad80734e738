/* What is accepted and where it goes. */
#include "engine/routes.h"
#include "facts/derive.h"

#include "t/lib/suite.h"

static const char text[] = "postgate-routes 1 3\n"
                           "domain a.example\n"
                           "hop 10.0.0.1 25 10.0.0.1\n"
                           "hop mail.a.example 2525 10.0.0.2 2001:db8::2\n"
                           "domain b.example\n"
                           "hop 10.0.0.3 25 10.0.0.3\n"
                           "hop mail.b.example 25\n"
                           "domain xn--bcher-kva.example\n"
                           "hop 10.0.0.4 25 10.0.0.4\n"
                           "end\n";

START_TEST(test_learn)
{
    static const struct {
        const char *recipient;
        bool is_accepted;
        const char *next_hops;
    } cases[] = {
        {"x@a.example", true, "{10.0.0.1, 10.0.0.2, 2001:db8::2}"},
        {"x@A.EXAMPLE.", true, "{10.0.0.1, 10.0.0.2, 2001:db8::2}"},
        {"x@b.example", true, "unknown (next hop mail.b.example is not resolved)"},
        {"x@b\xc3\xbc"
         "cher.example",
         true, "{10.0.0.4}"},
        {"x@deep.a.example", false, "absent"},
        {"x@example", false, "absent"},
        {"x@foreign.example@a.example", true, "{10.0.0.1, 10.0.0.2, 2001:db8::2}"},
        {"x@a.example@foreign.example", false, "absent"},
        {"postmaster", false, "absent"},
        {"", false, "absent"},
        {"x@[10.0.0.1]", false, "absent"},
    };
    struct err err;
    struct routes *routes = routes_parse(span_of(text), &err);

    ck_assert_msg(routes != NULL, "%s", err.text);
    ck_assert_uint_eq(routes_count(routes), 3);
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        struct facts *facts = facts_new();
        struct str hops = STR_EMPTY;
        const struct fact *accepted;

        facts_set_path(facts, FACT_RECIPIENT, span_of(cases[i].recipient));
        routes_learn(routes, facts);
        accepted = facts_get(facts, FACT_DOMAIN_ACCEPTED);
        ck_assert_int_eq(accepted->state, FACT_VALUE);
        ck_assert_msg((accepted->values[0].number != 0) == cases[i].is_accepted, "%s",
                      cases[i].recipient);
        fact_print(&hops, FACT_ROUTE_NEXT_HOPS, facts_get(facts, FACT_ROUTE_NEXT_HOPS));
        ck_assert_msg(strcmp(str_cstr(&hops), cases[i].next_hops) == 0, "%s: %s",
                      cases[i].recipient, str_cstr(&hops));
        str_clear(&hops);
        facts_free(&facts);
    }
    routes_free(&routes);
}
END_TEST

START_TEST(test_malformed)
{
    struct err err;

    ck_assert_ptr_null(routes_parse(SPAN("postgate-routes 1 1\nend\n"), &err));
    ck_assert_ptr_null(routes_parse(SPAN(""), &err));
}
END_TEST

SUITE_MAIN("routes", test_learn, test_malformed)
