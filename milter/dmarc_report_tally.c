/* dmarc_report_tally.c - from recorded facts to counted rows. */
#include "milter/dmarc_report_tally.h"
#include <stdio.h>
#include "base/hash.h"
#include "base/xalloc.h"
#include "checks/dmarc_judge.h"
#include "engine/record.h"
#include "mail/org_domain.h"
#include "milter/dmarc_report_index.h"

struct tally {
    struct arena *arena; /* rows and their texts */
    struct index *rows, *domains, *below;
    size_t domain_count, row_count;
    struct tally_domain *list;
    uint64_t others, unread;
};

struct tally *tally_new(void)
{
    struct tally *tally = xcalloc(1, sizeof *tally);

    tally->arena = arena_new();
    tally->rows = index_new();
    tally->domains = index_new();
    tally->below = index_new();
    tally->list = xcalloc(TALLY_DOMAINS, sizeof *tally->list);
    return tally;
}

void tally_free(struct tally **tally)
{
    if (*tally == NULL)
        return;
    index_free(&(*tally)->rows);
    index_free(&(*tally)->domains);
    index_free(&(*tally)->below);
    arena_free(&(*tally)->arena);
    xfree(&(*tally)->list);
    xfree(tally);
}

struct tally_domain *tally_domains(const struct tally *tally, size_t *count_r)
{
    *count_r = tally->domain_count;
    return tally->list;
}

uint64_t tally_others(const struct tally *tally)
{
    return tally->others;
}

uint64_t tally_unread(const struct tally *tally)
{
    return tally->unread;
}

/* --- a domain of From --- */

/* Whoever owns a domain could fill the list with names below it. */
static bool has_room(struct tally *tally, struct span domain)
{
    struct index_slot *slot = index_at(tally->below, org_domain(domain));
    uint32_t *count;

    if (tally->domain_count == TALLY_DOMAINS)
        return false;
    if (slot->of == NULL) {
        slot->of = arena_alloc(tally->arena, sizeof *count);
        slot->key = arena_span(tally->arena, org_domain(domain));
        index_added(tally->below);
    } else if (*(uint32_t *)slot->of == TALLY_BELOW)
        return false;
    count = slot->of;
    (*count)++;
    return true;
}

static struct tally_domain *domain_of(struct tally *tally, struct span name)
{
    struct index_slot *slot = index_at(tally->domains, name);
    struct tally_domain *domain;

    if (slot->of != NULL)
        return slot->of;
    if (name.len >= DOMAIN_SIZE || !has_room(tally, name))
        return NULL;
    domain = &tally->list[tally->domain_count++];
    snprintf(domain->name, sizeof domain->name, "%.*s", SPAN_ARG(name));
    domain->last = &domain->rows;
    slot->of = domain;
    slot->key = span_of(domain->name);
    index_added(tally->domains);
    return domain;
}

/* --- a row --- */

static int64_t number_of(const struct facts *facts, enum fact_id id)
{
    const struct fact *fact = facts_get(facts, id);

    return fact->state == FACT_VALUE ? fact->values[0].number : 0;
}

static struct span text_of(const struct facts *facts, enum fact_id id)
{
    const struct fact *fact = facts_get(facts, id);

    return fact->state == FACT_VALUE ? fact->values[0].text : SPAN("");
}

static bool is_rescued(const struct facts *facts, struct span domain)
{
    const struct fact *domains = facts_get(facts, FACT_ARC_DMARC);

    for (uint32_t i = 0; domains->state == FACT_VALUE && i < domains->count; i++)
        if (span_iequal(domains->values[i].text, domain))
            return true;
    return false;
}

/* "pass header.d=example.com header.s=s1 header.b=... reason=..." to "pass example.com s1": what differs with each message is no part of a row. */
static void add_signature(struct str *out, struct span text)
{
    struct span word = SPAN(""), domain = SPAN(""), selector = SPAN("");
    struct span result = SPAN("");

    span_cut(&text, ' ', &result);
    while (span_cut(&text, ' ', &word) && !span_starts(word, SPAN("reason="))) {
        if (span_starts(word, SPAN("header.d=")))
            domain = span_skip(word, 9);
        if (span_starts(word, SPAN("header.s=")))
            selector = span_skip(word, 9);
    }
    if (domain.len > 0 && domain.len < DOMAIN_SIZE && selector.len < DOMAIN_SIZE)
        str_printf(out, "%.*s %.*s %.*s\n", SPAN_ARG(result), SPAN_ARG(domain),
                   SPAN_ARG(selector));
}

static void add_signatures(struct str *out, const struct facts *facts)
{
    const struct fact *results = facts_get(facts, FACT_DKIM_RESULTS);

    for (uint32_t i = 0;
         results->state == FACT_VALUE && i < results->count && i < TALLY_SIGNATURES; i++)
        add_signature(out, results->values[i].text);
}

bool tally_signature(struct span *rest, struct tally_signature *signature_r)
{
    struct span line;

    if (!span_cut(rest, '\n', &line) || line.len == 0)
        return false;
    *signature_r = (struct tally_signature){.result = line};
    span_cut(&line, ' ', &signature_r->result);
    span_cut(&line, ' ', &signature_r->domain);
    span_cut(&line, ' ', &signature_r->selector);
    return true;
}

