/* Follows the published snapshot directory: reads the manifest when it changes (each second, and at once when poked), checks, compiles,
 * swaps; a publication that does not hold leaves the old snapshot in force and is reported. Looks after the flag of engine/drain.h too. */
#ifndef ENGINE_RELOAD_H
#define ENGINE_RELOAD_H
#include "base/err.h"
#include "conf/settings.h"

/* Loads what is published now (0 loaded or unchanged, 1 nothing published yet, -1 error: the old one stays). Thread-safe. */
int reload_now(struct err *err);
/* Starts the thread that looks each second. dir: state_dir/snapshot. */
int reload_start(const struct settings *settings, struct err *err);
void reload_poke(void); /* look at once */
void reload_stop(void);
/* Last failure in words, or empty; for status. */
void reload_status(struct str *out);
#endif
