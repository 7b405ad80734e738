/* Is a From field written so that every program reads the same mailboxes in it? Lenient parsers each mend a crooked one in their own way:
 * of "a@one.example;b@two.example" some see the first, some the second, so neither proves anything. */
#ifndef MAIL_FROM_FIELD_H
#define MAIL_FROM_FIELD_H
#include "base/span.h"

/* value: unfolded. A mailbox-list of RFC 5322 section 3.4 (UTF-8 as of RFC 6532; dots in display names), without groups, routes, blanks
 * within an address, encoded-words within an address, addresses within comments; a mailbox without a domain only when it stands alone. */
bool from_field_is_plain(struct span value);

/* Walks through one that is not: everything in it that some program may take for an address, so that the worst of all readings can be gone
 * by. "a@b@c" gives a@b and b@c. Passed over are quoted display names, comments, and words before "<", which nobody takes for the address. */
struct from_guess {
    struct span rest; /* begin with the value, all else zero */
    bool is_in_brackets;
    bool has_no_close[2]; /* of quotes, of comments: looked for in vain already */
    const char *run_end;
    const char *divider; /* the next sign that divides */
};
bool from_field_guess(struct from_guess *guess, struct span *address_r);
#endif
