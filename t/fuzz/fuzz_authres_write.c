/* Our Authentication-Results: whatever bytes the facts hold, what is printed reads back as one field of ours with the results that were meant. */
#include <stdlib.h>

#include "mail/authres_read.h"
#include "milter/authres_header.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const enum fact_id texts[] = {FACT_SENDER,       FACT_SENDER_DOMAIN, FACT_HELO_NAME,
                                     FACT_DKIM_RESULTS, FACT_DMARC_DOMAIN,  FACT_AUTHRES_ID,
                                     FACT_DKIM_DOMAINS, FACT_SPF_DOMAIN,    FACT_AUTH_USER};
static const enum fact_id words[] = {FACT_SPF, FACT_DKIM, FACT_DMARC, FACT_DMARC_POLICY,
                                     FACT_ARC};
#define COUNT_OF(a) (sizeof(a) / sizeof(*(a)))

/* Lines of the input: the number of a fact, then its text; several of one fact are a set. */
static void fill(struct facts *facts, struct span rest)
{
    struct value values[COUNT_OF(texts)][20] = {0};
    size_t counts[COUNT_OF(texts)] = {0};
    struct span line;

    while (span_cut(&rest, '\x1e', &line)) {
        size_t which = line.len > 0 ? (unsigned char)line.ptr[0] % COUNT_OF(texts) : 0;
        if (line.len > 0 && counts[which] < 20)
            values[which][counts[which]++].text = span_from(line.ptr + 1, line.len - 1);
    }
    for (size_t i = 0; i < COUNT_OF(texts); i++)
        if (counts[i] > 0)
            facts_set_many(facts, texts[i], values[i],
                           fact_table[texts[i]].flags & FACT_IS_SET ? counts[i] : 1);
    for (size_t i = 0; i < COUNT_OF(words); i++)
        facts_set_number(facts, words[i], 1);
}

/* spf and dkim are none, so no "pass" but of a login and of signatures that say so. */
static void check(struct span value)
{
    struct arena *arena = arena_new();
    struct authres a;
    size_t logins = 0;

    if (authres_read(value, AUTHRES_PLAIN, arena, &a, NULL) != 0 ||
        !span_is(a.id, "gate.example") || a.count < 4)
        abort();
    for (size_t i = 0; i < a.count; i++) {
        bool is_login = authres_is(&a.results[i], "auth", "pass");
        logins += is_login;
        if (!is_login && !authres_is(&a.results[i], "dkim", NULL) &&
            !span_is(a.results[i].result, "none"))
            abort();
    }
    if (logins > 1)
        abort();
    for (size_t i = 0; i < value.len; i++)
        if (value.ptr[i] == '\n'
                ? i + 1 == value.len || value.ptr[i + 1] != '\t'
                : value.ptr[i] != '\t' && (value.ptr[i] < 0x20 || value.ptr[i] > 0x7e))
            abort();
    arena_free(&arena);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct facts *facts = facts_new();
    struct str out = STR_EMPTY;

    fill(facts, span_from(data, size));
    authres_write(&out, facts, SPAN("gate.example"));
    check(str_span(&out));
    str_clear(&out);
    facts_free(&facts);
    return 0;
}
