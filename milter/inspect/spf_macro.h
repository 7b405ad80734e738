/* Macros of RFC 7208 section 7: is a text one, and what does it say for this message? Pure. */
#ifndef MILTER_INSPECT_SPF_MACRO_H
#define MILTER_INSPECT_SPF_MACRO_H
#include "base/ipnet.h"
#include "base/str.h"

#define SPF_EXPANDED_MAX                                                                       \
    8192 /* bytes; an expansion ends there: no name and no explanation is as long */
#define SPF_VALUE_MAX                                                                          \
    1400 /* of what one letter stands for; a longer HELO or sender is cut there */

/* What the letters stand for. */
struct spf_values {
    struct span sender, local, sender_domain; /* s, l, o */
    struct span domain;                       /* d */
    struct span validated;      /* p: a name of the client that was checked, or "unknown" */
    struct span helo, receiver; /* h, r */
    struct ip client;           /* i, c, v */
    int64_t now;                /* t */
};

/* macro-string; of an explanation: with blanks and the letters c, r, t. */
bool spf_macro_is_valid(struct span text, bool is_explanation);
/* domain-spec: a macro-string that ends in a macro or in a dot and a top label. */
bool spf_macro_is_domain(struct span text);
/* Does a valid text use this letter (given in lower case)? */
bool spf_macro_uses(struct span text, char letter);
/* Appends what a valid text stands for. */
void spf_macro_expand(struct span text, const struct spf_values *values, struct str *out);
#endif
