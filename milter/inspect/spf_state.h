/* One check_host() under way: what it knows, what it lacks, what it has counted. */
#ifndef MILTER_INSPECT_SPF_STATE_H
#define MILTER_INSPECT_SPF_STATE_H
#include "milter/inspect/spf.h"
#include "milter/inspect/spf_macro.h"
#include "milter/inspect/spf_record.h"

#define SPF_LOOKUPS_MAX 10  /* terms that ask DNS, over the whole check (section 4.6.4) */
#define SPF_VOIDS_MAX   2   /* of them, such as found nothing */
#define SPF_HOSTS_MAX   10  /* names of one MX or PTR answer */
#define SPF_SHOWN_MAX   80  /* bytes of a term in a reason */
#define SPF_ASKING_MAX  160 /* terms handed to libspf2: 11 a record at most, of 11 records */

struct spf_state {
    const struct sender_request *request;
    struct sender_result *result;
    struct arena *arena;
    struct spf_values values;
    /* What ends the check whatever libspf2 makes of it; 0: nothing yet. The first stays. */
    enum spf_result decided;
    struct err why;
    bool is_lacking;
    unsigned lookups, voids;
    /* libspf2 knows names only by the number of their term. */
    const struct spf_term *asking[SPF_ASKING_MAX];
    size_t asking_count;
    size_t host_count;
    struct span hosts[SPF_HOSTS_MAX]; /* of the latest MX or PTR answer */
    const struct spf_term *ptr;       /* the one whose PTR question comes next */
    /* The record that decides (that of the domain, or where redirect leads), and where in it the evaluation stands. */
    const struct spf_record *top;
    const struct spf_term *at; /* the latest of its terms that asked; NULL: none yet */
    bool is_past;              /* and it did not match */
};

/* Ends the check with a result and its reason. Returns -1. */
int spf_decide(struct spf_state *state, enum spf_result result, const char *fmt, ...)
    __attribute__((format(printf, 3, 4)));

/* A term as a reason shows it. */
struct span spf_shown(const struct spf_term *term);

/* What a domain-spec of a record (empty: its domain) names. 1 a name in arena; 0 none that DNS could have; -1 lacking for %{p}. */
int spf_name(struct spf_state *state, const struct spf_record *record, struct span spec,
             struct span *name_r);
/* The answer, or NULL when it is not there: then it is lacking. In the last round it is DNS_LIMITED. */
const struct dns_answer *spf_answer(struct spf_state *state, enum dns_type type,
                                    struct span name);
/* Is it there? Never makes it lacking. */
const struct dns_answer *spf_known(const struct spf_state *state, enum dns_type type,
                                   struct span name);
/* Notes a name that is lacking. -1 when there is no room for another. */
int spf_lack(struct spf_state *state, enum dns_type type, struct span name);
/* A or AAAA, as the client's address is. */
enum dns_type spf_address_type(const struct spf_state *state);
/* "4.3.2.1.in-addr.arpa", in arena. */
struct span spf_reverse_name(const struct spf_state *state);
/* The names in an MX or PTR answer that DNS could have, at most SPF_HOSTS_MAX. */
size_t spf_hosts(const struct dns_answer *answer, struct span hosts_r[SPF_HOSTS_MAX]);
/* Is one of an answer's addresses the client's? */
bool spf_holds_client(const struct spf_state *state, const struct dns_answer *answer);

/* The record of a domain: 1; 0 it has none; -1 lacking, or decided. */
int spf_load(struct spf_state *state, struct span domain, const struct spf_record **record_r);
/* Names that this record and what it includes will need, as far as is known, into the lacks: to spare rounds. */
void spf_ahead(struct spf_state *state, const struct spf_record *record);

/* The record as libspf2 is to read it: only what can be reached, names as numbers, redirect last. */
void spf_rewrite(struct spf_state *state, const struct spf_record *record, struct str *out);
/* spf_guard.c: has libspf2 evaluate; its result, or 0 when the check is decided or lacks something. */
enum spf_result spf_evaluate(struct spf_state *state, const struct spf_record *record);
void spf_guard_prepare(void);
#endif
