/* The mailbox of an SMTP path (RFC 5321 section 4.1.2), in the one form in which addresses are compared. */
#ifndef MAIL_ADDRESS_H
#define MAIL_ADDRESS_H
#include "base/err.h"
#include "base/span.h"
#include "mail/domain.h"

/* RFC 5321 section 4.5.3.1 says 64 and 255; real local parts (VERP, SRS) are longer than 64. */
#define ADDRESS_LOCAL_MAX  1024
#define ADDRESS_DOMAIN_MAX 255
#define ADDRESS_PATH_MAX   4096 /* with source route and quoting */

/* text is local@domain: quoting undone as Postfix does inside, ASCII lower case, domain normalised (an address literal only
 * lower case). No @ when there is no domain. */
struct address {
    char text[ADDRESS_LOCAL_MAX + 1 + ADDRESS_DOMAIN_MAX + 1];
    size_t len;
    size_t local_len;
    bool has_domain;
    bool
        is_routed; /* '@', '%' or '!' in the local part, quoted or not; a source route; no local part at all */
};

/* path: "<a@b>", "a@b", "<@x,@y:a@b>"; blanks around are dropped. The domain is what follows the last @.
 * 1 an address; 0 the null sender ("<>" or empty), *address_r is then empty; -1 invalid: too long, a control, a bad domain,
 * nothing behind a source route. An address (1) is never empty. */
int address_parse(struct span path, struct address *address_r, struct err *err);
/* Is the path of a MAIL or RCPT command written as RFC 5321 section 4.1.2 says: at most one pair of brackets around all of it and,
 * outside of quoted-strings, no blanks, controls, comments, further brackets, lists, groups or source routes? What is not, Postfix reads
 * in its own way ("<a @b>", "<Ann <a@b>>" and "<a@b (c)>" are all a@b), so only it can say whom it means. */
bool address_is_plain(struct span path);
struct span address_text(const struct address *address);
struct span address_local(const struct address *address);
struct span address_domain(const struct address *address); /* empty when there is none */
#endif
