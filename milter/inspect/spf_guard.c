/* spf_guard.c - libspf2 behind its public hooks. What it sees: mechanisms in order, address literals that were read here, and numbers in place
 * of names ("7" is the seventh term that asks, "h2.7" the second host of its answer). No byte that a sender or DNS chose reaches its parser or
 * its macro code (CVE-2023-42118), and every lookup says which term is being evaluated:
 *
 *   v=spf1 a:example.com/24 ptr -all   becomes   v=spf1 +a:0/24 +exists:m0 +exists:p1 +ptr:1 +exists:m1 -all
 *
 * The lookups of m and p find nothing: m tells that the term before it did not match, p which term the next PTR question is for. */
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <netinet/in.h>
#include <spf2/spf.h>
#include "mail/domain.h"
#include "milter/inspect/spf_state.h"

#define TOKEN_MAX 32
#define LIBRARY_LIMIT                                                                          \
    1000 /* its own limits must never be met: they start again in each include */
#define NOTHING_TO_SAY "-"

/* The one libspf2 server of a process: it asks for the host's name when it is made, which the sandbox forbids. Its hook is the check under
 * way; a worker has one at a time. */
static SPF_dns_server_t hooks;
static SPF_server_t *server;

static SPF_dns_rr_t *make_answer(const char *name, ns_type type, SPF_dns_stat_t status)
{
    return SPF_dns_rr_new_init(&hooks, name, type, 0, status);
}

/* Room for one more record of len bytes; NULL when there is none. */
static SPF_dns_rr_data_t *add_record(SPF_dns_rr_t *rr, size_t len)
{
    if (SPF_dns_rr_buf_realloc(rr, rr->num_rr, len) != SPF_E_SUCCESS)
        return NULL;
    return rr->rr[rr->num_rr++];
}

static bool has_zero_prefix(const struct spf_state *state, const struct spf_term *term)
{
    return (ip_is_v4(&state->request->client) ? term->prefix4 : term->prefix6) == 0 &&
           (term->kind == SPF_TERM_A || term->kind == SPF_TERM_MX);
}

static void add_address(SPF_dns_rr_t *rr, const void *bytes, size_t len)
{
    SPF_dns_rr_data_t *data = add_record(rr, sizeof *data);

    if (data != NULL)
        memcpy(data, bytes, len);
}

/* With a prefix of 0 any address matches, so the client's own stands for all: libspf2 takes 0 for "none". */
static SPF_dns_rr_t *give_addresses(const struct spf_state *state, const struct spf_term *term,
                                    const struct dns_answer *answer, const char *name)
{
    bool is_v4 = answer->type == DNS_A;
    size_t len = is_v4 ? 4 : 16;
    SPF_dns_rr_t *rr = make_answer(name, is_v4 ? ns_t_a : ns_t_aaaa,
                                   answer->count > 0 ? NETDB_SUCCESS : NO_DATA);

    for (size_t i = 0; rr != NULL && i < answer->count && i < DNS_RECORDS_MAX; i++)
        if (answer->records[i].len == len)
            add_address(rr,
                        has_zero_prefix(state, term)
                            ? (const void *)(state->request->client.byte + (is_v4 ? 12 : 0))
                            : answer->records[i].ptr,
                        len);
    return rr;
}

/* MX and PTR: the hosts as numbers. Of a client's names only those that could match: the others need no addresses. */
static SPF_dns_rr_t *give_hosts(struct spf_state *state, size_t number, struct span target,
                                const struct dns_answer *answer, const char *name)
{
    SPF_dns_rr_t *rr =
        make_answer(name, answer->type == DNS_MX ? ns_t_mx : ns_t_ptr, NETDB_SUCCESS);
    char token[TOKEN_MAX];

    state->host_count = spf_hosts(answer, state->hosts);
    for (size_t i = 0; rr != NULL && i < state->host_count; i++) {
        size_t len = (size_t)snprintf(token, sizeof token, "h%zu.%zu", i, number);
        SPF_dns_rr_data_t *data;

        if (answer->type == DNS_PTR && !domain_is_within(state->hosts[i], target))
            continue;
        data = add_record(rr, len + 1);
        if (data != NULL)
            memcpy(data, token, len + 1);
    }
    return rr;
}

