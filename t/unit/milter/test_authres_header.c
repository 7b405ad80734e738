/* test_authres_header.c - what our Authentication-Results say of the facts, and that nothing in a fact can say more. */
#include <stdlib.h>
#include "facts/derive.h"
#include "mail/authres_read.h"
#include "t/lib/authres_cases.h"
#include "t/lib/suite.h"

static const struct authres_case cases[] = {
    {"nothing learnt", {{0}}, "gate.example; none"},
    {"all passes",
     {{FACT_SPF, "pass"},
      {FACT_SENDER, "a@b.example"},
      {FACT_SENDER_DOMAIN, "b.example"},
      {FACT_DKIM, "pass"},
      {FACT_DKIM_RESULTS,
       "pass header.d=b.example header.s=s1 header.a=rsa-sha256 header.b=AbCdEfGh"},
      {FACT_DMARC, "pass"},
      {FACT_DMARC_POLICY, "reject"},
      {FACT_DMARC_DOMAIN, "b.example"},
      {FACT_ARC, "none"}},
     "gate.example;\n\tspf=pass smtp.mailfrom=a@b.example;\n\tdkim=pass header.d=b.example "
     "header.s=s1 header.a=rsa-sha256\n\theader.b=AbCdEfGh;\n\tdmarc=pass (p=reject) "
     "header.from=b.example;\n\tarc=none"},
    {"none is said",
     {{FACT_SPF, "none"}, {FACT_DKIM, "none"}, {FACT_DMARC, "none"}, {FACT_ARC, "none"}},
     "gate.example;\n\tspf=none;\n\tdkim=none;\n\tdmarc=none;\n\tarc=none"},
    {"null sender",
     {{FACT_SPF, "fail"}, {FACT_HELO_NAME, "Mail.B.example"}},
     "gate.example;\n\tspf=fail smtp.helo=mail.b.example"},
    {"what SPF rests on, where it is no pass",
     {{FACT_SPF, "permerror"},
      {FACT_SPF_REASON, "unknown mechanism \"foo\"; spf=pass"},
      {FACT_SENDER, "a@b.example"}},
     "gate.example;\n\tspf=permerror reason=\"unknown mechanism ?foo?? spf?pass\"\n\t"
     "smtp.mailfrom=a@b.example"},
    {"nor of a pass",
     {{FACT_SPF, "pass"}, {FACT_SPF_REASON, "matched mx"}, {FACT_SENDER, "a@b.example"}},
     "gate.example;\n\tspf=pass smtp.mailfrom=a@b.example"},
    {"address literal in HELO",
     {{FACT_SPF, "none"}, {FACT_HELO_NAME, "[192.0.2.1]"}},
     "gate.example;\n\tspf=none smtp.helo=\"[192.0.2.1]\""},
    {"IDN in HELO",
     {{FACT_SPF, "none"}, {FACT_HELO_NAME, "m\xc3\xbcnchen.example"}},
     "gate.example;\n\tspf=none smtp.helo=xn--mnchen-3ya.example"},
    {"SRS says its domain",
     {{FACT_SPF, "pass"},
      {FACT_SENDER, "srs0=ab=cd=c.example=d@b.example"},
      {FACT_SENDER_DOMAIN, "b.example"}},
     "gate.example;\n\tspf=pass smtp.mailfrom=b.example"},
    {"local part of 8 bits",
     {{FACT_SPF, "pass"},
      {FACT_SENDER, "m\xc3\xbc@b.example"},
      {FACT_SENDER_DOMAIN, "b.example"}},
     "gate.example;\n\tspf=pass smtp.mailfrom=b.example"},
    {"two signatures, one with a reason",
     {{FACT_DKIM, "pass"},
      {FACT_DKIM_RESULTS, "policy header.d=b.example header.s=s1 header.a=rsa-sha1 "
                          "header.b=Ab/dEfGh reason=\"l= leaves bytes out (x=pass)\"|pass "
                          "header.d=c.example header.s=s2 header.a=ed25519-sha256 "
                          "header.b=12345678"}},
     "gate.example;\n\tdkim=policy reason=\"l= leaves bytes out ?x?pass?\" "
     "header.d=b.example\n\theader.s=s1 header.a=rsa-sha1 header.b=\"Ab/dEfGh\";\n\tdkim=pass "
     "header.d=c.example header.s=s2 header.a=ed25519-sha256\n\theader.b=12345678"},
    {"worker failed", {{FACT_DKIM, "temperror"}}, "gate.example;\n\tdkim=temperror"},
    {"a text that is no result",
     {{FACT_DKIM, "fail"}, {FACT_DKIM_RESULTS, "great header.d=x|pass; spf=pass|"}},
     "gate.example;\n\tdkim=fail"},
    {"a login",
     {{FACT_AUTH_USER, "ann@b.example"}, {FACT_DKIM, "none"}},
     "gate.example;\n\tdkim=none;\n\tauth=pass smtp.auth=ann@b.example"},
    {"taken over",
     {{FACT_AUTHRES_ID, "mx.inner.example"},
      {FACT_SPF, "pass"},
      {FACT_SPF_DOMAIN, "b.example"},
      {FACT_SENDER, "other@c.example"},
      {FACT_DKIM, "pass"},
      {FACT_DKIM_DOMAINS, "b.example|c.example"},
      {FACT_DMARC, "pass"},
      {FACT_DMARC_DOMAIN, "b.example"},
      {FACT_ARC, "none"}},
     "gate.example;\n\tspf=pass (by mx.inner.example) smtp.mailfrom=b.example;\n\tdkim=pass "
     "(by mx.inner.example) header.d=b.example;\n\tdkim=pass (by mx.inner.example) "
     "header.d=c.example;\n\tdmarc=pass (by mx.inner.example) "
     "header.from=b.example;\n\tarc=none"},
    {"taken over, dkim fails",
     {{FACT_AUTHRES_ID, "mx.inner.example"},
      {FACT_DKIM, "fail"},
      {FACT_DKIM_DOMAINS, "b.example"}},
     "gate.example;\n\tdkim=fail (by mx.inner.example)"},
};

