/* Where a domain wants its DMARC reports: "mailto:reports@example.com!10m, ..." (RFC 7489 section 6.2). */
#ifndef MAIL_DMARC_URI_H
#define MAIL_DMARC_URI_H
#include "base/str.h"

struct dmarc_uri {
    struct span uri;    /* without the limit: "mailto:reports@example.com" */
    uint64_t max_bytes; /* of one report; 0: no limit is given */
};

/* Takes the next one that reads off *rest; those that do not are passed over. False when none is left. */
bool dmarc_uri_next(struct span *rest, struct dmarc_uri *uri_r);
/* Is there one that reads? */
bool dmarc_uri_any(struct span list);
/* Appends the address of a mailto, percent-encoding undone, its header fields (?subject=) left out. False, and nothing appended: no
 * mailto, a control or blank in it, no @. */
bool dmarc_uri_address(const struct dmarc_uri *uri, struct str *out);
#endif