/* A term begins to ask: counted over the whole check. False: one too many. */
static bool begin_asking(struct spf_state *state, const struct spf_term *term)
{
    if (term->record == state->top) {
        state->at = term;
        state->is_past = false;
    }
    if (++state->lookups <= SPF_LOOKUPS_MAX)
        return true;
    (void)spf_decide(state, SPF_PERMERROR, "%.*s: more than %d terms ask DNS, at %.*s",
                     SPAN_ARG(term->record->domain), SPF_LOOKUPS_MAX,
                     SPAN_ARG(spf_shown(term)));
    return false;
}

/* The first question of a term. NULL: lacking or decided. *is_name_r false: no name that could be asked. */
static const struct dns_answer *ask_first(struct spf_state *state, const struct spf_term *term,
                                          enum dns_type type, bool *is_name_r)
{
    const struct dns_answer *answer;
    struct span name;
    int made = spf_name(state, term->record, term->spec, &name);

    *is_name_r = made != 0;
    if (made <= 0)
        return NULL;
    answer = spf_answer(state, type, type == DNS_PTR ? spf_reverse_name(state) : name);
    if (answer == NULL)
        return NULL;
    if (answer->status == DNS_NONE && ++state->voids > SPF_VOIDS_MAX) {
        (void)spf_decide(
            state, SPF_PERMERROR, "%.*s: more than %d terms found nothing, at %.*s",
            SPAN_ARG(term->record->domain), SPF_VOIDS_MAX, SPAN_ARG(spf_shown(term)));
        return NULL;
    }
    if (answer->status == DNS_FOUND || answer->status == DNS_NONE || type == DNS_PTR)
        return answer;
    (void)spf_decide(state, SPF_TEMPERROR, "%s of %.*s: no answer", dns_type_text(type),
                     SPAN_ARG(name));
    return NULL;
}

/* Errors while asking for a client's names are as if there were none (section 5.5). */
static SPF_dns_rr_t *look_up_ptr(struct spf_state *state, const char *name)
{
    const struct spf_term *term = state->ptr;
    const struct dns_answer *answer;
    struct span target;
    bool is_name;
    size_t number = 0;

    if (term == NULL || !begin_asking(state, term))
        return make_answer(name, ns_t_ptr, TRY_AGAIN);
    answer = ask_first(state, term, DNS_PTR, &is_name);
    if (answer == NULL)
        return make_answer(name, ns_t_ptr, is_name ? TRY_AGAIN : HOST_NOT_FOUND);
    while (number < state->asking_count && state->asking[number] != term)
        number++;
    return spf_name(state, term->record, term->spec, &target) == 1
               ? give_hosts(state, number, target, answer, name)
               : make_answer(name, ns_t_ptr, HOST_NOT_FOUND);
}

static SPF_dns_rr_t *look_up_term(struct spf_state *state, size_t number, const char *name,
                                  ns_type type)
{
    const struct spf_term *term = state->asking[number];
    const struct dns_answer *answer;
    bool is_name;

    if (!begin_asking(state, term))
        return make_answer(name, type, TRY_AGAIN);
    answer = ask_first(state, term, (enum dns_type)type, &is_name);
    if (answer == NULL)
        return make_answer(name, type, is_name ? TRY_AGAIN : HOST_NOT_FOUND);
    if (answer->type != DNS_MX)
        return give_addresses(state, term, answer, name);
    if (answer->count > SPF_HOSTS_MAX) {
        (void)spf_decide(state, SPF_PERMERROR, "%.*s: more than %d hosts in %.*s",
                         SPAN_ARG(term->record->domain), SPF_HOSTS_MAX,
                         SPAN_ARG(spf_shown(term)));
        return make_answer(name, type, TRY_AGAIN);
    }
    return give_hosts(state, number, SPAN(""), answer, name);
}

