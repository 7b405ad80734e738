/* test_dmarc_report_xml.c - the text of a report, and the message around it. */
#include <stdio.h>
#include <zlib.h>
#include "base/hash.h"
#include "t/lib/report_samples.h"

static const struct report_about about = {.begin = 1795219200, /* 2026-11-21 */
                                          .from = "dmarc@r.example",
                                          .receiver = "r.example",
                                          .node = "gate-1"};
static struct tally *tally;
static struct report report;
static struct str text;

static void begin(void)
{
    tally = tally_new();
    report = (struct report){.domain = "a.example",
                             .found = DMARC_FOUND,
                             .record = {.policy = DMARC_POLICY_REJECT,
                                        .subdomain_policy = DMARC_POLICY_QUARANTINE,
                                        .percent = 100},
                             .fo = SPAN("0")};
}

/* Every domain of From that was counted belongs to the report. */
static const char *xml(void)
{
    size_t count;
    struct tally_domain *domains = tally_domains(tally, &count);

    report.from_count = count;
    for (size_t i = 0; i < count; i++)
        report.from[i] = &domains[i];
    str_reset(&text);
    report_xml(&text, &report, &about);
    return str_cstr(&text);
}

static void has(const char *what)
{
    ck_assert_msg(strstr(str_cstr(&text), what) != NULL, "no %s in %s", what, str_cstr(&text));
}

static void end(void)
{
    tally_free(&tally);
    str_clear(&text);
}

/* What was done against what was asked for, and why. */
START_TEST(test_evaluated)
{
    static const struct {
        struct sample_mail mail;
        unsigned percent;
        bool is_strict;
        const char *want;
    } cases[] = {
        {{.disposition = "reject"}, 100, false, "reject fail fail "},
        {{.ip = NULL}, 100, false, "none fail fail local_policy"},
        {{.disposition = "hold"}, 100, false, "quarantine fail fail local_policy"},
        {{.policy = "quarantine", .disposition = "quarantine"},
         50,
         false,
         "quarantine fail fail sampled_out"},
        {{.policy = "quarantine", .disposition = "quarantine"},
         100,
         false,
         "quarantine fail fail "},
        {{.dmarc = "pass", .rescued = "a.example"},
         100,
         false,
         "none fail fail trusted_forwarder"},
        {{.dmarc = "pass", .rescued = "a.example", .spf = "pass", .spf_domain = "m.a.example"},
         100,
         false,
         "none fail pass "},
        {{.dmarc = "fail", .spf = "pass", .spf_domain = "m.a.example", .disposition = "reject"},
         100,
         true,
         "reject fail fail "},
        {{.dmarc = "pass", .dkim = "pass header.d=a.example header.s=s"},
         100,
         true,
         "none pass fail "},
        {{.dmarc = "pass",
          .dkim = "pass header.d=a.example header.s=s",
          .disposition = "discard"},
         100,
         true,
         "reject pass fail local_policy"},
        {{.from = "sub.a.example", .policy = "quarantine", .disposition = "quarantine"},
         50,
         false,
         "quarantine fail fail "},
        {{.dmarc = "temperror", .spf = "temperror"}, 100, false, "none fail fail "},
    };

    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        char disposition[16] = "", dkim[8] = "", spf[8] = "", reason[24] = "", got[80];
        const char *at;
        begin();
        report.record.percent = cases[i].percent;
        report.record.is_spf_strict = report.record.is_dkim_strict = cases[i].is_strict;
        sample_take(tally, &cases[i].mail);
        at = strstr(xml(), "<policy_evaluated>");
        ck_assert_ptr_nonnull(at);
        ck_assert_int_eq(sscanf(at,
                                "<policy_evaluated> <disposition>%15[a-z]</disposition> "
                                "<dkim>%7[a-z]</dkim> <spf>%7[a-z]</spf>",
                                disposition, dkim, spf),
                         3);
        at = strstr(at, "<type>");
        if (at != NULL)
            sscanf(at, "<type>%23[a-z_]", reason);
        snprintf(got, sizeof got, "%s %s %s %s", disposition, dkim, spf, reason);
        ck_assert_msg(strcmp(got, cases[i].want) == 0, "case %zu: %s, not %s", i, got,
                      cases[i].want);
        end();
    }
}
END_TEST

START_TEST(test_texts)
{
    const struct sample_mail foreign = {.ip = "2001:db8::1",
                                        .sender = "-",
                                        .spf = "none",
                                        .spf_domain = "helo.example"},
                             odd = {.dkim = "</dkim> header.d=<b>&\"\x01 header.s=]]>"};

    begin();
    report.fo = SPAN("1:d</fo>");
    sample_take(tally, &foreign);
    sample_take(tally, &odd);
    tally_domains(tally, &(size_t){0})->left_out = 3;
    xml();
    has("<source_ip>2001:db8:0:0:0:0:0:1</source_ip>");
    has("<source_ip>192.0.2.7</source_ip>");
    has("<envelope_from></envelope_from>");
    has("<domain>helo.example</domain>\n        <scope>helo</scope>\n        "
        "<result>none</result>");
    has("<domain>&lt;b&gt;&amp;&quot;?</domain>\n        <selector>]]&gt;</selector>\n        "
        "<result>&lt;/dkim&gt;</result>");
    has("<domain>b.example</domain>\n        <scope>mfrom</scope>");
    has("<fo>1:d&lt;/fo&gt;</fo>");
    has("<error>3 further messages are not listed");
    has("<report_id>20261121.a.example.gate-1@r.example</report_id>");
    has("<begin>1795219200</begin>\n      <end>1795305599</end>");
    has("<p>reject</p>\n    <sp>quarantine</sp>\n    <pct>100</pct>");
    end();
}
END_TEST

