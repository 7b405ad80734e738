/* DMARC policy records (RFC 7489 section 6.3), read strictly: what a domain asks for must be beyond doubt before mail is refused for it. */
#ifndef MAIL_DMARC_RECORD_H
#define MAIL_DMARC_RECORD_H
#include "base/err.h"
#include "mail/dns_answer.h"

/* The numbers of dmarc_policy_names (facts/fact_words.h). */
enum dmarc_policy { DMARC_POLICY_NONE = 1, DMARC_POLICY_QUARANTINE, DMARC_POLICY_REJECT };

#define DMARC_INTERVAL 86400 /* s between aggregate reports when ri= does not say */

struct dmarc_record {
    enum dmarc_policy policy;
    enum dmarc_policy subdomain_policy; /* sp=, else as policy */
    bool is_dkim_strict, is_spf_strict; /* adkim=s, aspf=s */
    unsigned percent;                   /* pct=, 0 to 100 */
    uint32_t report_interval;           /* ri= in s */
    struct span reports_to;             /* rua= as written, into the record: mail/dmarc_uri.h */
};

enum dmarc_found {
    DMARC_FOUND = 1,
    DMARC_NO_RECORD,  /* none at this name: the organisational domain may have one */
    DMARC_SEVERAL,    /* more than one: there is no policy, here or above (section 6.6.3) */
    DMARC_BROKEN,     /* one that does not read: nobody guesses what was meant */
    DMARC_UNAVAILABLE /* DNS did not say */
};

/* Is this TXT a DMARC record at all: v=DMARC1, exactly so, in front? */
bool dmarc_record_is(struct span text);
/* 0, or -1 with what is wrong: no list of tags, a tag twice, p= not second or no policy, adkim=, aspf=, pct= of another value. Unknown tags
 * are passed over, and values of tags that only reports read fall back to their defaults. Where p= is missing or bad, or sp= is
 * bad, and reports are asked for by a rua= that reads, the policy is none (section 6.6.3). */
int dmarc_record_parse(struct span text, struct dmarc_record *record_r, struct err *err);
/* What the TXT records at _dmarc.DOMAIN amount to. *record_r is set when FOUND, err when BROKEN. */
enum dmarc_found dmarc_record_choose(const struct dns_answer *answer,
                                     struct dmarc_record *record_r, struct err *err);
#endif
