/* Is the record of a signing key published in DNS as it should be? */
#ifndef MILTER_SIGNING_PUBLISH_H
#define MILTER_SIGNING_PUBLISH_H
#include "mail/dns_answer.h"
#include "milter/signing_keys.h"

enum signing_published {
    SIGNING_PUBLISHED = 1,
    SIGNING_NOT_THERE,
    SIGNING_OTHER_KEY, /* a record, of another key or none that reads */
    SIGNING_NO_ANSWER
};
/* What DNS said of its record: the key signs when it is there; the log says so, and when the record of one that signs is gone. */
enum signing_published signing_publish_take(struct signing_key *key,
                                            const struct dns_answer *answer);
/* SELECTOR._domainkey.DOMAIN */
void signing_publish_name(const struct signing_key *key, char name_r[DNS_NAME_MAX + 1]);
/* Asks DNS when a minute has passed since it was asked last, an hour for a key that signs already. The key signs when the answer says so; when the
 * record of one that signs is gone the log says so, each hour. Never waits. */
void signing_publish_look(struct signing_key *key);
#endif
