/* origin.c - tells mail from outside from that of our own people and of gateways in front of us. */
#include "base/str.h"
#include "checks/geoip.h"
#include "conf/trusted_ids.h"
#include "engine/origin.h"
#include "rules/eval.h"

static const char *trusted_ids = ""; /* of the settings */

/* What is said of the client as a stranger, and of MAIL as it came from there. */
static const enum fact_id of_strangers[] = {
    FACT_SPF,   FACT_SPF_DOMAIN,  FACT_SPF_HELO,     FACT_SPF_EXPLANATION, FACT_SPF_REASON,
    FACT_DNSBL, FACT_DNSBL_ALLOW, FACT_DNSBL_SENDER, FACT_DNSBL_SCORE,     FACT_CLIENT_COUNTRY,
};
/* A gateway is not the network that mail came from. */
static const enum fact_id of_clients[] = {FACT_CLIENT_ASN, FACT_CLIENT_AS_NAME};
/* What is said of messages that strangers wrote; a gateway's too. */
static const enum fact_id of_strange_mail[] = {
    FACT_DMARC,     FACT_DMARC_POLICY,      FACT_DMARC_DOMAIN,
    FACT_DNSBL_URL, FACT_DNSBL_URL_DOMAINS, FACT_DNSBL_URL_SCORE};

void origin_init(const struct settings *settings)
{
    trusted_ids = settings->trusted_authserv_ids;
}

static bool is_inbound(const struct snapshot *snapshot, const struct facts *facts,
                       bool may_change)
{
    struct facts_view view = {facts, NULL};
    struct fact direction;

    evaluate_direction(&snapshot->lists, &view, &direction);
    if (direction.state == FACT_PENDING)
        return may_change;
    return direction.state == FACT_VALUE && direction.values[0].number == DIRECTION_INBOUND;
}

bool origin_is_outside(const struct snapshot *snapshot, const struct facts *message)
{
    return is_inbound(snapshot, message, false);
}

bool origin_may_be_outside(const struct snapshot *snapshot, const struct facts *session)
{
    return is_inbound(snapshot, session, true);
}

bool origin_is_gateway(const struct facts *message)
{
    const struct fact *client = facts_get(message, FACT_CLIENT_IP);
    struct str ids = STR_EMPTY;
    bool is_gateway = client->state == FACT_VALUE && trusted_ids[0] != '\0' &&
                      trusted_ids_of(trusted_ids, &client->values[0].ip, &ids);

    str_clear(&ids);
    return is_gateway;
}

static void set_absent(struct facts *facts, const enum fact_id *ids, size_t count)
{
    for (size_t i = 0; i < count; i++)
        if (facts_get(facts, ids[i])->state == FACT_PENDING)
            facts_set_absent(facts, ids[i]);
}

void origin_learn(const struct snapshot *snapshot, struct facts *message)
{
    bool is_outside = origin_is_outside(snapshot, message);
    const struct fact *client = facts_get(message, FACT_CLIENT_IP);

    if (!is_outside)
        set_absent(message, of_strange_mail, sizeof of_strange_mail / sizeof *of_strange_mail);
    if (!is_outside || client->state != FACT_VALUE || origin_is_gateway(message))
        set_absent(message, of_strangers, sizeof of_strangers / sizeof *of_strangers);
    if (client->state != FACT_VALUE || origin_is_gateway(message))
        set_absent(message, of_clients, sizeof of_clients / sizeof *of_clients);
    else
        geoip_learn(message, &client->values[0].ip);
    if (!is_outside)
        facts_set_absent(message, FACT_CLIENT_COUNTRY);
}
