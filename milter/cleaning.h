/* Which header fields must not reach anybody: those that claim to be ours, and those that only the organisation itself may write. */
#ifndef MILTER_CLEANING_H
#define MILTER_CLEANING_H
#include "milter/transaction.h"

struct cleaning {
    size_t own_count, id_count; /* of nodes; gateways' follow */
    struct span *ids;           /* authserv-ids whose results are removed from this message */
    bool is_from_outside; /* or released from quarantine, where it may have come from outside */
};

/* Ours and other nodes' results are removed whoever sends them: we alone write ours. Results of the gateways of trusted_authserv_ids stay when they come from
 * their networks or from inside; from outside they are as forged as ours would be (RFC 8601 section 5); what a gateway sealed by ARC is proved by its seal, and stays. */
struct cleaning cleaning_of(const struct transaction *t);
bool cleaning_removes(const struct cleaning *cleaning, const struct message_header *header);
#endif
