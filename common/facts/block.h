/* The flat block: the one format of facts outside a process: what the inspector answers, what a decision records, what a replay
 * reads. Position-independent, little-endian, all offsets checked by block_read as if an enemy had written the bytes.
 * Layout: magic "PGF1", total length, then rows: fact name (stable over versions; an unknown name is skipped), record index, state, values. */
#ifndef FACTS_BLOCK_H
#define FACTS_BLOCK_H
#include "base/err.h"
#include "base/str.h"
#include "facts/facts.h"

#define BLOCK_MAX_BYTES (4 * 1024 * 1024)

/* Appends the block of all learnt facts. -1 when it would exceed BLOCK_MAX_BYTES (out is then as before). */
int block_write(struct str *out, const struct facts *facts, struct err *err);
/* Reads exactly one block that fills `bytes`. Types and states are checked against the fact table; limits are those of facts.h.
 * On error *facts is untouched. What is read replaces what was there. */
int block_read(struct facts *facts, struct span bytes, struct err *err);
#endif
