/* With Sentinel: is whom this link talks to still the primary? Asked each 10 s on a connection of its own: a primary that was cut off from the rest
 * answers as if nothing had happened. The link's thread alone. */
#ifndef CLUSTER_REDIS_WATCH_H
#define CLUSTER_REDIS_WATCH_H
#include "policyd/cluster/redis_dial.h"

#define REDIS_WATCH_MS 10000

struct redis_watch;
/* moved: the sentinels name another one, and it answers as a primary. */
struct redis_watch *redis_watch_new(const struct redis_dial_options *options,
                                    void (*moved)(void *ctx, const char *to), void *ctx);
void redis_watch_free(struct redis_watch **watch);
/* Connected to that one; NULL: not connected. Does nothing without Sentinel. */
void redis_watch_set(struct redis_watch *watch, const char *to);
#endif
