/* session.c - one SMTP connection. */
#include "base/xalloc.h"
#include "milter/session.h"
#include "milter/transaction.h"

struct session *session_new(struct gate *gate, const struct ip *client)
{
    struct session *session = xcalloc(1, sizeof *session);

    session->gate = gate;
    session->facts = facts_new();
    facts_set_absent(session->facts, FACT_HELO_NAME);
    if (client == NULL) {
        facts_set_absent(session->facts, FACT_CLIENT_IP);
        return session;
    }
    session->has_client = true;
    session->client = *client;
    ip_text(client, session->client_text);
    facts_set_ip(session->facts, FACT_CLIENT_IP, client);
    return session;
}

void session_free(struct session **session)
{
    struct session *gone = *session;

    *session = NULL;
    if (gone == NULL)
        return;
    transaction_free(&gone->transaction);
    facts_free(&gone->facts);
    xfree(&gone);
}

void session_helo(struct session *session, struct span name)
{
    if (name.len == 0)
        facts_set_absent(session->facts, FACT_HELO_NAME);
    else
        facts_set_text(session->facts, FACT_HELO_NAME, name);
}