START_TEST(test_cases)
{
    authres_cases_check(cases, COUNT_OF(cases));
}
END_TEST

START_TEST(test_id_is_quoted)
{
    struct facts *facts = facts_new();
    struct str out = STR_EMPTY;

    authres_write(&out, facts, SPAN("[::1]/a"));
    ck_assert_str_eq(str_cstr(&out), "\"[::1]/a\"; none");
    str_clear(&out);
    facts_free(&facts);
}
END_TEST

/* Each text that a sender may put into each fact: five results, no "pass", no line that is not a continuation. */
static const char *const nasty[] = {
    "x; dkim=pass",
    "x;dkim=pass header.d=bank.example",
    "\"; dkim=pass \"",
    "\\\"; dkim=pass",
    "a@b.example; dmarc=pass",
    "x\r\nAuthentication-Results: gate.example; dkim=pass",
    "x\n\tdkim=pass",
    "x (dkim=pass)",
    ") dkim=pass (",
    "dkim=pass@b.example",
    "\"dkim=pass\"@b.example",
    "a@dkim=pass",
    "a@b; dkim=pass",
    "=?utf-8?q?dkim=3Dpass?=",
    "\xc3\xbc; dkim=pass",
    "\x80\xff dkim=pass",
    "a,dkim=pass",
    "dkim=pass",
    "x reason=\"dkim=pass\"",
    "\x01\x7f;dkim=pass",
};
static const enum fact_id senders[] = {FACT_SENDER,     FACT_SENDER_DOMAIN, FACT_HELO_NAME,
                                       FACT_AUTH_USER,  FACT_DKIM_RESULTS,  FACT_DMARC_DOMAIN,
                                       FACT_AUTHRES_ID, FACT_DKIM_DOMAINS,  FACT_SPF_DOMAIN};
static const char *const frames[] = {"%s", "fail header.d=%s", "fail header.d=\"%s\"",
                                     "fail reason=\"%s\" header.s=\"%s\""};

