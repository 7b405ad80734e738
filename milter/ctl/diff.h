/* The difference of two texts, line by line, as `diff -u` prints it. */
#ifndef CTL_DIFF_H
#define CTL_DIFF_H
#include "base/str.h"

#define DIFF_MAX_CELLS                                                                         \
    4000000 /* of the table of what differs; beyond it everything between the common ends is one change */

/* Appends to out; nothing when they are equal. True when they differ. A last line without end is a line. */
bool diff_print(struct str *out, struct span from, struct span to, const char *from_name,
                const char *to_name);
#endif
