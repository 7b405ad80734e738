/* spf.c - check_host() from the identity to the explanation. */
#include "base/sinks.h"
#include "mail/domain.h"
#include "milter/inspect/spf_state.h"

#define HELO_MAX 255 /* bytes of a HELO that a macro may give */

void spf_prepare(void)
{
    spf_guard_prepare();
}

static struct span cut(struct span text, size_t most)
{
    return span_from(text.ptr, text.len < most ? text.len : most);
}

/* Sections 2.4 and 4.3: whose domain is asked. False: none that can be. */
static bool identify(struct spf_state *state)
{
    const struct sender_request *request = state->request;
    struct span sender = cut(request->sender, SPF_VALUE_MAX);
    char domain[DOMAIN_SIZE];
    size_t at = sender.len;

    if (sender.len == 0)
        sender = cut(request->helo, HELO_MAX + 1);
    for (at = sender.len; at > 0 && sender.ptr[at - 1] != '@'; at--)
        ;
    /* A HELO with an @ is no domain; normalising refuses it. */
    if (request->sender.len == 0)
        at = 0;
    if (request->sender.len > SPF_VALUE_MAX ||
        !domain_normalize(span_skip(sender, at), domain) || strchr(domain, '.') == NULL)
        return false;
    state->values.sender_domain = arena_span(state->arena, span_of(domain));
    state->values.local = at > 1 ? span_from(sender.ptr, at - 1) : SPAN("postmaster");
    state->values.sender =
        span_of(arena_printf(state->arena, "%.*s@%s", SPAN_ARG(state->values.local), domain));
    return true;
}

static void begin(struct spf_state *state)
{
    const struct sender_request *request = state->request;

    state->values.client = request->client;
    state->values.now = request->now;
    state->values.helo = cut(request->helo, HELO_MAX);
    state->values.receiver =
        request->receiver.len > 0 ? cut(request->receiver, HELO_MAX) : SPAN("unknown");
    state->values.validated = SPAN("unknown");
}

/* Printable ASCII. */
static struct span say(struct arena *arena, struct span text)
{
    struct str out = STR_EMPTY;
    struct span said;

    sink_reply(&out, text, SENDER_TEXT_MAX);
    said = arena_span(arena, str_span(&out));
    str_clear(&out);
    return said;
}

/* Section 6.2: whatever is wrong with it, there is none; it changes no result. -1 lacking. */
static int explain(struct spf_state *state)
{
    const struct spf_term *exp = state->top->exp;
    const struct dns_answer *answer;
    struct str text = STR_EMPTY;
    struct span name, unused;
    int made;

    if (exp == NULL)
        return 0;
    made = spf_name(state, state->top, exp->spec, &name);
    answer = made == 1 ? spf_answer(state, DNS_TXT, name) : NULL;
    if (made < 0 || (made == 1 && answer == NULL))
        return -1;
    if (answer == NULL || answer->count != 1 || !spf_macro_is_valid(answer->records[0], true))
        return 0;
    if (spf_macro_uses(answer->records[0], 'p') &&
        spf_name(state, state->top, SPAN("%{p}"), &unused) < 0)
        return -1;
    state->values.domain = state->top->domain;
    spf_macro_expand(answer->records[0], &state->values, &text);
    state->result->spf_explanation = say(state->arena, str_span(&text));
    str_clear(&text);
    return 0;
}

/* Where the evaluation ended: at the last term that asked, or at the next one behind it that asks nothing and matches. */
static const struct spf_term *matched(const struct spf_state *state)
{
    const struct spf_record *top = state->top;
    size_t next = state->at == NULL ? 0 : (size_t)(state->at - top->terms) + 1;

    if (state->at != NULL && !state->is_past)
        return state->at;
    for (; next < top->count && !spf_term_asks(&top->terms[next]); next++)
        if (spf_term_matches(&top->terms[next], &state->request->client))
            return &top->terms[next];
    return NULL;
}

static void finish(struct spf_state *state, enum spf_result result)
{
    const struct spf_term *term = matched(state);

    if (term != NULL)
        (void)err_set(&state->why, "matched %.*s of %.*s", SPAN_ARG(spf_shown(term)),
                      SPAN_ARG(state->top->domain));
    else
        (void)err_set(&state->why, "nothing in the record of %.*s matched",
                      SPAN_ARG(state->top->domain));
    state->decided = result;
}

/* 0 decided; -1 lacking. */
static int evaluate(struct spf_state *state)
{
    const struct spf_record *record = NULL;
    enum spf_result result;
    int found = spf_load(state, state->values.sender_domain, &record);

    if (found == 0)
        return spf_decide(state, SPF_NONE, "no record for %.*s",
                          SPAN_ARG(state->values.sender_domain));
    if (found < 0)
        return -1;
    result = spf_evaluate(state, record);
    if (state->is_lacking && state->decided == 0)
        spf_ahead(state, record);
    if (result == 0)
        return -1;
    if (result == SPF_FAIL && explain(state) < 0 && state->decided == 0)
        return -1;
    finish(state, result);
    return 0;
}

void spf_check(const struct sender_request *request, struct arena *arena,
               struct sender_result *result_r)
{
    struct spf_state *state = arena_alloc(arena, sizeof *state);

    state->request = request;
    state->result = result_r;
    state->arena = arena;
    begin(state);
    if (identify(state))
        (void)evaluate(state);
    else
        (void)spf_decide(state, SPF_NONE, "no domain to ask for a record");
    if (state->decided == 0)
        return; /* the lacks are the result */
    result_r->lack_count = 0;
    result_r->spf = (int)state->decided;
    result_r->spf_domain = state->values.sender_domain;
    result_r->spf_reason = say(arena, span_of(state->why.text));
}
