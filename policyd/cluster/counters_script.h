/* What is done inside Redis: counters and greylist, each change one script, by Redis' own clock. Cells are those of window.h, drawers those of
 * shelf.h as hashes, so that the bounds are the same:
 *   c:NAMEHASH:DRAWER   one drawer of a counter: field = 16 bytes of a keyed hash, value = a cell; expires with its window
 *   c:from:NODE         "BOOT SEQ" of the last batch of charges of a node: the same again changes nothing
 *   g:t:D g:p:D g:n:D   drawers of tries, passed triplets, networks
 * What is found there and is of another form counts as not there. */
#ifndef CLUSTER_COUNTERS_SCRIPT_H
#define CLUSTER_COUNTERS_SCRIPT_H
#include "policyd/cluster/redis.h"

/* KEYS: drawers, one for each ask; ARGV, 4 for each: "a" amounts or "m" members, field, ms of a part, members one behind the other.
 * Answers as many numbers. */
extern struct redis_script counters_read_script;
/* KEYS: c:from:NODE, then drawers; ARGV: boot, seq, "1" new keys may be made, then 6 for each: a or m, field, ms of a part, age in ms, amount, member.
 * Answers 1, 0: this batch was done before. */
#define CHARGE_ARGUMENTS 6
extern struct redis_script counters_charge_script;
/* KEYS: tries, passed, networks; ARGV: what, field of the try, of its network alone, of the triplet, of the network. What: try (notes
 * what is new), look (notes nothing), known (there is no room to note: new is -1), pass. Answers the age in seconds, -1: cannot be noted; pass: 0. */
extern struct redis_script greylist_script;
#endif
