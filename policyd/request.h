/* One request of Postfix's policy protocol (SMTPD_POLICY_README): name=value lines, ended by an empty line, in any order; names we do not
 * know are ignored. Pure: bytes in, struct out. */
#ifndef POLICYD_REQUEST_H
#define POLICYD_REQUEST_H
#include "base/err.h"
#include "base/span.h"

#define REQUEST_MAX_ATTRIBUTES 200 /* Postfix 3.12 sends 34 */

enum request_state {
    REQUEST_OTHER = 0, /* CONNECT, EHLO, DATA, ...: answered DUNNO */
    REQUEST_RCPT,
    REQUEST_VRFY
};

struct attribute {
    struct span name, value;
};

/* Views of the buffer that was parsed. */
struct request {
    size_t count;
    struct attribute attributes[REQUEST_MAX_ATTRIBUTES];
    enum request_state state;
    struct span context; /* policy_context, or empty */
    struct span queue_id;
    struct span instance;
};

/* Of one connection. limit: bytes of one request. scanned: of the request at the front of the buffer; 0 at first, then kept by
 * request_parse, so that no byte is looked at twice while a request comes in pieces. */
struct request_reader {
    size_t limit, scanned;
};

/* Looks for one request at the start of bytes, which begin with what the call before saw. 1: *request_r and *used_r are set. 0: not
 * there yet. -1: malformed, or longer than the limit; there is no way on but to disconnect. */
int request_parse(struct request_reader *reader, struct span bytes, struct request *request_r,
                  size_t *used_r, struct err *err);
/* The value of an attribute, empty when it was not sent. */
struct span request_value(const struct request *request, const char *name);
#endif
