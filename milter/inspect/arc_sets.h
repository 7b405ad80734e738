/* Which fields belong to which set of an ARC chain. */
#ifndef INSPECT_ARC_SETS_H
#define INSPECT_ARC_SETS_H
#include "milter/inspect/arc.h"

/* Fills in sets and count, or result and reason: none, or fail for gaps, doubles, fields without an instance, more than SENDER_SEALS_MAX. */
void arc_sets_find(struct signed_message *message, struct arc_chain *chain);
#endif
