/* What DNS said to one question, as data: pure, so that sandboxed workers can be handed it. common/dns learns it. */
#ifndef MAIL_DNS_ANSWER_H
#define MAIL_DNS_ANSWER_H
#include "base/span.h"

/* RFC 1035 section 4.1.1 and 3.2.2, RFC 3596; only those that are ever asked. The numbers are DNS' own. */
enum dns_type { DNS_A = 1, DNS_PTR = 12, DNS_MX = 15, DNS_TXT = 16, DNS_AAAA = 28 };

enum dns_status {
    DNS_FOUND = 1, /* one record or more */
    DNS_NONE,      /* the name has none of this type, or does not exist (is_nxdomain) */
    DNS_FAILED, /* SERVFAIL, REFUSED, a signature that does not hold, an answer that does not read */
    DNS_TIMEOUT,
    DNS_LIMITED /* not asked: a bound per zone, per asker or over all is reached, or the name must not be asked */
};

#define DNS_NAME_MAX     253   /* bytes of a name as text, without a final dot */
#define DNS_RECORDS_MAX  100   /* of one answer; more: DNS_FAILED */
#define DNS_ANSWER_BYTES 16384 /* of all records of one answer; more: DNS_FAILED */

/* Records as spans: A 4 bytes; AAAA 16 bytes; MX two bytes of preference (network order), then the name as text; PTR the name as
 * text; TXT its strings joined, any bytes. Names as text: without a final dot, lower case, bytes outside printable ASCII and dots or
 * backslashes within a label as \DDD. */
struct dns_answer {
    enum dns_type type;
    enum dns_status status;
    bool is_nxdomain; /* of DNS_NONE: the name itself does not exist */
    bool is_secure;   /* DNSSEC proved it */
    uint32_t ttl;
    struct span name; /* that was asked, lower case, no final dot */
    size_t count;
    const struct span *records;
};

/* Could this be asked at all: 1 to DNS_NAME_MAX bytes, labels of 1 to 63 bytes without controls, no final dot? Underscores are fine. */
bool dns_name_is_valid(struct span name);
/* "A", "TXT"; of a number that is none: "?". */
const char *dns_type_text(enum dns_type type);
#endif
