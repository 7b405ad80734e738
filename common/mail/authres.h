/* Authentication-Results (RFC 8601): whose are they? What claims to be ours and comes from outside must be removed (section 5). */
#ifndef MAIL_AUTHRES_H
#define MAIL_AUTHRES_H
#include "base/span.h"

#define AUTHRES_HEAD_MAX                                                                       \
    256 /* bytes, without comments, quotes and blanks, in which our id is looked for */
#define AUTHRES_VALUE_MAX 8192 /* bytes of a value looked at; the id stands at its beginning */
#define AUTHRES_COMMENT_MAX                                                                    \
    32 /* depth of nested comments, and open ones; beyond it cannot be parsed */

enum authres_kind {
    AUTHRES_PLAIN = 0, /* Authentication-Results */
    AUTHRES_OF_ARC /* ARC-Authentication-Results: "i=N;" stands before (RFC 8617 section 4.1.1) */
};

/* Does the value (folded or not) claim one of ids (authserv-ids in ASCII, at least 1 byte each)?
 * Understood by the grammar, the id decides: case, quoting, comments, an IDN spelling, odd bytes within it do not matter.
 * Not understood, it claims when one of ids occurs near its beginning, or when it begins with an encoded-word: removing a
 * broken field costs nothing, keeping a forged one may. */
bool authres_claims(struct span value, enum authres_kind kind, const struct span *ids,
                    size_t count);
#endif
