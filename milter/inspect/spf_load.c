/* spf_load.c - the record of a domain out of its TXT answer, and what it and those it includes will ask for. */
#include "milter/inspect/spf_state.h"

static const char *status_text(enum dns_status status)
{
    return status == DNS_TIMEOUT ? "timeout" : status == DNS_LIMITED ? "not asked" : "failed";
}

/* 1 read; 0 there is none; -1 what is wrong is in err. */
static int read_answer(const struct dns_answer *answer, struct span domain, struct arena *arena,
                       const struct spf_record **record_r, struct err *err)
{
    struct spf_record *record = arena_alloc(arena, sizeof *record);
    struct span text;
    int found = answer->status == DNS_FOUND ? spf_record_select(answer, &text) : 0;

    *record_r = record;
    if (found == 0)
        return 0;
    if (found < 0)
        return err_set(err, "two records");
    return spf_record_read(text, domain, arena, record, err) < 0 ? -1 : 1;
}

int spf_load(struct spf_state *state, struct span domain, const struct spf_record **record_r)
{
    const struct dns_answer *answer = spf_answer(state, DNS_TXT, domain);
    struct err err;
    int found;

    if (answer == NULL)
        return -1;
    if (answer->status != DNS_FOUND && answer->status != DNS_NONE)
        return spf_decide(state, SPF_TEMPERROR, "TXT of %.*s: %s", SPAN_ARG(domain),
                          status_text(answer->status));
    found = read_answer(answer, domain, state->arena, record_r, &err);
    if (found < 0)
        return spf_decide(state, SPF_PERMERROR, "%.*s: %s", SPAN_ARG(domain), err.text);
    return found;
}

static void walk(struct spf_state *state, const struct spf_record *record, unsigned *lookups);

static void walk_hosts(struct spf_state *state, const struct dns_answer *answer)
{
    struct span hosts[SPF_HOSTS_MAX];
    size_t count = spf_hosts(answer, hosts);

    for (size_t i = 0; i < count; i++)
        if (spf_known(state, spf_address_type(state), hosts[i]) == NULL)
            (void)spf_lack(state, spf_address_type(state), hosts[i]);
}

static enum dns_type type_of(const struct spf_state *state, enum spf_kind kind)
{
    static const enum dns_type types[] = {
        [SPF_TERM_MX] = DNS_MX,       [SPF_TERM_PTR] = DNS_PTR,      [SPF_TERM_EXISTS] = DNS_A,
        [SPF_TERM_INCLUDE] = DNS_TXT, [SPF_TERM_REDIRECT] = DNS_TXT,
    };

    return kind == SPF_TERM_A ? spf_address_type(state) : types[kind];
}

static void walk_term(struct spf_state *state, const struct spf_term *term, unsigned *lookups)
{
    enum dns_type type = type_of(state, term->kind);
    const struct spf_record *inner;
    const struct dns_answer *answer;
    struct span name;

    /* Whose name is not sure yet is asked when its turn comes. */
    if (spf_macro_uses(term->spec, 'p') ||
        spf_name(state, term->record, term->spec, &name) != 1)
        return;
    if (term->kind == SPF_TERM_PTR)
        name = spf_reverse_name(state);
    answer = spf_known(state, type, name);
    if (answer == NULL)
        (void)spf_lack(state, type, name);
    else if (type == DNS_TXT && read_answer(answer, name, state->arena, &inner, NULL) == 1)
        walk(state, inner, lookups);
    else if (type == DNS_MX || type == DNS_PTR)
        walk_hosts(state, answer);
}

/* In the order of evaluation; SPF_LOOKUPS_MAX bounds breadth and depth. */
static void walk(struct spf_state *state, const struct spf_record *record, unsigned *lookups)
{
    for (size_t i = 0; i <= record->count; i++) {
        const struct spf_term *term = i < record->count ? &record->terms[i] : record->redirect;

        if (term == NULL ||
            (!spf_term_asks(term) && spf_term_matches(term, &state->request->client)))
            return;
        if (!spf_term_asks(term))
            continue;
        if (++*lookups > SPF_LOOKUPS_MAX)
            return;
        walk_term(state, term, lookups);
    }
}

void spf_ahead(struct spf_state *state, const struct spf_record *record)
{
    unsigned lookups = 0;

    walk(state, record, &lookups);
}
