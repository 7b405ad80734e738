/* statistics_counts.c - from an event to counts. */
#include "policyd/cluster/statistics_counts.h"
#include "base/ipnet.h"
#include "base/xalloc.h"

const struct name_value dimension_names[] = {
    {"verdict", DIMENSION_VERDICT},
    {"rule", DIMENSION_RULE},
    {"reason", DIMENSION_REASON},
    {"domain", DIMENSION_DOMAIN},
    {"sender", DIMENSION_SENDER},
    {"sender-domain", DIMENSION_SENDER_DOMAIN},
    {"client", DIMENSION_CLIENT},
    {"country", DIMENSION_COUNTRY},
    {"path", DIMENSION_PATH},
    {"direction", DIMENSION_DIRECTION},
    {NULL, 0},
};

struct counts *counts_new(void)
{
    struct counts *counts = xcalloc(1, sizeof *counts);

    for (int i = 0; i < DIMENSION__COUNT; i++)
        tally_init(&counts->by[i], STATISTICS_NAMES, true);
    return counts;
}

void counts_free(struct counts **counts)
{
    if (*counts == NULL)
        return;
    for (int i = 0; i < DIMENSION__COUNT; i++)
        tally_clear(&(*counts)->by[i]);
    xfree(counts);
}

static struct measures measures_of(const struct event *event)
{
    struct measures m = {{0}};

    switch (event->kind) {
    case EVENT_MESSAGE:
    case EVENT_MORE_DOMAINS:
        m.of[MEASURE_MESSAGES] = 1;
        m.of[MEASURE_STOPPED] = !span_is(event->verdict, "deliver");
        m.of[MEASURE_BYTES] = event->bytes < TALLY_MAX ? event->bytes : TALLY_MAX;
        break;
    case EVENT_REFUSED:
        m.of[MEASURE_REFUSED] = 1;
        break;
    case EVENT_REQUEST:
        m.of[MEASURE_REQUESTS] = 1;
        m.of[MEASURE_REFUSED] =
            span_is(event->verdict, "reject") || span_is(event->verdict, "defer");
        break;
    }
    return m;
}

static void add(struct counts *counts, enum dimension dimension, struct span key,
                const struct measures *m)
{
    tally_add(&counts->by[dimension], key.len > 0 ? key : SPAN("-"), m);
}

/* 192.0.2.0/24, 2001:db8::/64. */
static void add_client(struct counts *counts, struct span client, const struct measures *m)
{
    char text[IP_TEXT_SIZE];
    struct ipnet net;
    size_t whole;

    if (!ip_parse(client, &net.ip)) {
        add(counts, DIMENSION_CLIENT, client, m);
        return;
    }
    whole = ip_is_v4(&net.ip) ? 15 : 8;
    net.prefix = (uint8_t)(whole * 8);
    memset(net.ip.byte + whole, 0, 16 - whole);
    add(counts, DIMENSION_CLIENT, span_of(ipnet_text(&net, text)), m);
}

static void add_sender(struct counts *counts, struct span sender, const struct measures *m)
{
    struct span domain = SPAN("<>");

    for (size_t i = sender.len; i > 0 && domain.ptr[0] == '<'; i--)
        if (sender.ptr[i - 1] == '@')
            domain = span_skip(sender, i);
    add(counts, DIMENSION_SENDER, sender.len > 0 ? sender : SPAN("<>"), m);
    add(counts, DIMENSION_SENDER_DOMAIN, domain, m);
}

/* What says who and what; of policy requests only those that are refused, since the others come again as messages. */
static void add_names(struct counts *counts, const struct event *event,
                      const struct measures *m)
{
    add_sender(counts, event->sender, m);
    add_client(counts, event->client, m);
    add(counts, DIMENSION_COUNTRY, event->country, m);
    for (size_t i = 0; i < event->domain_count; i++)
        add(counts, DIMENSION_DOMAIN, event->domains[i], m);
}

static void add_decision(struct counts *counts, const struct event *event,
                         const struct measures *m)
{
    add(counts, DIMENSION_VERDICT, event->verdict, m);
    add(counts, DIMENSION_RULE, event->rule, m);
    for (size_t i = 0; i < event->reason_count; i++)
        add(counts, DIMENSION_REASON, event->reasons[i], m);
    add(counts, DIMENSION_PATH, event->path, m);
    add(counts, DIMENSION_DIRECTION, event->direction, m);
}

void counts_event(struct counts *counts, const struct event *event)
{
    struct measures m = measures_of(event);

    if (event->kind == EVENT_MORE_DOMAINS) {
        for (size_t i = 0; i < event->domain_count; i++)
            add(counts, DIMENSION_DOMAIN, event->domains[i], &m);
        return;
    }
    measures_add(&counts->total, &m);
    if (event->kind == EVENT_MESSAGE)
        counts->recipients = tally_sum(counts->recipients, event->recipients);
    add_decision(counts, event, &m);
    if (event->kind != EVENT_REQUEST || m.of[MEASURE_REFUSED] > 0)
        add_names(counts, event, &m);
    if (event->latency_us > 0)
        latency_add(event->kind == EVENT_MESSAGE ? &counts->message_latency
                                                 : &counts->policy_latency,
                    event->latency_us);
}

void counts_merge(struct counts *to, const struct counts *from)
{
    measures_add(&to->total, &from->total);
    to->recipients = tally_sum(to->recipients, from->recipients);
    latency_merge(&to->message_latency, &from->message_latency);
    latency_merge(&to->policy_latency, &from->policy_latency);
    for (int i = 0; i < DIMENSION__COUNT; i++)
        tally_merge(&to->by[i], &from->by[i]);
}

void counts_thin(struct counts *counts, size_t names)
{
    for (int i = 0; i < DIMENSION__COUNT; i++)
        tally_thin(&counts->by[i], names);
}