static SPF_dns_rr_t *look_up_host(struct spf_state *state, size_t host, size_t number,
                                  const char *name, ns_type type)
{
    const struct dns_answer *answer;
    const struct spf_term *term = state->asking[number];

    if (host >= state->host_count)
        return make_answer(name, type, HOST_NOT_FOUND);
    answer = spf_answer(state, (enum dns_type)type, state->hosts[host]);
    if (answer == NULL)
        return make_answer(name, type, TRY_AGAIN);
    if (answer->status != DNS_FOUND && answer->status != DNS_NONE &&
        term->kind == SPF_TERM_MX) {
        (void)spf_decide(state, SPF_TEMPERROR, "%s of %.*s: no answer",
                         dns_type_text(answer->type), SPAN_ARG(state->hosts[host]));
        return make_answer(name, type, TRY_AGAIN);
    }
    return give_addresses(state, term, answer, name);
}

/* Decimal digits of *text up to end or "."; false when it is no number of a term. */
static bool read_number(struct span text, size_t most, size_t *number_r)
{
    uint64_t value = 0;

    if (!span_to_u64(text, most, &value))
        return false;
    *number_r = (size_t)value;
    return value < most;
}

static void pass_by(struct spf_state *state, char mark, const struct spf_term *term)
{
    if (mark == 'p')
        state->ptr = term;
    else if (term == state->at)
        state->is_past = true;
}

static SPF_dns_rr_t *look_up(SPF_dns_server_t *dns, const char *domain, ns_type type,
                             int is_kept)
{
    struct spf_state *state = dns->hook;
    struct span name = span_of(domain), part;
    size_t number = 0, host = 0;

    (void)is_kept;
    if (state->decided != 0 || state->is_lacking)
        return make_answer(domain, type, TRY_AGAIN);
    if (type == ns_t_ptr)
        return look_up_ptr(state, domain);
    if (type != ns_t_a && type != ns_t_aaaa && type != ns_t_mx)
        return make_answer(domain, type, NO_DATA);
    if (read_number(name, state->asking_count, &number))
        return look_up_term(state, number, domain, type);
    part = name.len > 0 ? span_skip(name, 1) : name;
    if (span_starts(name, SPAN("h")) && span_cut(&part, '.', &name) && part.ptr != NULL &&
        read_number(name, SPF_HOSTS_MAX, &host) &&
        read_number(part, state->asking_count, &number))
        return look_up_host(state, host, number, domain, type);
    if (read_number(part, state->asking_count, &number))
        pass_by(state, domain[0], state->asking[number]);
    return make_answer(domain, type, NO_DATA);
}

static SPF_errcode_t compile(struct spf_state *state, const struct spf_record *record,
                             SPF_response_t *response, SPF_record_t **record_r)
{
    struct str text = STR_EMPTY;
    SPF_errcode_t error;
    size_t terms = 0;

    spf_rewrite(state, record, &text);
    for (size_t i = 0; i < text.len; i++)
        terms += text.ptr[i] == ' ';
    error = state->decided != 0
                ? SPF_E_SYNTAX
                : SPF_record_compile(server, response, record_r, str_cstr(&text));
    if (error == SPF_E_SUCCESS && (*record_r)->num_mech != terms)
        error = SPF_E_BIG_MECH;
    if (error != SPF_E_SUCCESS)
        (void)spf_decide(state, SPF_TEMPERROR, "%.*s: libspf2: %s", SPAN_ARG(record->domain),
                         SPF_strerror(error));
    str_clear(&text);
    return error;
}

