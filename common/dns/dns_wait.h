/* DNS for threads that may wait: control commands, never mail. */
#ifndef DNS_DNS_WAIT_H
#define DNS_DNS_WAIT_H
#include "base/arena.h"
#include "dns/dns.h"

struct dns_wanted {
    enum dns_type type;
    struct span name;
    struct dns_answer answer; /* filled in; its bytes lie in the arena */
};
/* Asks all of them together and returns when each has its answer, after timeout_ms at the latest. Up to DNS_OURS_MAX of one organisational
 * domain: an administrator's keys and lists may all lie below one, and what senders make us ask does not crowd them out. */
void dns_wait(struct dns_wanted *wanted, size_t count, int64_t timeout_ms, struct arena *arena);
#endif
