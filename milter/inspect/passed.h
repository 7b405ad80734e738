/* One packet that may carry one descriptor. */
#ifndef MILTER_INSPECT_PASSED_H
#define MILTER_INSPECT_PASSED_H
#include <stddef.h>
#include <sys/types.h>

/* As recvmsg; *fd_r is the descriptor (close-on-exec) or -1. More than one are closed. */
ssize_t passed_receive(int socket_fd, void *buf, size_t size, int *fd_r);
#endif
