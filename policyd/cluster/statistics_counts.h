/* What was counted in one hour on one node, and its text. Pure: counts add up, in any order; not thread-safe.
 * Text: one JSON object (also read back from Redis, where anybody may have written, and from neighbouring releases: what is not known is skipped)
 *   {"v":1,"total":[MESSAGES,STOPPED,REFUSED,REQUESTS,BYTES],"recipients":N,"latency":{"message":[BUCKET,N,...],"policy":[...]},
 *    "by":{"rule":{NAME:[...],...},...},"other":{"sender":[...],...}}        zeros at the end of a list are left out */
#ifndef CLUSTER_STATISTICS_COUNTS_H
#define CLUSTER_STATISTICS_COUNTS_H
#include "base/err.h"
#include "base/names.h"
#include "policyd/cluster/latency.h"
#include "policyd/cluster/tally.h"

#define STATISTICS_NAMES     200           /* of one dimension; beyond: other */
#define STATISTICS_MAX_TEXT  (1024 * 1024) /* of one hour; usually below 40,000 bytes */
#define STATISTICS_MAX_NAMES 4000          /* domains and reasons of one event */

enum dimension {
    DIMENSION_VERDICT = 0,
    DIMENSION_RULE,   /* that decided; "-" none */
    DIMENSION_REASON, /* each rule that applied or warned */
    DIMENSION_DOMAIN, /* of recipients; a message counts for each of its domains */
    DIMENSION_SENDER, /* address; "<>" none */
    DIMENSION_SENDER_DOMAIN,
    DIMENSION_CLIENT, /* network: /24, of IPv6 /64 */
    DIMENSION_COUNTRY,
    DIMENSION_PATH,
    DIMENSION_DIRECTION,
    DIMENSION__COUNT
};
extern const struct name_value dimension_names[]; /* "rule", "sender-domain" */

struct counts {
    struct measures total;
    uint64_t recipients;
    struct latency message_latency, policy_latency;
    struct tally by[DIMENSION__COUNT];
};

enum event_kind { EVENT_MESSAGE = 1, EVENT_MORE_DOMAINS, EVENT_REFUSED, EVENT_REQUEST };
/* One thing to be counted. Texts are valid UTF-8; empty: not known. */
struct event {
    enum event_kind kind;
    struct span path, direction, verdict, rule, country, client, sender;
    const struct span *reasons, *domains;
    size_t reason_count, domain_count;
    uint64_t recipients, bytes, latency_us; /* latency 0: not measured */
};

/* An hour as it is stored; false: no more are wanted. */
typedef bool hours_row(void *ctx, int64_t hour, const char *node, struct span text);

struct counts *counts_new(void);
void counts_free(struct counts **counts);
void counts_event(struct counts *counts, const struct event *event);
void counts_merge(struct counts *to, const struct counts *from);
void counts_write(struct str *out, const struct counts *counts);
/* Adds what the text says. dimensions: bits 1 << DIMENSION_X of those to be read. -1: it is no such text; some of it may have been added. */
#define COUNTS_ALL (~0u)
int counts_read(struct counts *counts, struct span text, unsigned dimensions, struct err *err);
/* Keeps the heaviest names of each dimension; the others become other. */
void counts_thin(struct counts *counts, size_t names);
#endif