/* As many rows as a domain can have, each as long as can be, end in a report of bounded size that says what it leaves out. */
START_TEST(test_bounded)
{
    char signature[600], ip[32];
    struct value results[TALLY_SIGNATURES + 2];
    struct ip address;
    struct str block = STR_EMPTY;
    unsigned long long left_out = 0;

    memset(signature, 'd', sizeof signature);
    memcpy(signature, "fail header.d=", 14);
    memcpy(signature + 260, " header.s=", 10);
    for (size_t i = 0; i < COUNT_OF(results); i++)
        results[i] = (struct value){.text = span_from(signature, 500)};
    begin();
    for (unsigned i = 0; i < TALLY_ROWS; i++) {
        struct facts *facts = facts_new();
        struct decision_record record = {.disposition = SPAN("deliver")};
        snprintf(ip, sizeof ip, "10.0.%u.%u", i >> 8, i & 255);
        ck_assert(ip_parse(span_of(ip), &address));
        facts_set_ip(facts, FACT_CLIENT_IP, &address);
        facts_set_text(facts, FACT_DMARC_DOMAIN, SPAN("a.example"));
        facts_set_number(facts, FACT_DMARC, 3);
        facts_set_number(facts, FACT_DMARC_POLICY, 1);
        facts_set_many(facts, FACT_DKIM_RESULTS, results, COUNT_OF(results));
        str_reset(&block);
        ck_assert_int_eq(block_write(&block, facts, NULL), 0);
        record.facts = str_span(&block);
        tally_take(tally, &record);
        facts_free(&facts);
    }
    xml();
    ck_assert_uint_lt(text.len, 17 * 1024 * 1024);
    ck_assert_int_eq(sscanf(strstr(str_cstr(&text), "<error>"), "<error>%llu", &left_out), 1);
    ck_assert_uint_gt(left_out, 0);
    str_clear(&block);
    end();
}
END_TEST

static void inflate_all(struct span gzip, struct str *out)
{
    z_stream stream = {.next_in = (Bytef *)(uintptr_t)gzip.ptr, .avail_in = (uInt)gzip.len};
    unsigned char buffer[4096];
    int rc = Z_OK;

    ck_assert_int_eq(inflateInit2(&stream, 15 + 16), Z_OK);
    while (rc == Z_OK) {
        stream.next_out = buffer;
        stream.avail_out = sizeof buffer;
        rc = inflate(&stream, Z_NO_FLUSH);
        str_add(out, span_from(buffer, sizeof buffer - stream.avail_out));
    }
    ck_assert_int_eq(rc, Z_STREAM_END);
    inflateEnd(&stream);
}

START_TEST(test_gzip)
{
    struct str bytes = STR_EMPTY, gzip = STR_EMPTY, again = STR_EMPTY;
    uint8_t noise[100000];
    struct err err;

    hash_random(noise, sizeof noise); /* not to be made smaller: more than one buffer */
    str_add(&bytes, span_from(noise, sizeof noise));
    ck_assert_int_eq(report_gzip(&gzip, str_span(&bytes), &err), 0);
    inflate_all(str_span(&gzip), &again);
    ck_assert(span_equal(str_span(&bytes), str_span(&again)));
    str_reset(&gzip);
    str_reset(&again);
    ck_assert_int_eq(report_gzip(&gzip, SPAN(""), &err), 0);
    inflate_all(str_span(&gzip), &again);
    ck_assert_uint_eq(again.len, 0);
    str_clear(&bytes);
    str_clear(&gzip);
    str_clear(&again);
}
END_TEST

/* No line too long, no bare LF or CR, nothing outside ASCII; the date as it should be. */
START_TEST(test_message)
{
    struct span rest, line;

    begin();
    memset(report.domain, 'a', 253);
    report.targets[0].address = SPAN("one@a.example");
    report.targets[1].address = SPAN("two@b.example");
    report.target_count = 2;
    str_reset(&text);
    report_message(&text, &report, &about, SPAN("gzip\xff\r\n.\r\n"), 1795305600000);
    rest = str_span(&text);
    while (span_cut(&rest, '\n', &line)) {
        if (rest.ptr == NULL)
            break;
        ck_assert(line.len > 0 && line.ptr[line.len - 1] == '\r');
        ck_assert_uint_lt(line.len, 998);
        for (size_t i = 0; i + 1 < line.len; i++)
            ck_assert((line.ptr[i] >= ' ' && line.ptr[i] <= '~') || line.ptr[i] == '\t');
    }
    ck_assert_uint_eq(line.len, 0);
    has("Date: Sun, 22 Nov 2026 00:00:00 +0000\r\n");
    has("To: one@a.example,\r\n\ttwo@b.example\r\n");
    has("Auto-Submitted: auto-generated\r\n");
    has("!1795219200!1795305599!gate1.xml.gz\"\r\n");
    has("Report-ID: <20261121.aaa");
    has("Z3ppcP8NCi4NCg==\r\n--=_");
    end();
}
END_TEST

SUITE_MAIN("milter/dmarc_report_xml", test_evaluated, test_texts, test_bounded, test_gzip,
           test_message)
