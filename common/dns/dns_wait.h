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
/* Asks all of them together and returns when each has its answer, after timeout_ms at the latest. */
void dns_wait(struct dns_wanted *wanted, size_t count, int64_t timeout_ms, struct arena *arena);
#endif
