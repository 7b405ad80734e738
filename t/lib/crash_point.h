/* kill -9 at a chosen place: system calls that change files are counted (write, pwrite, sendfile, rename..., ftruncate, unlink..., link, fsync), and the
 * process ends without a word before the Nth. crash_point.c defines them in the program, where they win over the C library's. */
#ifndef T_LIB_CRASH_POINT_H
#define T_LIB_CRASH_POINT_H
#include <stddef.h>

#define CRASH_STATUS 99

/* The process ends before the nth call from now on (from 1); 0: never. Names of calls are recorded from here on, in both cases. */
void crash_point_set(int nth);
/* What was called since, one letter each: w write, p pwrite, s sendfile, r rename, t truncate, u unlink, l link, f fsync of a file, d of a directory. */
const char *crash_point_calls(void);

/* Runs scenario in a child with the nth call deadly. True when it ended there, false when it came to its end (it must return 0 then). */
int crash_point_run(int nth, int (*scenario)(void *ctx), void *ctx);
#endif
