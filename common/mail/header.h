/* Header fields by name, however oddly the name is spelt. */
#ifndef MAIL_HEADER_H
#define MAIL_HEADER_H
#include "base/span.h"
#include "base/str.h"

#define HEADER_NAME_MAX  998    /* RFC 5322 section 2.1.1; longer names are no names */
#define HEADER_COUNT_MAX 4096   /* header fields looked at in one message */
#define HEADER_VALUE_MAX 131072 /* bytes of one value looked at; Postfix passes on 102,400 */

enum header_kind {
    HEADER_OTHER = 0,
    HEADER_POSTGATE_TRACE,   /* X-Postgate-Trace */
    HEADER_POSTGATE_RELEASE, /* X-Postgate-Release */
    HEADER_POSTGATE,         /* any other X-Postgate-... */
    HEADER_AUTHRES,          /* Authentication-Results */
    HEADER_RECEIVED,
    HEADER_MESSAGE_ID,
    HEADER_FROM,
    HEADER_REPLY_TO,
    HEADER_SUBJECT,
    HEADER_ARC_AUTHRES, /* ARC-Authentication-Results */
    HEADER_EXCHANGE /* X-MS-Exchange-Organization-...: what Exchange believes of its own organisation */
};

/* RFC 5322 section 3.6.8: one or more printable ASCII bytes without blanks and colons, at most HEADER_NAME_MAX. */
bool header_name_is_valid(struct span name);
/* Without the blanks and tabs that RFC 5322 section 4.5 lets stand before the colon. */
struct span header_name_trim(struct span name);
/* Equal, upper and lower case alike, blanks before the colon aside. */
bool header_name_is(struct span name, struct span wanted);
/* What the name is, as an eager reader would take it: blanks, controls and 8-bit bytes anywhere in it are overlooked, so
 * that no spelling slips past a removal. */
enum header_kind header_kind_of(struct span name);
/* Only by its exact spelling (case and blanks before the colon aside): what Postfix and we act upon. */
enum header_kind header_kind_exact(struct span name);
/* Appends the value without folding: CR and LF dropped, at most HEADER_VALUE_MAX bytes of it, blanks trimmed at both ends. */
void header_unfold(struct str *out, struct span value);
#endif
