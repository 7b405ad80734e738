/* The facts that a content worker answers with, read as if an enemy had written them. */
#ifndef INSPECT_CONTENT_FACTS_H
#define INSPECT_CONTENT_FACTS_H
#include "base/err.h"
#include "facts/facts.h"

/* The worker's answer, the caller's to free, with the facts derived from it; NULL: it must not be believed. wants: the header names that
 * were asked for, lower case, each ended by NUL. */
struct facts *content_facts_read(struct span block, struct span wants, struct err *err);
/* May these facts come from a worker: only content facts, all of them, and of the wanted headers only? */
int content_facts_check(const struct facts *facts, struct span wants, struct err *err);
#endif
