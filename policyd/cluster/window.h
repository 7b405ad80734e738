/* What one key of a counter holds: how much, when. A sliding window in 60 parts: an entry a part, so a cell is small and its reading has known bounds:
 * never less than what was charged within the window, never more than what was charged within 61/60 of it.
 * Cells are bytes, the same in memory, in policyd.db and in Redis (counters_script.c does in Lua what is done here). Pure.
 *   amounts   {u40 part, u48 amount} big endian, at most WINDOW_ENTRIES
 *   members   {8 bytes of a keyed hash, u40 part when last seen}, at most WINDOW_MEMBERS: beyond, distinct stays there
 * A cell that is not of this form counts as empty. */
#ifndef CLUSTER_WINDOW_H
#define CLUSTER_WINDOW_H
#include "base/str.h"

#define WINDOW_PARTS       60
#define WINDOW_ENTRIES     (WINDOW_PARTS + 1)
#define WINDOW_MEMBERS     1000
#define WINDOW_MEMBER_SIZE 8
#define WINDOW_ENTRY_SIZE  11 /* of amounts */
#define WINDOW_SEEN_SIZE   13 /* of members */
#define WINDOW_MAX_AMOUNT  ((INT64_C(1) << 48) - 1)
#define WINDOW_MAX_BYTES   (WINDOW_MEMBERS * WINDOW_SEEN_SIZE)

int64_t window_width(int64_t window_s); /* ms of one part */
int64_t window_part(int64_t window_s, int64_t wall_ms);

/* part: that of the event, which may lie before the newest one. Forgets what has left the window of `now`. */
void window_add(struct str *cell, int64_t now, int64_t part, int64_t amount);
int64_t window_sum(struct span cell, int64_t now);

/* False: there are WINDOW_MEMBERS already. */
bool window_note(struct str *cell, int64_t now, int64_t part,
                 const uint8_t member[WINDOW_MEMBER_SIZE]);
/* How many different ones there are with these `count` members (one behind the other) added. */
int64_t window_count(struct span cell, int64_t now, const uint8_t *members, size_t count);
#endif