static void check_nasty(struct facts *facts, const char *text)
{
    struct str out = STR_EMPTY;
    struct arena *arena = arena_new();
    struct authres a;
    struct err err;

    authres_write(&out, facts, ID);
    ck_assert_msg(authres_read(str_span(&out), AUTHRES_PLAIN, arena, &a, &err) == 0, "%s: %s",
                  err.text, str_cstr(&out));
    ck_assert_msg(span_is(a.id, "gate.example") && a.count >= 4 && a.count <= 5, "%s: %s", text,
                  str_cstr(&out));
    for (size_t i = 0; i < a.count; i++)
        ck_assert_msg(!span_is(a.results[i].result, "pass") ||
                          span_is(a.results[i].method, "auth"),
                      "%s", str_cstr(&out));
    ck_assert_msg(strstr(str_cstr(&out), "dkim=pass") == NULL &&
                      strstr(str_cstr(&out), "dmarc=pass") == NULL,
                  "%s", str_cstr(&out));
    for (size_t i = 0; i < out.len; i++)
        ck_assert_msg(out.ptr[i] == '\n'
                          ? out.ptr[i + 1] == '\t'
                          : out.ptr[i] == '\t' || (out.ptr[i] >= 0x20 && out.ptr[i] < 0x7f),
                      "%s", str_cstr(&out));
    str_clear(&out);
    arena_free(&arena);
}

START_TEST(test_nothing_gets_in)
{
    static const struct given base[] = {{FACT_SPF, "fail"},
                                        {FACT_DKIM, "fail"},
                                        {FACT_DMARC, "fail"},
                                        {FACT_DMARC_POLICY, "none"},
                                        {FACT_ARC, "fail"}};

    for (size_t i = 0; i < COUNT_OF(nasty); i++)
        for (size_t k = 0; k < COUNT_OF(senders); k++)
            for (size_t f = 0; f < COUNT_OF(frames); f++) {
                struct facts *facts = facts_of(base, COUNT_OF(base));
                struct str text = STR_EMPTY;
                struct span rest = span_of(frames[f]), part;
                struct value value;

                for (bool is_first = true; span_cut(&rest, '%', &part); is_first = false) {
                    str_adds(&text, is_first ? "" : nasty[i]);
                    str_add(&text, is_first ? part : span_from(part.ptr + 1, part.len - 1));
                }
                value = (struct value){.text = str_span(&text)};
                facts_set_many(facts, senders[k], &value, 1);
                check_nasty(facts, str_cstr(&text));
                str_clear(&text);
                facts_free(&facts);
            }
}
END_TEST

/* Lines stay below 78 where they can be folded, and below 998 always; many signatures are bounded. */
START_TEST(test_folding)
{
    struct facts *facts = facts_new();
    struct str domain = STR_EMPTY, text = STR_EMPTY, out = STR_EMPTY;
    struct value values[100];
    struct span rest, line;
    size_t lines = 0;

    for (int i = 0; i < 4; i++)
        str_adds(&domain, "a23456789b23456789c23456789d23456789e23456789f2345678.");
    str_adds(&domain, "example");
    str_printf(&text, "pass header.d=%s header.s=%s header.a=rsa-sha256 header.b=12345678",
               str_cstr(&domain), str_cstr(&domain));
    for (size_t i = 0; i < COUNT_OF(values); i++)
        values[i] = (struct value){.text = str_span(&text)};
    facts_set_many(facts, FACT_DKIM_RESULTS, values, COUNT_OF(values));
    facts_set_number(facts, FACT_DKIM, 2);
    str_reset(&domain);
    while (domain.len < 2000)
        str_addc(&domain, 'x');
    facts_set_text(facts, FACT_AUTH_USER, str_span(&domain));
    authres_write(&out, facts, ID);
    rest = str_span(&out);
    while (span_cut(&rest, '\n', &line)) {
        size_t at;

        ck_assert_uint_lt(line.len, 998);
        ck_assert_msg(line.len <= 78 || !span_find(span_trim(line), SPAN(" "), &at), "%.*s",
                      SPAN_ARG(line));
        lines++;
    }
    ck_assert_uint_eq(lines, 1 + 16 * 4 + 1);
    str_clear(&domain);
    str_clear(&text);
    str_clear(&out);
    facts_free(&facts);
}
END_TEST

SUITE_MAIN("authres_header", test_cases, test_id_is_quoted, test_nothing_gets_in, test_folding)
