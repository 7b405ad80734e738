/* Signing and verifying as libopendkim does it, with RSA, for comparison: what others sign must verify with us, and the other way round. */
#ifndef T_LIB_OPENDKIM_LIB_H
#define T_LIB_OPENDKIM_LIB_H
#include "base/str.h"
#include "mail/dkim_canon.h"

struct opendkim_how {
    const char *pem, *selector, *domain;
    enum dkim_canon header, body;
};

/* Appends the DKIM-Signature field, with its line end. Ends the test when it cannot. */
void opendkim_sign(const struct opendkim_how *how, struct span message, struct str *out);
/* Does every signature of the message hold with that one key record? */
bool opendkim_verify(const char *record, struct span message);
#endif
