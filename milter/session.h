/* One SMTP connection: what is known of the client, and at most one transaction. Run by any of libmilter's threads, one at a time. */
#ifndef MILTER_SESSION_H
#define MILTER_SESSION_H
#include "base/ipnet.h"
#include "facts/facts.h"
#include "milter/gate.h"

struct transaction;

struct session {
    struct gate *gate;
    struct facts *facts; /* of CONNECT and HELO; copied into each transaction */
    enum path path;      /* fixed at CONNECT; 0: a listener that is not ours */
    bool has_client;
    bool is_trial; /* message.test: nothing is kept, logged or recorded */
    struct ip client;
    char client_text[IP_TEXT_SIZE];  /* "" when not known */
    struct transaction *transaction; /* or NULL */
};

struct session *session_new(struct gate *gate,
                            const struct ip *client); /* client NULL: not an IP connection */
void session_free(struct session **session);          /* ends its transaction too */
void session_helo(struct session *session, struct span name);
#endif
