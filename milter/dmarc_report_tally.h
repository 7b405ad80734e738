/* What a day's mail amounts to for DMARC reports: per domain of From, rows of equal fate with their count. Bounded, whatever came in:
 * messages beyond are counted as left out. */
#ifndef MILTER_DMARC_REPORT_TALLY_H
#define MILTER_DMARC_REPORT_TALLY_H
#include "base/arena.h"
#include "facts/facts.h"
#include "mail/domain.h"
#include "store/decisions.h"

#define TALLY_DOMAINS    1000               /* of From, of a day */
#define TALLY_BELOW      50                 /* of these below one organisational domain */
#define TALLY_ROWS       10000              /* of one domain */
#define TALLY_ROWS_ALL   200000             /* of all */
#define TALLY_BYTES      (64 * 1024 * 1024) /* of all their texts */
#define TALLY_SIGNATURES 10                 /* of one message that a row names */

/* What became of the message, in the words of a report; the numbers of enum dmarc_policy. */
struct tally_row {
    struct tally_row *next; /* of the same domain */
    struct ip ip;
    int disposition, dmarc, policy,
        spf;         /* dmarc_policy_names, dmarc_names, dmarc_policy_names, spf_names */
    bool is_rescued; /* a chain of trusted sealers says that DMARC passed */
    bool is_helo;    /* SPF was asked for the name of HELO */
    struct span envelope, spf_domain; /* may be empty */
    struct span signatures;           /* "RESULT DOMAIN SELECTOR" each, one a line */
    uint64_t count;
};

struct tally_domain {
    char name[DOMAIN_SIZE]; /* as in From, normalised */
    struct tally_row *rows, **last;
    size_t row_count;
    uint64_t messages, passed,
        left_out; /* passed: DMARC did; left_out: of messages, those without a row */
};

struct tally;
struct tally *tally_new(void);
void tally_free(struct tally **tally);
/* Counts a decision's message: one from outside that DMARC was looked at here, with a record, and that came to its end. Mail that was
 * deferred comes again; mail that bears our own mark was counted when it came first. */
void tally_take(struct tally *tally, const struct decision_record *record);
/* In the order in which they came. */
struct tally_domain *tally_domains(const struct tally *tally, size_t *count_r);
/* Messages of domains for which there was no room, and decisions whose facts cannot be read. */
uint64_t tally_others(const struct tally *tally);
uint64_t tally_unread(const struct tally *tally);
/* Takes the next signature off *rest. */
struct tally_signature {
    struct span result, domain, selector;
};
bool tally_signature(struct span *rest, struct tally_signature *signature_r);
#endif
