/* ahead.c - guesses which names the checks will ask for. */
#include "base/clock.h"
#include "checks/dnsbl.h"
#include "dns/dns.h"
#include "engine/origin.h"
#include "inspect/sender_wire.h"
#include "mail/dkim_key.h"
#include "mail/domain.h"
#include "mail/domain_list.h"
#include "mail/org_domain.h"
#include "milter/ahead.h"

#define AHEAD_MAX (SENDER_SIGNATURES_MAX + 16) /* of one message: keys, and DMARC records */

struct ahead {
    const struct settings *settings;
    size_t count;
    struct dns_question questions[AHEAD_MAX];
    char names[AHEAD_MAX][DNS_NAME_MAX + 1];
};

/* The name of the next question: filled in by the caller, then taken. NULL: enough is asked. */
static char *next_name(struct ahead *ahead)
{
    return ahead->count < AHEAD_MAX ? ahead->names[ahead->count] : NULL;
}

static void take(struct ahead *ahead, enum dns_type type)
{
    struct span name = span_of(ahead->names[ahead->count]);

    for (size_t i = 0; i < ahead->count; i++)
        if (ahead->questions[i].type == type && span_equal(ahead->questions[i].name, name))
            return;
    if (dns_name_is_valid(name) && !domain_list_holds(ahead->settings->dns_never_ask, name))
        ahead->questions[ahead->count++] = (struct dns_question){.type = type, .name = name};
}

static void add_dmarc_of(struct ahead *ahead, struct span domain)
{
    char *name = next_name(ahead);

    if (name == NULL || domain.len + sizeof "_dmarc." > DNS_NAME_MAX)
        return;
    memcpy(name, "_dmarc.", 7);
    memcpy(name + 7, domain.ptr, domain.len);
    name[7 + domain.len] = '\0';
    take(ahead, DNS_TXT);
}

/* Of an address literal there is none. */
static void add_dmarc(struct ahead *ahead, struct span domain)
{
    char normal[DOMAIN_SIZE];

    if (!domain_normalize(domain, normal))
        return;
    add_dmarc_of(ahead, span_of(normal));
    add_dmarc_of(ahead, org_domain(span_of(normal)));
}

static void send(struct ahead *ahead, const struct transaction *t)
{
    uint64_t asker = t->session->has_client ? dns_asker(&t->session->client) : 0;

    for (size_t i = 0; i < ahead->count; i++) {
        ahead->questions[i].asker = asker;
        ahead->questions[i].deadline = t->deciding.lookup_deadline;
    }
    if (ahead->count > 0)
        dns_ask(ahead->questions, ahead->count);
}

static bool may_ask_dmarc(struct transaction *t)
{
    return facts_get(t->deciding.message, FACT_DMARC)->state == FACT_PENDING &&
           decide_may_ask(&t->deciding, FACT_DMARC);
}

/* Whether somebody will log in is not known yet; who may send through us without is. */
void ahead_connect(const struct session *session)
{
    const struct snapshot *snapshot;
    struct deciding d = {.chain = CHAIN_FILTER, .message = session->facts};

    if (!session->has_client || session->path == PATH_RELEASE ||
        session->path == PATH_SUBMISSION || origin_is_gateway(session->facts))
        return;
    snapshot = snapshot_pin();
    d.snapshot = snapshot;
    if (snapshot != NULL && origin_may_be_outside(snapshot, session->facts) &&
        decide_may_ask(&d, FACT_DNSBL))
        dnsbl_ahead(session->facts, clock_mono_ms() + session->gate->settings->dns_timeout);
    snapshot_unpin(&snapshot);
}

void ahead_mail(struct transaction *t)
{
    const struct fact *domain = facts_get(t->deciding.message, FACT_SENDER_DOMAIN);
    struct ahead ahead = {.settings = t->gate->settings};

    if (domain->state != FACT_VALUE || !may_ask_dmarc(t))
        return;
    add_dmarc(&ahead, domain->values[0].text);
    send(&ahead, t);
}

static void add_keys(struct ahead *ahead, const struct message *message)
{
    static const char *const fields[] = {"DKIM-Signature", "ARC-Message-Signature", "ARC-Seal"};
    size_t seen = 0; /* a bound on reading, too: a sender may write thousands */

    for (size_t i = 0; i < message->header_count && seen < AHEAD_MAX; i++)
        for (size_t k = 0; k < sizeof fields / sizeof *fields; k++) {
            char *name = next_name(ahead);
            if (name == NULL || !header_name_is(message->headers[i].name, span_of(fields[k])))
                continue;
            seen++;
            if (dkim_key_name(message->headers[i].value, name) > 0)
                take(ahead, DNS_TXT);
        }
}

/* What follows the last @, up to what no domain holds. */
static struct span guess_domain(struct span from)
{
    const char *at = from.len > 0 ? memrchr(from.ptr, '@', from.len) : NULL;
    size_t len = 0;

    if (at == NULL)
        return SPAN("");
    struct span rest = span_from(at + 1, (size_t)(from.ptr + from.len - at - 1));
    while (len < rest.len && memchr("> \t\r\n,;:\"()", rest.ptr[len], 11) == NULL)
        len++;
    return span_from(rest.ptr, len);
}

static void add_from(struct ahead *ahead, const struct message *message)
{
    for (size_t i = 0; i < message->header_count; i++)
        if (message->headers[i].kind == HEADER_FROM) {
            add_dmarc(ahead, guess_domain(message->headers[i].value));
            return;
        }
}

void ahead_headers(struct transaction *t)
{
    struct ahead ahead = {.settings = t->gate->settings};

    if (may_ask_dmarc(t))
        add_from(&ahead, &t->message);
    if (decide_may_ask(&t->deciding, FACT_DKIM))
        add_keys(&ahead, &t->message);
    send(&ahead, t);
}
