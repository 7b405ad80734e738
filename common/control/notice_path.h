/* Where notices go. */
#ifndef CONTROL_NOTICE_PATH_H
#define CONTROL_NOTICE_PATH_H
#include <stdio.h>
#include <sys/un.h>
#include "base/err.h"

static inline int notice_path(const char *control_dir, struct sockaddr_un *address_r,
                              struct err *err)
{
    int length;

    *address_r = (struct sockaddr_un){.sun_family = AF_UNIX};
    length = snprintf(address_r->sun_path, sizeof(address_r->sun_path), "%s/policyd.notice",
                      control_dir);
    if (length < 0 || (size_t)length >= sizeof(address_r->sun_path))
        return err_set(err, "%s is too long for a socket in it; set a shorter control_dir",
                       control_dir);
    return 0;
}
#endif
