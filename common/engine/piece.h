/* A piece of a snapshot: rule set, list image, overlay, routes. Counted, since the next snapshot takes over every piece whose published
 * file is still the same: one added list item neither compiles rules nor maps images again. */
#ifndef ENGINE_PIECE_H
#define ENGINE_PIECE_H
#include "engine/snapshot.h"

struct piece;
/* name: of the published file it was made from; a file is never rewritten under its name. Takes `thing` over; release frees it. */
struct piece *piece_new(const char *name, void *thing, void (*release)(void *thing));
struct piece *piece_pin(struct piece *piece);
void piece_unpin(struct piece **piece);
void *piece_thing(const struct piece *piece);
const char *piece_name(const struct piece *piece);

/* An empty snapshot, counted once, to be filled and handed to snapshot_swap (or to snapshot_unpin). */
struct snapshot *snapshot_new(void);
/* Takes the piece over: it goes with the last reference. */
void snapshot_hold(struct snapshot *snapshot, struct piece **piece);
/* Binds the rules (held as a piece); what the lists hold is filled in by the caller, an entry a list of the rules, all empty. */
struct list_content *snapshot_bind(struct snapshot *snapshot, struct ruleset *rules);
/* The piece of that file that `snapshot` (may be NULL) holds: borrowed, or NULL. */
struct piece *snapshot_piece(const struct snapshot *snapshot, const char *name);
#endif
