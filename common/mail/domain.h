/* Domain names: any spelling to the one that facts, lists and routes compare: lower case A-labels without a final dot. */
#ifndef MAIL_DOMAIN_H
#define MAIL_DOMAIN_H
#include "base/str.h"

#define DOMAIN_SIZE                                                                            \
    256 /* room for a normalised domain and its NUL (RFC 1035 section 2.3.4: 253 bytes of text) */

/* ASCII or UTF-8 (IDNA2008, non-transitional, TR46 mapping), upper or lower case, one final dot allowed.
 * False, and out_r an empty string, for rubbish: empty, an empty label, a label over 63 bytes, more than 253 in all, bytes
 * other than letters, digits, '-' and '_', bad UTF-8, what IDNA forbids. Address literals are no domains. */
bool domain_normalize(struct span text, char out_r[DOMAIN_SIZE]);
/* How people write a normalised domain: its A-labels as UTF-8 U-labels. False when there are none, or they do not convert back. */
bool domain_unicode(const char *domain, struct str *out);
/* Is domain equal to parent, or below it? Both normalised. */
bool domain_is_within(struct span domain, struct span parent);
#endif
