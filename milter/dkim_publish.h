/* Is the record of a signing key published in DNS as it should be? */
#ifndef MILTER_DKIM_PUBLISH_H
#define MILTER_DKIM_PUBLISH_H
#include "mail/dns_answer.h"
#include "milter/dkim_keys.h"

enum dkim_published {
    DKIM_PUBLISHED = 1,
    DKIM_NOT_THERE,
    DKIM_OTHER_KEY, /* a record, of another key or none that reads */
    DKIM_NO_ANSWER
};
enum dkim_published dkim_publish_compare(const struct dkim_key *key,
                                         const struct dns_answer *answer);
/* SELECTOR._domainkey.DOMAIN */
void dkim_publish_name(const struct dkim_key *key, char name_r[DNS_NAME_MAX + 1]);
/* Asks DNS when a minute has passed since it was asked last; the key signs when the answer says so. Never waits. */
void dkim_publish_look(struct dkim_key *key);
#endif
