/* test_author.c - who counts as the author, and each way of seeming to be one. */
#include "checks/alignment.h"
#include "checks/author.h"
#include "t/lib/suite.h"

START_TEST(test_alignment)
{
    static const struct {
        const char *from, *authenticated;
        bool relaxed, strict;
    } cases[] = {
        {"example.com", "example.com", true, true},
        {"mail.example.com", "example.com", true, false},
        {"example.com", "mail.example.com", true, false},
        {"a.example.com", "b.example.com", true, false},
        {"a.b.c.example.co.uk", "example.co.uk", true, false},
        {"example.com", "example.org", false, false},
        {"example.com", "anexample.com", false, false},
        {"one.co.uk", "two.co.uk", false, false},
        {"one.co.uk", "co.uk", false, false},
        {"co.uk", "one.co.uk", false, false},
        {"co.uk", "co.uk", true, true},
        {"uk", "co.uk", false, false},
        {"com", "example.com", false, false},
        {"one.github.io", "two.github.io", false, false}, /* a suffix of a private registry */
        {"one.github.io", "github.io", false, false},
        {"a.one.github.io", "one.github.io", true, false},
        {"one.unlisted-top", "two.unlisted-top", false, false},
        {"localhost", "localhost", true, true},
        {"xn--bcher-kva.example", "shop.xn--bcher-kva.example", true, false},
        {"example.com", "", false, false},
        {"", "example.com", false, false},
        {"", "", false, false},
    };

    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        struct span from = span_of(cases[i].from), other = span_of(cases[i].authenticated);

        ck_assert_msg(alignment_holds(from, other, false) == cases[i].relaxed, "%s %s relaxed",
                      cases[i].from, cases[i].authenticated);
        ck_assert_msg(alignment_holds(from, other, true) == cases[i].strict, "%s %s strict",
                      cases[i].from, cases[i].authenticated);
    }
}
END_TEST

/* What is known of a message; NULL: absent, 0: false or not set. */
struct known {
    const char *from[3];
    bool is_ambiguous, is_from_unknown, is_ambiguous_unknown;
    const char *login, *login_domain;
    const char *signers[3]; /* dkim.authors */
    const char *passes;     /* one of dkim.domains that is none of dkim.authors */
    const char *spf, *spf_domain;
    const char *taken_from; /* authres.id */
    const char *arc_dmarc;
    bool is_dkim_strict, is_spf_strict;
};

static void set_texts(struct facts *facts, enum fact_id id, const char *const *texts)
{
    struct value values[3];
    size_t count = 0;

    for (; count < 3 && texts[count] != NULL; count++)
        values[count] = (struct value){.text = span_of(texts[count])};
    if (count > 0)
        facts_set_many(facts, id, values, count);
    else
        facts_set_absent(facts, id);
}

static void set_one(struct facts *facts, enum fact_id id, const char *text)
{
    const char *const texts[3] = {text};

    set_texts(facts, id, texts);
}

static struct facts *facts_of(const struct known *known)
{
    struct facts *facts = facts_new();
    int spf;

    set_texts(facts, FACT_FROM, known->from);
    if (known->is_from_unknown)
        facts_set_unknown(facts, FACT_FROM, SPAN("the worker ended"));
    facts_set_number(facts, FACT_MIME_AMBIGUOUS, known->is_ambiguous);
    if (known->is_ambiguous_unknown)
        facts_set_unknown(facts, FACT_MIME_AMBIGUOUS, SPAN("the worker ended"));
    set_one(facts, FACT_AUTH_USER, known->login);
    set_texts(facts, FACT_DKIM_AUTHORS, known->signers);
    set_one(facts, FACT_DKIM_DOMAINS, known->passes);
    set_one(facts, FACT_ARC_DMARC, known->arc_dmarc);
    set_one(facts, FACT_SPF_DOMAIN, known->spf_domain);
    set_one(facts, FACT_AUTHRES_ID, known->taken_from);
    if (known->spf != NULL &&
        names_value(fact_table[FACT_SPF].words, span_of(known->spf), &spf))
        facts_set_number(facts, FACT_SPF, spf);
    else
        facts_set_absent(facts, FACT_SPF);
    return facts;
}

