/* A DKIM signature as Authentication-Results have it, for the fact dkim.results. */
#ifndef CHECKS_SIGNATURE_TEXT_H
#define CHECKS_SIGNATURE_TEXT_H
#include "base/str.h"
#include "inspect/sender_wire.h"

/* Appends: pass header.d=example.com header.s=s1 header.a=rsa-sha256 header.b=AbCdEfGh; of what does not pass also ` reason="..."`, printable
 * ASCII without quotes and backslashes. What the signature does not say is left out. */
void signature_text(struct str *out, const struct sender_signature *signature);
#endif
