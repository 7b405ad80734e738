/* Where a DKIM key stands in DNS, and what its record says (RFC 6376 section 3.6). */
#ifndef MAIL_DKIM_KEY_H
#define MAIL_DKIM_KEY_H
#include "base/err.h"
#include "base/str.h"
#include "mail/dns_answer.h"

/* "selector._domainkey.domain" of two normalised names into name_r. Its length, or 0 when that is no name. */
size_t dkim_key_place(struct span selector, struct span domain, char name_r[DNS_NAME_MAX + 1]);
/* The same of the value of a DKIM-Signature, ARC-Message-Signature or ARC-Seal field, folded or not: its s= and d=. 0 when it does not
 * read. What is asked ahead of time: nothing is decided from it. */
size_t dkim_key_name(struct span signature_value, char name_r[DNS_NAME_MAX + 1]);

enum dkim_key_kind { DKIM_KEY_RSA = 1, DKIM_KEY_ED25519 };

struct dkim_key {
    enum dkim_key_kind kind;
    bool is_revoked;      /* p= is empty */
    bool is_testing;      /* t=y */
    bool is_own_identity; /* t=s: i= is of the domain itself, not below it */
    struct span bytes;    /* decoded p=, in out */
};

/* record: one TXT record. Decoded bytes are appended to out, where bytes points: keep it as it is while the key is used. -1 with the reason: no
 * key record, of another version, for something else than mail (s=), not with SHA-256 (h=), an unknown kind (k=), p= missing or
 * not base64. */
int dkim_key_read(struct span record, struct str *out, struct dkim_key *key_r, struct err *err);
#endif
