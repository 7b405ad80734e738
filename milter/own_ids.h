/* The authserv-ids that only we may write: this node's, and in a cluster those of its other nodes (store/authserv_ids.h). */
#ifndef MILTER_OWN_IDS_H
#define MILTER_OWN_IDS_H
#include "base/arena.h"
#include "conf/settings.h"

/* All of them, each once, this node's first; copies in arena. Any thread. A file that changed is read again; one that does not read leaves what was
 * known, and is told to the log once. */
size_t own_ids(const struct settings *settings, struct arena *arena, struct span **ids_r);
#endif
