/* What the milter tells us (control/notice.h): a thread reads the notices as they come and gives each to all takers, in order. */
#ifndef POLICYD_NOTICES_H
#define POLICYD_NOTICES_H
#include <jansson.h>
#include "base/err.h"

#define NOTICES_MAX_TAKERS 4

/* Before notices_begin. taker runs on the notices' thread, one notice at a time: it may take a lock for a moment and must not wait for Redis, the
 * disk or the milter; what does goes to a thread of the taker's. notice: an object with a string "what", borrowed; every other key is to be checked. */
void notices_take(void (*taker)(const json_t *notice));
/* -1: the socket cannot be made; mail goes on without. */
int notices_begin(const char *control_dir, struct err *err);
void notices_end(void); /* takes what waits, then ends the thread */
#endif