/* "a@b.example by login", or "absent". */
static void print_author(struct str *out, const struct facts *facts)
{
    const struct fact *author = facts_get(facts, FACT_AUTHOR);
    const struct fact *domain = facts_get(facts, FACT_AUTHOR_DOMAIN);
    const struct fact *by = facts_get(facts, FACT_AUTHOR_BY);

    if (author->state == FACT_ABSENT && domain->state == FACT_ABSENT &&
        by->state == FACT_ABSENT)
        str_adds(out, "absent");
    else if (author->state == FACT_VALUE && domain->state == FACT_VALUE &&
             by->state == FACT_VALUE &&
             span_ends(author->values[0].text, domain->values[0].text))
        str_printf(out, "%.*s by %s", SPAN_ARG(author->values[0].text),
                   names_name(fact_table[FACT_AUTHOR_BY].words, (int)by->values[0].number));
}

static void check_author(const char *name, const struct known *known, const char *wanted)
{
    const struct author_terms terms = {.login_domain = span_of(known->login_domain),
                                       .is_dkim_strict = known->is_dkim_strict,
                                       .is_spf_strict = known->is_spf_strict};
    struct facts *facts = facts_of(known), *to = facts_new();
    struct str got = STR_EMPTY;

    author_learn(facts, &terms, to);
    print_author(&got, to);
    ck_assert_msg(strcmp(str_cstr(&got), wanted) == 0, "%s: %s, not %s", name, str_cstr(&got),
                  wanted);
    str_clear(&got);
    facts_free(&to);
    facts_free(&facts);
}

#define NOBODY "absent"
#define ANN    "ann@a.example"

