/* listener.staging: the setting staging_listener as a fact, so that a refusal can tell an internal server where to send instead. */
#ifndef ENGINE_STAGING_H
#define ENGINE_STAGING_H
#include "facts/facts.h"

/* Once, before any thread. ADDRESS:PORT as people shall read it; "" for none. Kept, not copied: it must last as long as the program. */
void staging_init(const char *staging_listener);
void staging_learn(struct facts *facts);
#endif
