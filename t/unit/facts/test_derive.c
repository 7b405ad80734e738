/* test_derive.c - domains of addresses, extensions of names; SMTP paths. */
#include "facts/derive.h"
#include "t/lib/suite.h"

static const struct path_case {
    const char *path;
    enum fact_state state;
    const char *address, *domain; /* NULL: absent */
    bool is_routed;
} paths[] = {
    {"<Bob@Example.COM>", FACT_VALUE, "bob@example.com", "example.com", false},
    {"bob@example.com.", FACT_VALUE, "bob@example.com", "example.com", false},
    {"<\"a@evil\"@ours.example>", FACT_VALUE, "a@evil@ours.example", "ours.example", true},
    {"<a%evil@ours.example>", FACT_VALUE, "a%evil@ours.example", "ours.example", true},
    {"<evil!a@ours.example>", FACT_VALUE, "evil!a@ours.example", "ours.example", true},
    {"<@x.example:a@ours.example>", FACT_VALUE, "a@ours.example", "ours.example", true},
    {"<postmaster>", FACT_VALUE, "postmaster", NULL, false},
    {"<>", FACT_ABSENT, NULL, NULL, false},
    {"<a@b c>", FACT_UNKNOWN, NULL, NULL, false},
};

START_TEST(test_paths)
{
    for (size_t i = 0; i < COUNT_OF(paths); i++) {
        struct facts *facts = facts_new();
        const struct path_case *c = &paths[i];
        facts_set_path(facts, FACT_RECIPIENT, span_of(c->path));
        ck_assert_msg(facts_get(facts, FACT_RECIPIENT)->state == c->state, "%s", c->path);
        if (c->address != NULL) {
            ck_assert_msg(span_is(facts_get(facts, FACT_RECIPIENT)->values[0].text, c->address),
                          "%s", c->path);
            ck_assert_msg(facts_get(facts, FACT_RECIPIENT_ROUTED)->values[0].number ==
                              c->is_routed,
                          "%s", c->path);
        }
        if (c->domain != NULL)
            ck_assert_msg(
                span_is(facts_get(facts, FACT_RECIPIENT_DOMAIN)->values[0].text, c->domain),
                "%s", c->path);
        else
            ck_assert_msg(facts_get(facts, FACT_RECIPIENT_DOMAIN)->state ==
                              (c->state == FACT_UNKNOWN ? FACT_UNKNOWN : FACT_ABSENT),
                          "%s", c->path);
        facts_free(&facts);
    }
}
END_TEST

START_TEST(test_second_path_replaces_the_first)
{
    struct facts *facts = facts_new();

    facts_set_path(facts, FACT_SENDER, SPAN("<a@one.example>"));
    facts_set_path(facts, FACT_SENDER, SPAN("<a@two.example>"));
    ck_assert(span_is(facts_get(facts, FACT_SENDER_DOMAIN)->values[0].text, "two.example"));
    facts_free(&facts);
}
END_TEST

START_TEST(test_from_domains_are_a_set)
{
    struct facts *facts = facts_new();
    struct value from[3] = {{.text = SPAN("a@one.example")},
                            {.text = SPAN("b@ONE.example")},
                            {.text = SPAN("c@two.example")}};

    facts_set_many(facts, FACT_FROM, from, 3);
    facts_derive(facts);
    ck_assert_uint_eq(facts_get(facts, FACT_FROM_DOMAIN)->count, 2);
    ck_assert(span_is(facts_get(facts, FACT_FROM_DOMAIN)->values[1].text, "two.example"));
    facts_free(&facts);
}
END_TEST

START_TEST(test_what_is_set_stays)
{
    struct facts *facts = facts_new();

    facts_set_text(facts, FACT_SENDER_DOMAIN, SPAN("given.example"));
    facts_set_text(facts, FACT_SENDER, SPAN("a@other.example"));
    facts_derive(facts);
    ck_assert(span_is(facts_get(facts, FACT_SENDER_DOMAIN)->values[0].text, "given.example"));
    facts_free(&facts);
}
END_TEST

static const struct name_case {
    const char *name, *extension; /* NULL: absent */
    bool is_deceptive;
} names[] = {
    {"setup.exe", "exe", false},
    {"SETUP.EXE. . ", "exe", false},
    {"invoice.pdf.exe", "exe", false},
    {"README", NULL, false},
    {"..\\..\\a.scr", "scr", false},
    {"inv\xe2\x80\xae"
     "fdp.exe",
     "exe", true},
    {"a%2eexe", "exe", false},
    {"archive.tar.gz", "gz", false},
};

START_TEST(test_names_of_attachments)
{
    for (size_t i = 0; i < COUNT_OF(names); i++) {
        struct facts *facts = facts_new();
        struct value value = {.text = span_of(names[i].name)};
        struct fact fact = {.state = FACT_VALUE, .count = 1, .values = &value};
        const struct fact *extension;
        facts_record_add(facts, RECORD_ATTACHMENT);
        facts_record_set(facts, RECORD_ATTACHMENT, 0, FACT_ATTACHMENT_NAME, &fact);
        facts_derive(facts);
        extension = facts_record_get(facts, RECORD_ATTACHMENT, 0, FACT_ATTACHMENT_EXTENSION);
        ck_assert_msg(names[i].extension == NULL
                          ? extension->state == FACT_ABSENT
                          : span_is(extension->values[0].text, names[i].extension),
                      "%s", names[i].name);
        ck_assert_msg(facts_record_get(facts, RECORD_ATTACHMENT, 0, FACT_ATTACHMENT_DECEPTIVE)
                              ->values[0]
                              .number == names[i].is_deceptive,
                      "%s", names[i].name);
        facts_free(&facts);
    }
}
END_TEST

SUITE_MAIN("facts/derive", test_paths, test_second_path_replaces_the_first,
           test_from_domains_are_a_set, test_what_is_set_stays, test_names_of_attachments)
