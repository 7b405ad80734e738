/* Landlock by its system calls: the C library has no wrappers, older headers lack the later rights. */
#ifndef MILTER_INSPECT_LANDLOCK_H
#define MILTER_INSPECT_LANDLOCK_H
#include "base/err.h"

/* Takes every right on files and, where the kernel can, on TCP ports, abstract sockets and signals to others. */
int landlock_enter(struct err *err);
#endif
