/* Enhanced status codes (RFC 3463) at the front of a reply text: "5.7.1 Relay access denied". */
#ifndef MAIL_DSN_H
#define MAIL_DSN_H
#include "base/err.h"
#include "base/span.h"

struct dsn {
    int status_class; /* 4 or 5 */
    int smtp_code; /* its default: 451 for 4.x.y; 554 for 5.4.y (routing) and 5.6.y (content), else 550 for 5.x.y */
    char code[12]; /* "5.7.1" */
    struct span
        text; /* what follows, without the blanks between; points into what was parsed; never empty */
};

/* CLASS.SUBJECT.DETAIL TEXT: class must be wanted_class (4 or 5; 0: either), subject and detail 0 to 999 without leading
 * zeros (RFC 3463 section 2). -1 with an error that shows the right form. */
int dsn_parse(struct span reply, int wanted_class, struct dsn *dsn_r, struct err *err);
#endif