START_TEST(test_author)
{
    static const struct {
        const char *name;
        struct known known;
        const char *wanted;
    } cases[] = {
        {"nothing", {.from = {ANN}}, NOBODY},
        {"login", {.from = {ANN}, .login = "Ann@A.Example"}, ANN " by login"},
        {"login of somebody else", {.from = {ANN}, .login = "bob@a.example"}, NOBODY},
        {"login of the same name elsewhere", {.from = {ANN}, .login = "ann@b.example"}, NOBODY},
        {"login in the domain below", {.from = {ANN}, .login = "ann@mail.a.example"}, NOBODY},
        {"login that ends alike", {.from = {ANN}, .login = "joann@a.example"}, NOBODY},
        {"login without @",
         {.from = {ANN}, .login = "ann", .login_domain = "a.example"},
         ANN " by login"},
        {"login without @ of another domain",
         {.from = {ANN}, .login = "ann", .login_domain = "b.example"},
         NOBODY},
        {"login without @, no login_domain",
         {.from = {ANN}, .login = "ann", .login_domain = ""},
         NOBODY},
        {"login with a route", {.from = {ANN}, .login = "@b.example:ann@a.example"}, NOBODY},
        {"login in quotes", {.from = {ANN}, .login = "\"ann\"@a.example"}, NOBODY},
        {"login in brackets", {.from = {ANN}, .login = "<ann@a.example>"}, NOBODY},
        {"login with two @", {.from = {ANN}, .login = "ann@a.example@a.example"}, NOBODY},
        {"login without a name", {.from = {ANN}, .login = "@a.example"}, NOBODY},
        {"empty login", {.from = {ANN}, .login = "", .login_domain = "a.example"}, NOBODY},
        {"login of an IDN domain",
         {.from = {"ann@xn--bcher-kva.example"},
          .login = "ann@b\xc3\xbc"
                   "cher.example"},
         "ann@xn--bcher-kva.example by login"},
        {"login is not case-folded beyond ASCII",
         {.from = {"d\xc3\xb6@a.example"}, .login = "d\xc3\x96@a.example"},
         NOBODY},
        {"signed", {.from = {ANN}, .signers = {"a.example"}}, ANN " by dkim"},
        {"signed by several",
         {.from = {ANN}, .signers = {"list.example", "mail.a.example"}},
         ANN " by dkim"},
        {"signed by somebody", {.from = {ANN}, .signers = {"b.example"}}, NOBODY},
        {"signed by the domain below, strict",
         {.from = {ANN}, .signers = {"mail.a.example"}, .is_dkim_strict = true},
         NOBODY},
        {"strict is for DKIM alone",
         {.from = {ANN}, .signers = {"mail.a.example"}, .is_spf_strict = true},
         ANN " by dkim"},
        {"signed by a neighbour below a public suffix",
         {.from = {"ann@one.co.uk"}, .signers = {"two.co.uk"}},
         NOBODY},
        {"signed by the public suffix",
         {.from = {"ann@one.co.uk"}, .signers = {"co.uk"}},
         NOBODY},
        {"a signature that leaves something out",
         {.from = {ANN}, .passes = "a.example"},
         NOBODY},
        {"SPF", {.from = {ANN}, .spf = "pass", .spf_domain = "a.example"}, ANN " by spf"},
        {"SPF of the domain below",
         {.from = {ANN}, .spf = "pass", .spf_domain = "bounce.a.example"},
         ANN " by spf"},
        {"SPF of the domain below, strict",
         {.from = {ANN},
          .spf = "pass",
          .spf_domain = "bounce.a.example",
          .is_spf_strict = true},
         NOBODY},
        {"SPF of another domain",
         {.from = {ANN}, .spf = "pass", .spf_domain = "b.example"},
         NOBODY},
        {"SPF softfail", {.from = {ANN}, .spf = "softfail", .spf_domain = "a.example"}, NOBODY},
        {"SPF neutral", {.from = {ANN}, .spf = "neutral", .spf_domain = "a.example"}, NOBODY},
        {"SPF temperror",
         {.from = {ANN}, .spf = "temperror", .spf_domain = "a.example"},
         NOBODY},
        {"SPF without a domain", {.from = {ANN}, .spf = "pass"}, NOBODY},
        {"SPF by a gateway's word",
         {.from = {ANN},
          .spf = "pass",
          .spf_domain = "a.example",
          .taken_from = "mx.a.example"},
         NOBODY},
        {"our own DKIM behind a gateway",
         {.from = {ANN}, .signers = {"a.example"}, .taken_from = "mx.a.example"},
         ANN " by dkim"},
        {"ARC only", {.from = {ANN}, .arc_dmarc = "a.example"}, NOBODY},
        {"login before the others",
         {.from = {ANN},
          .login = ANN,
          .signers = {"a.example"},
          .spf = "pass",
          .spf_domain = "a.example"},
         ANN " by login"},
        {"DKIM before SPF",
         {.from = {ANN},
          .login = "bob@a.example",
          .signers = {"a.example"},
          .spf = "pass",
          .spf_domain = "a.example"},
         ANN " by dkim"},
        {"no From", {.login = ANN, .signers = {"a.example"}}, NOBODY},
        {"From without a domain",
         {.from = {"root"}, .login = "root", .login_domain = "a.example", .signers = {"root"}},
         NOBODY},
        {"From without a name", {.from = {"@a.example"}, .signers = {"a.example"}}, NOBODY},
        {"From an address literal",
         {.from = {"ann@[192.0.2.1]"}, .signers = {"192.0.2.1"}},
         NOBODY},
        {"two mailboxes", {.from = {ANN, "bob@a.example"}, .signers = {"a.example"}}, NOBODY},
        {"the same mailbox twice", {.from = {ANN, ANN}, .signers = {"a.example"}}, NOBODY},
        {"ambiguous", {.from = {ANN}, .is_ambiguous = true, .signers = {"a.example"}}, NOBODY},
        {"ambiguous, login", {.from = {ANN}, .is_ambiguous = true, .login = ANN}, NOBODY},
        {"ambiguous, SPF",
         {.from = {ANN}, .is_ambiguous = true, .spf = "pass", .spf_domain = "a.example"},
         NOBODY},
        {"not inspected",
         {.from = {ANN}, .is_from_unknown = true, .signers = {"a.example"}},
         NOBODY},
        {"not known whether ambiguous",
         {.from = {ANN}, .is_ambiguous_unknown = true, .signers = {"a.example"}},
         NOBODY},
    };

    for (size_t i = 0; i < COUNT_OF(cases); i++)
        check_author(cases[i].name, &cases[i].known, cases[i].wanted);
}
END_TEST

/* Nothing was learnt at all. */
START_TEST(test_nothing_known)
{
    const struct author_terms terms = {.login_domain = SPAN("a.example")};
    struct facts *facts = facts_new(), *to = facts_new();

    author_learn(facts, &terms, to);
    ck_assert_int_eq(facts_get(to, FACT_AUTHOR)->state, FACT_ABSENT);
    ck_assert_int_eq(facts_get(to, FACT_AUTHOR_DOMAIN)->state, FACT_ABSENT);
    ck_assert_int_eq(facts_get(to, FACT_AUTHOR_BY)->state, FACT_ABSENT);
    ck_assert(!author_is_login(facts, SPAN("a.example")));
    facts_free(&to);
    facts_free(&facts);
}
END_TEST

SUITE_MAIN("checks/author", test_alignment, test_author, test_nothing_known)
