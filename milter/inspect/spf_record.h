/* A record of RFC 7208 read strictly: any error anywhere is one. Pure. */
#ifndef MILTER_INSPECT_SPF_RECORD_H
#define MILTER_INSPECT_SPF_RECORD_H
#include "base/arena.h"
#include "base/err.h"
#include "base/ipnet.h"
#include "mail/dns_answer.h"

#define SPF_TERMS_MAX 4000 /* of one record; more than 16 kB of useful terms */

enum spf_kind {
    SPF_TERM_ALL = 1,
    SPF_TERM_IP4,
    SPF_TERM_IP6,
    SPF_TERM_A,
    SPF_TERM_MX,
    SPF_TERM_PTR,
    SPF_TERM_EXISTS,
    SPF_TERM_INCLUDE,
    SPF_TERM_REDIRECT,
    SPF_TERM_EXP,
    SPF_TERM_UNKNOWN /* a modifier nobody needs to know */
};

struct spf_record;
struct spf_term {
    enum spf_kind kind;
    char qualifier;   /* + - ~ ? */
    struct span text; /* as it stands there */
    struct span spec; /* domain-spec; empty: the record's own domain */
    unsigned prefix4, prefix6;
    struct ip ip;
    const struct spf_record *record;
};

struct spf_record {
    struct span domain; /* normalised; %{d} */
    size_t count;       /* mechanisms up to and with the first "all" */
    struct spf_term *terms;
    struct spf_term *redirect; /* NULL: none, or an "all" makes it void */
    struct spf_term *exp;      /* NULL: none */
};

/* The one record among a name's TXT answers (section 4.5): 1 it; 0 there is none; -1 several. */
int spf_record_select(const struct dns_answer *answer, struct span *text_r);
/* text: selected; lasts as long as the record. -1 with what is wrong, short, printable ASCII. */
int spf_record_read(struct span text, struct span domain, struct arena *arena,
                    struct spf_record *record_r, struct err *err);
/* Must libspf2 ask DNS for it? */
bool spf_term_asks(const struct spf_term *term);
/* Does a term that asks nothing match this client? */
bool spf_term_matches(const struct spf_term *term, const struct ip *client);
#endif
