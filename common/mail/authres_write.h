/* Prints Authentication-Results (RFC 8601 section 2.2), folded. Whatever bytes come in, what goes out holds the results that were written and no
 * others: not for a parser, and not for who only looks for "dkim=pass" in it either, since "=", ";" and parentheses never come from a value. */
#ifndef MAIL_AUTHRES_WRITE_H
#define MAIL_AUTHRES_WRITE_H
#include "base/str.h"

#define AUTHRES_FOLD_AT 78 /* RFC 5322 section 2.1.1: where it can be folded */
#define AUTHRES_TEXT_MAX                                                                       \
    320 /* bytes of a value; a longer one is left out, a longer reason is cut */
#define AUTHRES_HEADER "Authentication-Results"

struct authres_writer {
    struct str *out;
    size_t column, count;
};

/* Begins the value, without a leading blank; lines end with a bare LF, as milters have it. */
void authres_begin(struct authres_writer *writer, struct str *out, struct span id);
/* method and word: our own words. */
void authres_result(struct authres_writer *writer, const char *method, const char *word);
/* Of the result written last, in this order: a reason comes before all properties. Empty texts are left out. */
void authres_comment_add(struct authres_writer *writer, const char *before, struct span text);
void authres_reason(struct authres_writer *writer, struct span text);
/* name: "header.d". A token or plain address is written as it is, anything else as a quoted-string with "?" for what must not be. */
void authres_property_add(struct authres_writer *writer, const char *name, struct span value);
void authres_end(struct authres_writer *writer); /* "; none" when there was no result */
/* Dot-atom@domain that needs no quoting, and has no "=" that would make it look like a result. */
bool authres_is_plain_address(struct span address);
#endif
