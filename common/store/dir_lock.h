/* One process at a time in a directory. */
#ifndef STORE_DIR_LOCK_H
#define STORE_DIR_LOCK_H
#include "base/err.h"

#define DIR_LOCK_WAIT_MS 5000

/* Locks dir/lock (made when it is not there) and returns its descriptor: close() it to unlock; the end of the process does too.
 * Waits up to DIR_LOCK_WAIT_MS for one that is just ending. -1: another process has it, or no such directory. */
int dir_lock(const char *dir, struct err *err);
#endif
