/* A file of items cut into its lines. */
#ifndef POLICYD_LINES_H
#define POLICYD_LINES_H
#include "base/err.h"
#include "base/span.h"

/* *lines_r: views of text, freed with xfree. -1: more lines than a list may have items. */
int lines_split(struct span text, struct span **lines_r, size_t *count_r, struct err *err);
#endif
