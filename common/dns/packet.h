/* What a name server's packet answers to one question. The resolver library has checked and put together the packet; it is read as an enemy's
 * all the same. */
#ifndef DNS_PACKET_H
#define DNS_PACKET_H
#include "base/arena.h"
#include "base/err.h"
#include "mail/dns_answer.h"

#define PACKET_ALIASES_MAX 12 /* CNAMEs followed */
#define PACKET_RECORDS_MAX                                                                     \
    600 /* looked at in the answer, signatures and aliases too; more: it does not read */

/* Fills status, is_nxdomain, ttl, count and records of an answer to name (as name_normalize writes it) and type; nothing else of it. Records
 * lie in arena. What does not read, holds too much or reports an error is DNS_FAILED. */
void packet_answer(struct span packet, struct arena *arena, struct dns_answer *answer);
/* Does the answer section hold a DNSSEC signature? False, too, for what does not read. */
bool packet_is_signed(struct span packet);
#endif
