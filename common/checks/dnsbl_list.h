/* One list of the settings: what it is asked, how its answers read, and whether it answers at all. Thread-safe. */
#ifndef CHECKS_DNSBL_LIST_H
#define CHECKS_DNSBL_LIST_H
#include <pthread.h>
#include "base/ipnet.h"
#include "conf/dnsbl_zone.h"
#include "conf/settings.h"
#include "facts/fact_table.h"
#include "mail/dns_answer.h"

/* What is asked about links comes last: the others are known when there is no message yet. */
enum dnsbl_kind { DNSBL_CLIENT = 0, DNSBL_ALLOW, DNSBL_SENDER, DNSBL_URL, DNSBL_KIND__COUNT };
struct dnsbl_kind_row {
    const char *title;  /* in the log */
    const char *name;   /* of the setting */
    enum fact_id fact;  /* the zones of this kind that list */
    size_t setting;     /* offset in struct settings */
    bool has_addresses; /* it lists addresses; else domains */
};
extern const struct dnsbl_kind_row dnsbl_kinds[DNSBL_KIND__COUNT];
const char *dnsbl_setting(const struct settings *from, enum dnsbl_kind kind);

#define DNSBL_FAILURES   5 /* in a row: then it is left out */
#define DNSBL_OUT_MS     60000
#define DNSBL_OUT_MAX    900000 /* ms: it doubles up to here */
#define DNSBL_CALM_MS    60000  /* without a failure, before it is called in order again */
#define DNSBL_PROBE_MS   3600000
#define DNSBL_PROBE_SOON 60000 /* ms: when no answer came */
#define DNSBL_TEXT       256

struct dnsbl_list {
    struct dnsbl_zone zone;
    enum dnsbl_kind kind;
    char log_key[256];
    pthread_mutex_t lock; /* of all below */
    unsigned failures;    /* in a row */
    int64_t failed_at;    /* the last time, clock_mono_ms */
    int64_t out_for;      /* ms; 0: it is asked */
    int64_t out_until;    /* clock_mono_ms */
    bool is_tried;        /* left out, and one question is under way */
    bool is_troubled;     /* the log says so */
    int64_t probe_at;     /* clock_mono_ms: the next question for what no list may list */
    bool lists_all; /* it lists that: it lists everything, so nothing that it says counts */
    char trouble[DNSBL_TEXT];
};

void dnsbl_list_init(struct dnsbl_list *list, const struct dnsbl_zone *zone,
                     enum dnsbl_kind kind);

/* May the world's lists be asked for it? */
bool dnsbl_is_public(const struct ip *ip);
/* The name to ask: the address reversed before the zone (RFC 5782 sections 2.1, 2.4). */
void dnsbl_address_name(struct str *out, const struct dnsbl_list *list, const struct ip *ip);
/* DOMAIN.ZONE; false when no such name can be asked. */
bool dnsbl_domain_name(struct str *out, const struct dnsbl_list *list, struct span domain);

/* What an answer says. */
enum dnsbl_said {
    DNSBL_LISTED = 1,
    DNSBL_NOT_LISTED,
    DNSBL_FAILED,   /* nothing came, or a failure; why_r says which */
    DNSBL_REFUSED,  /* what came is no answer of a list; why_r says what it means */
    DNSBL_NOT_ASKED /* because of a bound of our own */
};
enum dnsbl_said dnsbl_read(const struct dnsbl_list *list, const struct dns_answer *answer,
                           char why_r[DNSBL_TEXT]);

/* Whether to ask it now. */
enum dnsbl_turn {
    DNSBL_ASK = 1,
    DNSBL_LEAVE_OUT,
    DNSBL_TRY /* left out still, but one question may see whether it answers again */
};
enum dnsbl_turn dnsbl_turn(struct dnsbl_list *list);
/* Only whether it is left out. */
bool dnsbl_is_out(struct dnsbl_list *list);
/* What came of a question, or of the one that was a try. why: of a failure or refusal. */
void dnsbl_note(struct dnsbl_list *list, enum dnsbl_said said, const char *why, bool is_try);
/* Now and then a list is asked for what it must not list (RFC 5782 section 5): one that is given up often lists everything, so that people
 * take notice. True for who is to ask now; the name; and what came of it. */
bool dnsbl_probe_is_due(struct dnsbl_list *list);
void dnsbl_probe_name(struct str *out, const struct dnsbl_list *list);
void dnsbl_note_probe(struct dnsbl_list *list, enum dnsbl_said said);
bool dnsbl_lists_all(struct dnsbl_list *list);
/* What is out of order with it, for `status`; false: nothing. */
bool dnsbl_list_trouble(struct dnsbl_list *list, char text_r[DNSBL_TEXT]);
#endif
