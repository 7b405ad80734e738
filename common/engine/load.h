/* Makes a snapshot from what a manifest names: checks, compiles, runs the tests, maps. All or nothing. */
#ifndef ENGINE_LOAD_H
#define ENGINE_LOAD_H
#include "engine/snapshot.h"
#include "store/manifest.h"

/* previous (may be NULL): its pieces are taken over where the file is the same. NULL with err when anything does not hold: a sha256,
 * rules that do not compile or whose tests fail or that this build cannot do, a damaged image, overlay or routes file. */
struct snapshot *load_snapshot(const char *dir, const struct manifest *manifest,
                               const struct snapshot *previous, struct err *err);
#endif
