/* test_authres_dmarc.c - what our Authentication-Results say of DMARC: why it fails, and whose word it passes by. */
#include "mail/authres_read.h"
#include "t/lib/authres_cases.h"
#include "t/lib/suite.h"

static const struct authres_case cases[] = {
    {"DMARC fails: nothing passes",
     {{FACT_SPF, "fail"},
      {FACT_SENDER, "a@b.example"},
      {FACT_DKIM, "none"},
      {FACT_DMARC, "fail"},
      {FACT_DMARC_POLICY, "quarantine"},
      {FACT_DMARC_DOMAIN, "c.example"}},
     "gate.example;\n\tspf=fail smtp.mailfrom=a@b.example;\n\tdkim=none;\n\tdmarc=fail "
     "(p=quarantine) reason=\"neither SPF nor DKIM passes\"\n\tpolicy.dmarc=quarantine "
     "header.from=c.example"},
    {"DMARC fails: SPF of another domain",
     {{FACT_SPF, "pass"},
      {FACT_SPF_DOMAIN, "b.example"},
      {FACT_SENDER, "a@b.example"},
      {FACT_DMARC, "fail"},
      {FACT_DMARC_POLICY, "reject"},
      {FACT_DMARC_DOMAIN, "c.example"}},
     "gate.example;\n\tspf=pass smtp.mailfrom=a@b.example;\n\tdmarc=fail (p=reject) "
     "reason=\"SPF passes, but for another domain\"\n\tpolicy.dmarc=reject "
     "header.from=c.example"},
    {"DMARC fails: signed by another domain",
     {{FACT_DKIM, "pass"},
      {FACT_DKIM_DOMAINS, "b.example"},
      {FACT_DMARC, "fail"},
      {FACT_DMARC_POLICY, "none"},
      {FACT_DMARC_DOMAIN, "c.example"}},
     "gate.example;\n\tdkim=pass header.d=b.example;\n\tdmarc=fail (p=none)\n\t"
     "reason=\"a DKIM signature passes, but of another domain\"\n\tpolicy.dmarc=none "
     "header.from=c.example"},
    {"DMARC fails: both of others",
     {{FACT_SPF, "pass"},
      {FACT_SENDER, "a@b.example"},
      {FACT_DKIM, "pass"},
      {FACT_DKIM_DOMAINS, "b.example"},
      {FACT_DMARC, "fail"},
      {FACT_DMARC_DOMAIN, "c.example"}},
     "gate.example;\n\tspf=pass smtp.mailfrom=a@b.example;\n\tdkim=pass "
     "header.d=b.example;\n\tdmarc=fail reason=\"SPF and DKIM pass, but for other domains\"\n\t"
     "header.from=c.example"},
    {"a policy that does not read",
     {{FACT_DMARC, "permerror"}, {FACT_DMARC_DOMAIN, "c.example"}},
     "gate.example;\n\tdmarc=permerror reason=\"the record of its policy does not read\"\n\t"
     "header.from=c.example"},
    {"DMARC fails at an inner gateway: its reasons are not ours to say",
     {{FACT_AUTHRES_ID, "mx.inner.example"},
      {FACT_DMARC, "fail"},
      {FACT_DMARC_DOMAIN, "c.example"}},
     "gate.example;\n\tdmarc=fail (by mx.inner.example) header.from=c.example"},
    {"rescued by ARC",
     {{FACT_SPF, "pass"},
      {FACT_SPF_DOMAIN, "list.example"},
      {FACT_SENDER, "x@list.example"},
      {FACT_DMARC, "pass"},
      {FACT_DMARC_POLICY, "reject"},
      {FACT_DMARC_DOMAIN, "c.example"},
      {FACT_ARC, "pass"},
      {FACT_ARC_SEALERS, "list.example|mx.list.example"},
      {FACT_ARC_DMARC, "b.example|c.example"}},
     "gate.example;\n\tspf=pass smtp.mailfrom=x@list.example;\n\tdmarc=pass (by arc: "
     "list.example) (by arc: mx.list.example) "
     "(p=reject)\n\theader.from=c.example;\n\tarc=pass"},
    {"no rescue is needed",
     {{FACT_DKIM, "pass"},
      {FACT_DKIM_DOMAINS, "c.example"},
      {FACT_DMARC, "pass"},
      {FACT_DMARC_DOMAIN, "news.c.example"},
      {FACT_ARC, "pass"},
      {FACT_ARC_SEALERS, "list.example"},
      {FACT_ARC_DMARC, "news.c.example"}},
     "gate.example;\n\tdkim=pass header.d=c.example;\n\tdmarc=pass "
     "header.from=news.c.example;\n\tarc=pass"},
    {"a chain that speaks of another domain",
     {{FACT_DMARC, "pass"},
      {FACT_DMARC_DOMAIN, "c.example"},
      {FACT_ARC, "pass"},
      {FACT_ARC_SEALERS, "list.example"},
      {FACT_ARC_DMARC, "b.example"}},
     "gate.example;\n\tdmarc=pass header.from=c.example;\n\tarc=pass"},
    {"of a long chain the first four",
     {{FACT_DMARC, "pass"},
      {FACT_DMARC_DOMAIN, "c.example"},
      {FACT_ARC_SEALERS, "a.example|b.example|c.example|d.example|e.example"},
      {FACT_ARC_DMARC, "c.example"}},
     "gate.example;\n\tdmarc=pass (by arc: a.example) (by arc: b.example) (by arc: "
     "c.example)\n\t(by arc: d.example) header.from=c.example"},
};

