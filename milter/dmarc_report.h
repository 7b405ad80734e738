/* DMARC aggregate reports (RFC 7489 section 7.2) of one day, as this node saw it: one for each domain that publishes a policy. Made when an administrator
 * or a timer asks, never by mail.
 *   dmarc_report_tally.c    what the decisions of the day amount to, per domain of From
 *   dmarc_report_terms.c    whose policy that was: DNS asked anew, reports grouped by policy
 *   dmarc_report_targets.c  where the report goes: rua=, and whether others agree to be sent it (section 7.1)
 *   dmarc_report_xml.c      appendix C
 *   dmarc_report_mail.c     compressed, in a message
 *   dmarc_report_sent.c     what was sent, on disk, so that nothing is sent twice
 *   dmarc_report_send.c     to Postfix over the release listener
 *   dmarc_report_settle.c   all of these for one report
 *   control_dmarc.c         the command */
#ifndef MILTER_DMARC_REPORT_H
#define MILTER_DMARC_REPORT_H
#include "conf/settings.h"
#include "mail/dmarc_record.h"
#include "milter/dmarc_report_tally.h"

#define REPORT_TARGETS 10 /* of one report; further ones are left out */
#define DAY_SECONDS    86400

struct report_target {
    struct span address;
    uint64_t max_bytes; /* 0: no limit */
};

struct report {
    char domain[DOMAIN_SIZE]; /* that publishes the policy; without one the domain of From */
    enum dmarc_found found;
    struct dmarc_record record; /* when found */
    struct span fo;             /* fo= of it */
    struct tally_domain *from[TALLY_BELOW + 1];
    size_t from_count;
    struct report_target targets[REPORT_TARGETS];
    size_t target_count;
    struct str refused; /* why others are no targets; empty: there are none */
};

struct report_set {
    const struct settings *settings;
    const struct tally *tally;
    struct arena *arena;
    struct span below; /* an organisational domain: only what lies below it; empty: all */
    struct report *list;
    size_t count;
};
/* Asks DNS for the policies, waits. Free with report_set_clear. */
void report_set_find(struct report_set *set);
void report_set_clear(struct report_set *set);
/* Asks DNS whether its targets agree, waits; fills targets and refused. */
void report_targets_find(const struct report_set *set, struct report *report);

/* Of the day, for one report. */
struct report_about {
    int64_t begin;              /* s, UTC; the day ends DAY_SECONDS later */
    const char *from;           /* address in From */
    char receiver[DOMAIN_SIZE]; /* its domain: who we are in reports */
    const char *node;
};
/* "DAY.DOMAIN.NODE@RECEIVER": the same whenever the report is made. */
void report_id(struct str *out, const struct report *report, const struct report_about *about);
/* Appends the XML. */
void report_xml(struct str *out, const struct report *report, const struct report_about *about);
/* gzip. -1: no memory. */
int report_gzip(struct str *out, struct span bytes, struct err *err);
/* The whole message to the targets, CRLF line ends. now: for Date, ms. */
void report_message(struct str *out, const struct report *report,
                    const struct report_about *about, struct span gzip, int64_t now);
#endif
