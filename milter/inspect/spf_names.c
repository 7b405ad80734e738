/* spf_names.c - names that a check asks for: made from records, found among the answers, or lacking. */
#include <stdarg.h>
#include <stdio.h>
#include "mail/domain.h"
#include "milter/inspect/spf_state.h"

int spf_decide(struct spf_state *state, enum spf_result result, const char *fmt, ...)
{
    va_list args;

    if (state->decided != 0)
        return -1;
    state->decided = result;
    va_start(args, fmt);
    (void)vsnprintf(state->why.text, sizeof state->why.text, fmt, args);
    va_end(args);
    return -1;
}

struct span spf_shown(const struct spf_term *term)
{
    return span_from(term->text.ptr,
                     term->text.len < SPF_SHOWN_MAX ? term->text.len : SPF_SHOWN_MAX);
}

enum dns_type spf_address_type(const struct spf_state *state)
{
    return ip_is_v4(&state->request->client) ? DNS_A : DNS_AAAA;
}

const struct dns_answer *spf_known(const struct spf_state *state, enum dns_type type,
                                   struct span name)
{
    for (size_t i = 0; i < state->request->answer_count; i++)
        if (state->request->answers[i].type == type &&
            span_equal(state->request->answers[i].name, name))
            return &state->request->answers[i];
    return NULL;
}

int spf_lack(struct spf_state *state, enum dns_type type, struct span name)
{
    struct sender_result *result = state->result;

    for (size_t i = 0; i < result->lack_count; i++)
        if (result->lacks[i].type == type && span_equal(result->lacks[i].name, name))
            return 0;
    if (state->request->answer_count + result->lack_count >= SENDER_NAMES_MAX)
        return -1;
    result->lacks[result->lack_count++] =
        (struct sender_lack){.type = type, .name = arena_span(state->arena, name)};
    return 0;
}

const struct dns_answer *spf_answer(struct spf_state *state, enum dns_type type,
                                    struct span name)
{
    const struct dns_answer *answer = spf_known(state, type, name);

    if (answer != NULL)
        return answer;
    if (state->request->is_last) {
        struct dns_answer *missed = arena_alloc(state->arena, sizeof *missed);

        *missed = (struct dns_answer){.type = type, .status = DNS_LIMITED, .name = name};
        return missed;
    }
    state->is_lacking = true;
    if (spf_lack(state, type, name) < 0)
        (void)spf_decide(state, SPF_TEMPERROR, "more than %d names would have to be asked",
                         SENDER_NAMES_MAX);
    return NULL;
}

struct span spf_reverse_name(const struct spf_state *state)
{
    const uint8_t *byte = state->request->client.byte;
    struct str name = STR_EMPTY;
    struct span in_arena;

    if (ip_is_v4(&state->request->client))
        str_printf(&name, "%u.%u.%u.%u.in-addr.arpa", byte[15], byte[14], byte[13], byte[12]);
    else {
        for (size_t i = sizeof state->request->client.byte; i-- > 0;)
            str_printf(&name, "%x.%x.", byte[i] & 15, byte[i] >> 4);
        str_adds(&name, "ip6.arpa");
    }
    in_arena = arena_span(state->arena, str_span(&name));
    str_clear(&name);
    return in_arena;
}

size_t spf_hosts(const struct dns_answer *answer, struct span hosts_r[SPF_HOSTS_MAX])
{
    size_t skip = answer->type == DNS_MX ? 2 : 0, count = 0;

    for (size_t i = 0; i < answer->count && i < SPF_HOSTS_MAX; i++) {
        struct span host = answer->records[i];

        if (host.len <= skip)
            continue;
        host = span_skip(host, skip);
        if (dns_name_is_valid(host))
            hosts_r[count++] = host;
    }
    return count;
}

bool spf_holds_client(const struct spf_state *state, const struct dns_answer *answer)
{
    bool is_v4 = answer->type == DNS_A;
    const uint8_t *client = state->request->client.byte + (is_v4 ? 12 : 0);
    size_t len = is_v4 ? 4 : 16;

    for (size_t i = 0; i < answer->count; i++)
        if (answer->records[i].len == len && memcmp(answer->records[i].ptr, client, len) == 0)
            return true;
    return false;
}

/* How well a validated name serves for %{p} (section 7.3): the domain itself, below it, any. */
static int worth(struct span name, struct span domain)
{
    if (span_equal(name, domain))
        return 3;
    return domain_is_within(name, domain) ? 2 : 1;
}

/* %{p}. -1 lacking. Errors of DNS are as if the name did not exist. */
static int validate(struct spf_state *state, struct span domain, struct span *name_r)
{
    const struct dns_answer *answer = spf_answer(state, DNS_PTR, spf_reverse_name(state));
    struct span hosts[SPF_HOSTS_MAX];
    size_t count;
    int best = 0;

    *name_r = SPAN("unknown");
    if (answer == NULL)
        return -1;
    count = spf_hosts(answer, hosts);
    for (size_t i = 0; i < count; i++) {
        /* All of them lack together: one round for as many names as there are. */
        answer = spf_answer(state, spf_address_type(state), hosts[i]);
        if (answer != NULL && spf_holds_client(state, answer) &&
            worth(hosts[i], domain) > best) {
            best = worth(hosts[i], domain);
            *name_r = hosts[i];
        }
    }
    return state->is_lacking ? -1 : 0;
}

/* Labels are taken off the left until it fits (section 7.3). */
static struct span truncate_left(struct span name)
{
    struct span label;

    while (name.len > DNS_NAME_MAX && span_cut(&name, '.', &label))
        ;
    return name.ptr != NULL ? name : SPAN("");
}

/* As text of DNS: lower case; what is no printable ASCII, a blank or a backslash as \DDD. */
static void add_name(struct str *out, struct span raw)
{
    for (size_t i = 0; i < raw.len; i++) {
        unsigned char c = (unsigned char)raw.ptr[i];

        if (c <= ' ' || c > '~' || c == '\\')
            str_printf(out, "\\%03u", c);
        else
            str_addc(out, (char)(c >= 'A' && c <= 'Z' ? c | 0x20 : c));
    }
}

static bool is_ascii(struct span text)
{
    for (size_t i = 0; i < text.len; i++)
        if ((unsigned char)text.ptr[i] >= 0x80)
            return false;
    return true;
}

int spf_name(struct spf_state *state, const struct spf_record *record, struct span spec,
             struct span *name_r)
{
    struct str raw = STR_EMPTY, text = STR_EMPTY;
    struct span name;
    bool could_be;

    if (spec.len == 0) {
        *name_r = record->domain;
        return 1;
    }
    /* RFC 8616 section 4: a local part beyond ASCII is in no name. */
    if (!is_ascii(state->values.local) &&
        (spf_macro_uses(spec, 'l') || spf_macro_uses(spec, 's')))
        return 0;
    state->values.domain = record->domain;
    if (spf_macro_uses(spec, 'p') &&
        validate(state, record->domain, &state->values.validated) < 0)
        return -1;
    spf_macro_expand(spec, &state->values, &raw);
    name = str_span(&raw);
    if (span_ends(name, SPAN(".")))
        name.len--;
    add_name(&text, truncate_left(name));
    name = str_span(&text);
    /* A name of one label is nobody's domain: the root is not asked for it. */
    could_be = dns_name_is_valid(name) && memchr(name.ptr, '.', name.len) != NULL;
    *name_r = could_be ? arena_span(state->arena, name) : SPAN("");
    str_clear(&raw);
    str_clear(&text);
    return could_be;
}
