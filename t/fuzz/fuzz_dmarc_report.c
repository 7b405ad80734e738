/* DMARC reports: whatever texts a day's facts hold, the XML nests, holds no element but those of RFC 7489, and nothing that XML cannot hold. */
#include <stdlib.h>
#include "facts/block.h"
#include "milter/dmarc_report.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const enum fact_id texts[] = {FACT_DKIM_RESULTS, FACT_DKIM_RESULTS, FACT_SPF_DOMAIN,
                                     FACT_SENDER, FACT_DMARC_DOMAIN};
#define COUNT_OF(a) (sizeof(a) / sizeof(*(a)))
#define DEPTH       16

/* Lines of the input: the number of a fact, then its text; an empty line ends a message. */
static void take(struct tally *tally, struct facts *facts, uint8_t words)
{
    struct decision_record record = {.disposition = SPAN("deliver")};
    struct ip ip = {.byte = {0x20, 1, words}};
    struct str block = STR_EMPTY;

    facts_set_ip(facts, FACT_CLIENT_IP, &ip);
    facts_set_number(facts, FACT_DMARC, 1 + words % 5);
    facts_set_number(facts, FACT_DMARC_POLICY, 1 + words % 3);
    facts_set_number(facts, FACT_SPF, 1 + words % 7);
    if (block_write(&block, facts, NULL) == 0) {
        record.facts = str_span(&block);
        tally_take(tally, &record);
    }
    str_clear(&block);
}

static void fill(struct tally *tally, struct span rest)
{
    struct facts *facts = facts_new();
    struct span line;

    while (span_cut(&rest, '\x1e', &line)) {
        struct value value = {.number = 0};
        if (line.len == 0) {
            take(tally, facts, 0);
            continue;
        }
        value.text = span_from(line.ptr + 1, line.len - 1);
        facts_set_many(facts, texts[(unsigned char)line.ptr[0] % COUNT_OF(texts)], &value, 1);
        take(tally, facts, (uint8_t)line.ptr[0]);
    }
    facts_free(&facts);
}

static bool is_name(struct span name)
{
    static const char known[] =
        " feedback version report_metadata org_name email report_id date_range begin end error "
        "policy_published domain adkim aspf p sp pct fo record row source_ip count "
        "policy_evaluated disposition dkim spf reason type comment identifiers envelope_from "
        "header_from auth_results selector scope result ";
    struct str word = STR_EMPTY;
    bool is_known;

    str_printf(&word, " %.*s ", SPAN_ARG(name));
    is_known = strstr(known, str_cstr(&word)) != NULL;
    str_clear(&word);
    return is_known;
}

static void check_element(struct span name, struct span *open, size_t *depth)
{
    if (name.len > 0 && name.ptr[0] == '/') {
        if (*depth == 0 || !span_equal(open[--*depth], span_from(name.ptr + 1, name.len - 1)))
            abort();
    } else {
        if (!is_name(name) || *depth == DEPTH)
            abort();
        open[(*depth)++] = name;
    }
}

static void check(struct span xml)
{
    struct span open[DEPTH], rest = xml, text, name = SPAN("");
    size_t depth = 0;

    span_cut(&rest, '\n', &text); /* <?xml ...?> */
    while (span_cut(&rest, '<', &text)) {
        for (size_t i = 0; i < text.len; i++)
            if (text.ptr[i] != '\n' && (unsigned char)text.ptr[i] < ' ')
                abort();
        if (rest.ptr == NULL)
            break;
        if (!span_cut(&rest, '>', &name))
            abort();
        check_element(name, open, &depth);
    }
    if (depth != 0)
        abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    const struct report_about about = {.begin = 1795219200,
                                       .from = "dmarc@r.example",
                                       .receiver = "r.example",
                                       .node = "gate-1"};
    struct report report = {.domain = "a.example", .found = DMARC_FOUND};
    struct tally *tally = tally_new();
    struct str xml = STR_EMPTY;
    struct tally_domain *domains;

    fill(tally, span_from(data, size));
    report.fo = span_from(data, size < 40 ? size : 40);
    domains = tally_domains(tally, &report.from_count);
    if (report.from_count > TALLY_BELOW)
        report.from_count = TALLY_BELOW;
    for (size_t i = 0; i < report.from_count; i++)
        report.from[i] = &domains[i];
    report_xml(&xml, &report, &about);
    check(str_span(&xml));
    str_clear(&xml);
    tally_free(&tally);
    return 0;
}