START_TEST(test_cases)
{
    authres_cases_check(cases, COUNT_OF(cases));
}
END_TEST

static const char *const nasty[] = {
    "x; dkim=pass",
    "x) dkim=pass (",
    "x (dkim=pass)",
    "\"; dkim=pass \"",
    "x\r\nAuthentication-Results: gate.example; dkim=pass",
    "x\n\tdkim=pass",
    "\\); dkim=pass",
    "\x80\xff dkim=pass",
    "=?utf-8?q?dkim=3Dpass?=",
    "\x01\x7f;dkim=pass",
};

/* No result gets in by the names of an ARC chain that DMARC passes by. */
START_TEST(test_nothing_gets_in_by_a_sealer)
{
    static const struct given base[] = {{FACT_SPF, "fail"},
                                        {FACT_DKIM, "fail"},
                                        {FACT_DMARC, "pass"},
                                        {FACT_DMARC_DOMAIN, "c.example"},
                                        {FACT_ARC_DMARC, "c.example"},
                                        {FACT_ARC, "pass"}};

    for (size_t i = 0; i < COUNT_OF(nasty); i++) {
        struct facts *facts = facts_of(base, COUNT_OF(base));
        struct value value = {.text = span_of(nasty[i])};
        struct str out = STR_EMPTY;
        struct arena *arena = arena_new();
        struct authres a;
        struct err err;

        facts_set_many(facts, FACT_ARC_SEALERS, &value, 1);
        authres_write(&out, facts, ID);
        ck_assert_msg(authres_read(str_span(&out), AUTHRES_PLAIN, arena, &a, &err) == 0,
                      "%s: %s", err.text, str_cstr(&out));
        ck_assert_uint_eq(a.count, 4);
        ck_assert_ptr_nonnull(strstr(str_cstr(&out), "(by arc: "));
        ck_assert_msg(strstr(str_cstr(&out), "dkim=pass") == NULL, "%s", str_cstr(&out));
        ck_assert_ptr_null(strstr(str_cstr(&out), "\nAuth"));
        str_clear(&out);
        arena_free(&arena);
        facts_free(&facts);
    }
}
END_TEST

SUITE_MAIN("authres_dmarc", test_cases, test_nothing_gets_in_by_a_sealer)
