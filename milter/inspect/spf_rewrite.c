/* spf_rewrite.c - a record as libspf2 is to read it; the form is told in spf_guard.c. */
#include <arpa/inet.h>
#include "milter/inspect/spf_state.h"

/* libspf2 leaves out, without a word, what makes a compiled record longer than 511 bytes. Compiled, an ip4 takes 8 bytes, an ip6 20, a term
 * that asks 16, a lookup of our own 12. A longer record goes without the addresses that are not the client's. */
#define RECORD_ROOM 480
#define SIZE_IP4    8
#define SIZE_IP6    20
#define SIZE_ASKS   40

/* A term's number. At most SPF_ASKING_MAX are ever needed: see its bound. */
static size_t number_of(struct spf_state *state, const struct spf_term *term)
{
    if (state->asking_count == SPF_ASKING_MAX) {
        (void)spf_decide(state, SPF_PERMERROR, "too many terms");
        return 0;
    }
    state->asking[state->asking_count] = term;
    return state->asking_count++;
}

static size_t compiled_size(const struct spf_record *record)
{
    size_t size = 0;

    for (size_t i = 0; i < record->count; i++)
        size += record->terms[i].kind == SPF_TERM_IP6 ? SIZE_IP6
                : spf_term_asks(&record->terms[i])    ? SIZE_ASKS
                                                      : SIZE_IP4;
    return size;
}

static void write_literal(const struct spf_state *state, const struct spf_term *term,
                          struct str *out)
{
    bool is_v4 = term->kind == SPF_TERM_IP4;
    unsigned prefix = is_v4 ? term->prefix4 : term->prefix6;
    char buf[INET6_ADDRSTRLEN];

    if (prefix > 0)
        str_printf(out, " %cip%c:%s/%u", term->qualifier, is_v4 ? '4' : '6',
                   inet_ntop(is_v4 ? AF_INET : AF_INET6, term->ip.byte + (is_v4 ? 12 : 0), buf,
                             sizeof buf),
                   prefix);
    else if (spf_term_matches(term, &state->request->client))
        str_printf(out, " %call", term->qualifier);
}

static void write_asking(struct spf_state *state, const struct spf_term *term, struct str *out)
{
    static const char *const names[] = {
        [SPF_TERM_A] = "a",           [SPF_TERM_MX] = "mx",           [SPF_TERM_PTR] = "ptr",
        [SPF_TERM_EXISTS] = "exists", [SPF_TERM_INCLUDE] = "include",
    };
    bool is_v4 = ip_is_v4(&state->request->client);
    unsigned prefix = is_v4 ? term->prefix4 : term->prefix6;
    size_t number = number_of(state, term);

    if (term->kind == SPF_TERM_PTR)
        str_printf(out, " exists:p%zu", number);
    str_printf(out, " %c%s:%zu", term->qualifier, names[term->kind], number);
    if ((term->kind == SPF_TERM_A || term->kind == SPF_TERM_MX) && prefix > 0)
        str_printf(out, is_v4 ? "/%u" : "//%u", prefix);
    str_printf(out, " exists:m%zu", number);
}

/* The record as libspf2 is to read it: only what can be reached, redirect last. */
void spf_rewrite(struct spf_state *state, const struct spf_record *record, struct str *out)
{
    bool is_long = compiled_size(record) > RECORD_ROOM;
    unsigned lookups = state->lookups;

    str_adds(out, "v=spf1");
    for (size_t i = 0; i < record->count; i++) {
        const struct spf_term *term = &record->terms[i];

        if (spf_term_asks(term)) {
            write_asking(state, term, out);
            if (++lookups > SPF_LOOKUPS_MAX)
                return; /* nothing behind the one too many is ever reached */
            continue;
        }
        if (is_long && !spf_term_matches(term, &state->request->client))
            continue;
        if (term->kind == SPF_TERM_ALL)
            str_printf(out, " %call", term->qualifier);
        else
            write_literal(state, term, out);
        if (is_long)
            return; /* it matches */
    }
    if (record->redirect != NULL)
        str_printf(out, " redirect=%zu", number_of(state, record->redirect));
}
