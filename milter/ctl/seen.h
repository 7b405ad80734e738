/* Texts that were met before, the last SEEN_MAX of them. */
#ifndef CTL_SEEN_H
#define CTL_SEEN_H
#include <stdbool.h>

#define SEEN_MAX 65536
struct seen;
struct seen *seen_new(void);
void seen_free(struct seen **seen);
bool seen_add(struct seen *seen, const char *text); /* false: it is there already */
#endif