/* include and redirect: the record of another domain. None is an error (sections 5.2, 6.1). */
static SPF_errcode_t get_record(SPF_server_t *asking, SPF_request_t *request,
                                SPF_response_t *response, SPF_record_t **record_r)
{
    struct spf_state *state = hooks.hook;
    const struct spf_record *record;
    const struct spf_term *term;
    struct span domain;
    size_t number;
    int found;

    (void)asking;
    if (state->decided != 0 || state->is_lacking ||
        !read_number(span_of(request->cur_dom), state->asking_count, &number))
        return SPF_E_DNS_ERROR;
    term = state->asking[number];
    if (!begin_asking(state, term))
        return SPF_E_DNS_ERROR;
    found = spf_name(state, term->record, term->spec, &domain);
    if (found > 0)
        found = spf_load(state, domain, &record);
    if (found == 0)
        (void)spf_decide(state, SPF_PERMERROR, "%.*s: no record for %.*s",
                         SPAN_ARG(term->record->domain), SPAN_ARG(spf_shown(term)));
    if (found <= 0)
        return SPF_E_DNS_ERROR;
    if (term->kind == SPF_TERM_REDIRECT && term->record == state->top) {
        state->top = record;
        state->at = NULL;
    }
    return compile(state, record, response, record_r);
}

void spf_guard_prepare(void)
{
    SPF_response_t *response = NULL;

    if (server != NULL)
        return;
    hooks = (SPF_dns_server_t){.lookup = look_up, .get_spf = get_record, .name = "answers"};
    server = SPF_server_new_dns(&hooks, 0);
    if (server == NULL)
        abort(); /* no memory */
    (void)SPF_server_set_rec_dom(server, NOTHING_TO_SAY);
    (void)SPF_server_set_explanation(server, NOTHING_TO_SAY, &response);
    SPF_response_free(response);
    (void)SPF_server_set_max_dns_mech(server, LIBRARY_LIMIT);
    (void)SPF_server_set_max_dns_mx(server, LIBRARY_LIMIT);
    (void)SPF_server_set_max_dns_ptr(server, LIBRARY_LIMIT);
}

static void set_client(SPF_request_t *request, const struct ip *client)
{
    struct in_addr v4;
    struct in6_addr v6;

    memcpy(&v4, client->byte + 12, sizeof v4);
    memcpy(&v6, client->byte, sizeof v6);
    if (ip_is_v4(client))
        (void)SPF_request_set_ipv4(request, v4);
    else
        (void)SPF_request_set_ipv6(request, v6);
}

static enum spf_result read_result(struct spf_state *state, const SPF_response_t *response)
{
    static const enum spf_result results[] = {
        [SPF_RESULT_NEUTRAL] = SPF_NEUTRAL,
        [SPF_RESULT_PASS] = SPF_PASS,
        [SPF_RESULT_FAIL] = SPF_FAIL,
        [SPF_RESULT_SOFTFAIL] = SPF_SOFTFAIL,
    };

    if (state->decided != 0 || state->is_lacking)
        return 0;
    if ((size_t)response->result < sizeof results / sizeof *results &&
        results[response->result] != 0)
        return results[response->result];
    (void)spf_decide(state, SPF_TEMPERROR, "libspf2: %s", SPF_strerror(response->err));
    return 0;
}

/* Not by SPF_request_query_mailfrom: that lets every client on loopback pass. */
enum spf_result spf_evaluate(struct spf_state *state, const struct spf_record *record)
{
    SPF_request_t *request;
    SPF_response_t *response;
    SPF_record_t *compiled = NULL;
    enum spf_result result = 0;

    spf_guard_prepare();
    hooks.hook = state;
    state->top = record;
    request = SPF_request_new(server);
    response = request != NULL ? SPF_response_new(request) : NULL;
    if (response == NULL)
        abort(); /* no memory */
    set_client(request, &state->request->client);
    request->cur_dom = NOTHING_TO_SAY;
    if (compile(state, record, response, &compiled) == SPF_E_SUCCESS) {
        response->spf_record_exp = compiled;
        (void)SPF_record_interpret(compiled, request, response, 0);
        result = read_result(state, response);
    }
    if (compiled != NULL)
        SPF_record_free(compiled);
    SPF_response_free(response);
    SPF_request_free(request);
    hooks.hook = NULL;
    return result;
}
