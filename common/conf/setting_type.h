/* The types of settings: how each is written, what is refused and why. */
#ifndef CONF_SETTING_TYPE_H
#define CONF_SETTING_TYPE_H
#include "base/err.h"
#include "base/str.h"

enum setting_type {
    SETTING_NAME = 1,  /* host or node name */
    SETTING_TOKEN,     /* a word without blanks, quotes or semicolons */
    SETTING_ZONE,      /* time zone */
    SETTING_PATH,      /* absolute */
    SETTING_SOCKET,    /* unix:/path or inet:host:port */
    SETTING_SOCKETS,   /* several, comma-separated */
    SETTING_LISTENER,  /* ADDRESS:PORT */
    SETTING_RESOLVERS, /* ADDRESS@PORT, ... */
    SETTING_TRUSTED,   /* ID@NETWORK, ... */
    SETTING_REDIS,     /* unix:, inet: or sentinel:NAME@host:port,... */
    SETTING_DOMAINS,   /* several, comma-separated */
    SETTING_ADDRESS,   /* local@domain */
    SETTING_ZONES, /* block lists as for postscreen(8), comma-separated: conf/dnsbl_zone.h */
    SETTING_NUMBER,
    SETTING_MS,      /* a time kept in milliseconds */
    SETTING_SECONDS, /* a time kept in seconds */
    SETTING_BYTES,
    SETTING_BOOL,
    SETTING_TYPE__COUNT
};
#define SETTING_MAX_TEXT  4096 /* bytes of one value */
#define SETTING_MAX_PARTS 64   /* of a comma-separated one */

/* How a value of this type is written, for the man page: "unix:/PATH or inet:HOST:PORT". */
const char *setting_type_shape(enum setting_type type);
bool setting_type_is_text(enum setting_type type);
/* Text types: 0 well formed, -1 with the reason. */
int setting_type_check(enum setting_type type, struct span text, struct err *err);
/* The others, as a number in the unit they are kept in. */
int setting_type_parse(enum setting_type type, struct span text, int64_t *value_r,
                       struct err *err);
/* The reverse, in the largest unit that is exact: 60000 of SETTING_MS is "1m". */
void setting_type_print(enum setting_type type, int64_t value, struct str *out);
#endif
