/* The setting `redis` taken apart: unix:/path, inet:HOST:PORT, or sentinel:NAME@HOST:PORT,... Pure. */
#ifndef CLUSTER_REDIS_WHERE_H
#define CLUSTER_REDIS_WHERE_H
#include "conf/settings.h"

#define REDIS_WHERE_MAX  16 /* sentinels */
#define REDIS_WHERE_NAME 128

enum redis_where_kind { REDIS_WHERE_UNIX = 1, REDIS_WHERE_INET, REDIS_WHERE_SENTINEL };
struct redis_where {
    enum redis_where_kind kind;
    size_t count;
    struct socket_address each[REDIS_WHERE_MAX]; /* of unix and inet one */
    char name[REDIS_WHERE_NAME];                 /* what the sentinels watch */
};
int redis_where_parse(const char *text, struct redis_where *where_r, struct err *err);
/* "unix:/path" or "inet:HOST:PORT", for people. */
void redis_where_text(const struct socket_address *address, struct str *out);
#endif
