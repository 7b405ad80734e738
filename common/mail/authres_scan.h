/* The lexical parts of Authentication-Results, for its two readers: blanks and comments, tokens, quoted-strings. */
#ifndef MAIL_AUTHRES_SCAN_H
#define MAIL_AUTHRES_SCAN_H
#include "mail/authres.h"

struct authres_scan {
    struct span rest;
    bool is_broken; /* a comment or quoted-string is not closed, or comments are too deep */
};

void authres_skip(struct authres_scan *scan, size_t len);
/* The length of a comment at the front, nested ones and quoted-pairs included; 0 when it is too deep or not closed. */
size_t authres_comment(struct span s);
/* CFWS of RFC 5322 section 3.2.2, bare line ends included. */
void authres_skip_cfws(struct authres_scan *scan);
/* Is that byte the next one? It is taken then. */
bool authres_take(struct authres_scan *scan, char c);
/* RFC 2045 section 5.1; 8-bit bytes for internationalised ids (RFC 8601 section 2.2). Maybe empty. */
struct span authres_token(struct authres_scan *scan);
bool authres_is_token(struct span s);
/* The inside of a quoted-string at the front, quoted-pairs and all. */
struct span authres_quoted(struct authres_scan *scan);
#endif
