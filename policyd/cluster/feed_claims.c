/* What live nodes say in their heartbeats that they have applied: Redis may serve heads that are older than that. */
#include <stdlib.h>

#include "base/xalloc.h"
#include "policyd/cluster/ledger_inside.h"
#include "policyd/cluster/membership.h"

/* The feed's thread alone. */
static struct {
    struct node_seen *nodes;
    size_t count;
} claims;

void feed_claims_read(void)
{
    membership_free(&claims.nodes, claims.count);
    claims.count = membership_list(false, &claims.nodes);
}

static uint64_t claimed(const struct node_seen *node, const char *subject)
{
    const json_t *number =
        strcmp(subject, "rules") == 0
            ? json_object_get(json_object_get(node->heartbeat, "rules"), "number")
            : json_object_get(json_object_get(node->heartbeat, "heads"), subject);

    return json_is_integer(number) && json_integer_value(number) > 0
               ? (uint64_t)json_integer_value(number)
               : 0;
}

bool feed_claims_more(const char *subject, uint64_t number, const char **name_r,
                      uint64_t *number_r)
{
    for (size_t i = 0; i < claims.count; i++) {
        const struct node_seen *node = &claims.nodes[i];

        if (node->state != NODE_ALIVE || node->heartbeat == NULL ||
            claimed(node, subject) <= number)
            continue;
        *name_r = node->member.name;
        *number_r = claimed(node, subject);
        return true;
    }
    return false;
}