/* What we did, whoever told us to: not delivered at all, or set aside. */
static const struct name_value done_names[] = {
    {"deliver", DMARC_POLICY_NONE},          {"reject", DMARC_POLICY_REJECT},
    {"discard", DMARC_POLICY_REJECT},        {"hold", DMARC_POLICY_QUARANTINE},
    {"quarantine", DMARC_POLICY_QUARANTINE}, {NULL, 0},
};

/* Of the address behind the last @. */
static struct span domain_part(struct span address)
{
    struct span part = SPAN("");

    for (size_t i = address.len; i > 0; i--)
        if (address.ptr[i - 1] == '@') {
            part = span_skip(address, i);
            break;
        }
    return part;
}

static void row_read(struct tally_row *row, const struct facts *facts, struct span domain)
{
    struct span sender = text_of(facts, FACT_SENDER);

    row->ip = facts_get(facts, FACT_CLIENT_IP)->values[0].ip;
    row->dmarc = (int)number_of(facts, FACT_DMARC);
    row->policy = (int)number_of(facts, FACT_DMARC_POLICY);
    row->spf = (int)number_of(facts, FACT_SPF);
    row->is_rescued = is_rescued(facts, domain);
    row->is_helo = sender.len == 0;
    row->envelope = domain_part(sender);
    row->spf_domain = text_of(facts, FACT_SPF_DOMAIN);
    row->count = 1;
}

/* All that tells rows apart. The texts hold no line end: they are domains. */
static void key_of(struct str *key, const struct tally_row *row, struct span domain,
                   struct span signatures)
{
    char ip[IP_TEXT_SIZE];

    str_printf(key, "%.*s\n%s %d %d %d %d %d %d\n%.*s\n%.*s\n", SPAN_ARG(domain),
               ip_text(&row->ip, ip), row->disposition, row->dmarc, row->policy, row->spf,
               row->is_rescued, row->is_helo, SPAN_ARG(row->envelope),
               SPAN_ARG(row->spf_domain));
    str_add(key, signatures);
}

static bool row_fits(const struct tally *tally, const struct tally_domain *domain)
{
    return domain->row_count < TALLY_ROWS && tally->row_count < TALLY_ROWS_ALL &&
           arena_used(tally->arena) < TALLY_BYTES;
}

static void row_add(struct tally *tally, struct tally_domain *domain,
                    const struct tally_row *from, struct span key, struct index_slot *slot)
{
    struct tally_row *row = arena_alloc(tally->arena, sizeof *row);

    *row = *from;
    row->envelope = arena_span(tally->arena, from->envelope);
    row->spf_domain = arena_span(tally->arena, from->spf_domain);
    row->signatures = arena_span(tally->arena, from->signatures);
    slot->key = arena_span(tally->arena, key);
    slot->of = row;
    index_added(tally->rows);
    *domain->last = row;
    domain->last = &row->next;
    domain->row_count++;
    tally->row_count++;
}

static void count_row(struct tally *tally, struct tally_domain *domain, struct tally_row *row,
                      const struct facts *facts)
{
    struct str key = STR_EMPTY, signatures = STR_EMPTY;
    struct index_slot *slot;

    row_read(row, facts, span_of(domain->name));
    add_signatures(&signatures, facts);
    row->signatures = str_span(&signatures);
    key_of(&key, row, span_of(domain->name), row->signatures);
    slot = index_at(tally->rows, str_span(&key));
    if (slot->of != NULL)
        ((struct tally_row *)slot->of)->count++;
    else if (row_fits(tally, domain))
        row_add(tally, domain, row, str_span(&key), slot);
    else
        domain->left_out++;
    domain->messages++;
    domain->passed += row->dmarc == DMARC_PASS;
    str_clear(&key);
    str_clear(&signatures);
}

/* A record was found, and we looked ourselves: what a gateway in front of us found is for it to report. */
static bool is_reported(const struct facts *facts)
{
    return facts_get(facts, FACT_DMARC_POLICY)->state == FACT_VALUE &&
           facts_get(facts, FACT_DMARC)->state == FACT_VALUE &&
           facts_get(facts, FACT_CLIENT_IP)->state == FACT_VALUE &&
           facts_get(facts, FACT_AUTHRES_ID)->state != FACT_VALUE &&
           number_of(facts, FACT_LOOP_PASSES) == 0 && text_of(facts, FACT_DMARC_DOMAIN).len > 0;
}

void tally_take(struct tally *tally, const struct decision_record *record)
{
    struct record_recipients none = {.room = 0};
    struct tally_domain *domain;
    struct tally_row row = {.count = 0};
    struct facts *facts;

    if (!names_value(done_names, record->disposition, &row.disposition) ||
        record->facts.len == 0)
        return;
    facts = facts_new();
    if (record_read_facts(record->facts, facts, &none, NULL) != 0)
        tally->unread++;
    else if (is_reported(facts)) {
        domain = domain_of(tally, text_of(facts, FACT_DMARC_DOMAIN));
        if (domain != NULL)
            count_row(tally, domain, &row, facts);
        else
            tally->others++;
    }
    facts_free(&facts);
}
