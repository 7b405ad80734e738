/* What DMARC says of one domain of From: facts and the domain's record in, result out. Pure. */
#ifndef CHECKS_DMARC_JUDGE_H
#define CHECKS_DMARC_JUDGE_H
#include "facts/facts.h"
#include "mail/dmarc_record.h"

/* The numbers of dmarc_names (facts/fact_words.h). */
enum dmarc_result { DMARC_NONE = 1, DMARC_PASS, DMARC_FAIL, DMARC_TEMPERROR, DMARC_PERMERROR };

/* What is known of a domain's policy. */
struct dmarc_terms {
    enum dmarc_found found;
    bool is_inherited; /* from the organisational domain: sp= counts */
    bool is_unasked;   /* UNAVAILABLE since a bound of ours kept us from asking */
    struct dmarc_record record;
};

struct dmarc_verdict {
    enum dmarc_result result;
    /* What the domain asks for; 0: it has no record that reads. Where is_unasked the strictest, since a sender can bring that about. */
    enum dmarc_policy policy;
};

/* draw: 0 to 99, by chance: mail that pct= leaves out is asked the next milder policy for (RFC 7489 section 6.6.4).
 * Read are: spf, spf.domain, sender.domain, dkim, dkim.domains, dkim.results, arc.dmarc. A result that could still have become a pass is
 * temperror, where the domain that could not be asked is aligned; without SPF, as behind a gateway that says nothing of it, nothing fails. */
struct dmarc_verdict dmarc_judge(const struct facts *facts, struct span from_domain,
                                 const struct dmarc_terms *terms, unsigned draw);
/* Is a the one to go by, of two domains of From? pass < none < temperror < permerror < fail; of equals the stricter policy. */
bool dmarc_is_worse(const struct dmarc_verdict *a, const struct dmarc_verdict *b);
#endif
