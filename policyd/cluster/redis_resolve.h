/* Names to addresses beside the link's thread: the system's resolver may take as long as it likes. */
#ifndef CLUSTER_REDIS_RESOLVE_H
#define CLUSTER_REDIS_RESOLVE_H
#include <sys/socket.h>
#include <event2/event.h>
#include "conf/settings.h"

#define REDIS_RESOLVE_MAX 8 /* addresses of a name */

struct redis_addresses {
    size_t count;
    struct {
        struct sockaddr_storage address;
        socklen_t len;
    } each[REDIS_RESOLVE_MAX];
};
struct redis_resolve;
/* found: on the thread of base, never from within; count 0 and a text when there is none. An address or a path needs no resolver. NULL with a
 * text: cannot be asked now. Cancelling is harmless at any time, and required after it is done. */
typedef void redis_found(void *ctx, const struct redis_addresses *addresses, const char *why);
struct redis_resolve *redis_resolve_begin(struct event_base *base,
                                          const struct socket_address *of, redis_found *found,
                                          void *ctx, struct err *err);
void redis_resolve_cancel(struct redis_resolve **resolve);
#endif
