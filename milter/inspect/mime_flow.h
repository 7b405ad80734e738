/* Texts whose lines are not those that a reader sees. */
#ifndef MILTER_INSPECT_MIME_FLOW_H
#define MILTER_INSPECT_MIME_FLOW_H
#include "base/span.h"
#include "base/str.h"

/* A calendar or a card (RFC 5545 section 3.1, RFC 6350 section 3.2): lines put together, "\n" and "\," as what they stand for. Appends no more
 * bytes than it is given. */
void flow_unfold(struct str *out, struct span text);
/* format=flowed with delsp=yes (RFC 3676 section 4): lines that end in a blank go on in the next one, without the blank and its quote marks. Appends no
 * more bytes than it is given. */
void flow_join(struct str *out, struct span text);
#endif
