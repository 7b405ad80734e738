/* The second connection of a link: hints by publish and subscribe. Kept up by itself while it is wanted; a PING each 5 s tells that it lives. The link's
 * thread alone. */
#ifndef CLUSTER_REDIS_HINTS_H
#define CLUSTER_REDIS_HINTS_H
#include "policyd/cluster/redis_dial.h"

#define REDIS_CHANNELS_MAX 8
#define REDIS_HINTS_PING_S 5

struct redis_hints;
struct redis_hints *redis_hints_new(const struct redis_dial_options *options);
void redis_hints_free(struct redis_hints **hints);
/* false: there are eight already. */
bool redis_hints_add(struct redis_hints *hints, const char *channel,
                     void (*on_hint)(void *ctx, struct span message), void *ctx);
/* Wanted: connects, and again when it is lost. Not wanted: lets go. */
void redis_hints_want(struct redis_hints *hints, bool is_wanted);
#endif
