/* THE table of facts: parser, checker, tests, man page, completion and `milter-ctl facts` all read it.
 * A fact of a record (attachment, url) is named RECORD.NAME here ("attachment.name") and plain NAME inside any/all/no. */
#ifndef FACTS_FACT_TABLE_H
#define FACTS_FACT_TABLE_H
#include "base/names.h"
#include "facts/stage.h"

enum value_type {
    TYPE_BOOL = 1,
    TYPE_NUMBER,   /* int64, also fractions of a score in thousandths: see TYPE_SCORE */
    TYPE_SIZE,     /* bytes */
    TYPE_DURATION, /* seconds */
    TYPE_SCORE,    /* thousandths, printed as decimal */
    TYPE_IP,
    TYPE_DOMAIN,  /* lower case A-labels, no final dot */
    TYPE_ADDRESS, /* local@domain, compared case-folded */
    TYPE_STRING, /* compared case-folded; any bytes, made valid UTF-8 before a pattern sees it */
    TYPE_ENUM    /* one of `words` */
};

enum record { RECORD_NONE = 0, RECORD_ATTACHMENT, RECORD_URL, RECORD__COUNT };

/* Message facts first, then the records' (each record's facts stand together), then functions with an argument. */
enum fact_id {
    FACT_PATH = 0,
    FACT_DIRECTION,
    FACT_CLIENT_IP,
    FACT_CLIENT_NAME,
    FACT_CLIENT_REVERSE_NAME,
    FACT_CLIENT_COUNTRY,
    FACT_CLIENT_ASN,
    FACT_CLIENT_AS_NAME,
    FACT_LISTENER_IP,
    FACT_LISTENER_PORT,
    FACT_LISTENER_STAGING,
    FACT_HELO_NAME,
    FACT_TLS_VERSION,
    FACT_AUTH_USER,
    FACT_AUTH_METHOD,
    FACT_DNSBL,
    FACT_DNSBL_ALLOW,
    FACT_DNSBL_SENDER,
    FACT_DNSBL_SCORE,
    FACT_DNSBL_URL,
    FACT_DNSBL_URL_DOMAINS,
    FACT_DNSBL_URL_SCORE,
    FACT_SENDER,
    FACT_SENDER_DOMAIN,
    FACT_RECIPIENT,
    FACT_RECIPIENT_DOMAIN,
    FACT_RECIPIENT_ROUTED,
    FACT_RECIPIENT_COUNT,
    FACT_MESSAGE_DECLARED_SIZE,
    FACT_MESSAGE_SIZE,
    FACT_DOMAIN_ACCEPTED,
    FACT_ROUTE_NEXT_HOPS,
    FACT_SPF,
    FACT_SPF_DOMAIN,
    FACT_SPF_HELO,
    FACT_SPF_EXPLANATION,
    FACT_SPF_REASON,
    FACT_DKIM,
    FACT_DKIM_DOMAINS,
    FACT_DKIM_RESULTS,
    FACT_DKIM_AUTHORS,
    FACT_DMARC,
    FACT_DMARC_POLICY,
    FACT_DMARC_DOMAIN,
    FACT_ARC,
    FACT_ARC_SEALERS,
    FACT_ARC_DMARC,
    FACT_AUTHRES_ID,
    FACT_AUTHOR,
    FACT_AUTHOR_DOMAIN,
    FACT_AUTHOR_BY,
    FACT_FROM,
    FACT_FROM_DOMAIN,
    FACT_REPLY_TO,
    FACT_SUBJECT,
    FACT_MESSAGE_ID,
    FACT_LOOP_HOPS,
    FACT_LOOP_PASSES,
    FACT_LOOP_CERTAIN,
    FACT_MIME_AMBIGUOUS,
    FACT_MIME_BROKEN,
    FACT_TEXT,
    FACT_VIRUS,
    FACT_SPAM_SCORE,
    FACT_SPAM_SYMBOLS,
    FACT_SCORE, /* of the evaluation so far; never stored */
    FACT_TIME_HOUR,
    FACT_TIME_WEEKDAY,
    FACT_GREYLIST_AGE,

    FACT_ATTACHMENT_NAME, /* set: every candidate name of the part */
    FACT_ATTACHMENT_EXTENSION,
    FACT_ATTACHMENT_TYPE,
    FACT_ATTACHMENT_MAGIC,
    FACT_ATTACHMENT_SIZE,
    FACT_ATTACHMENT_DEPTH,
    FACT_ATTACHMENT_LOCATION,
    FACT_ATTACHMENT_SHA256,
    FACT_ATTACHMENT_ENCRYPTED,
    FACT_ATTACHMENT_MACROS,
    FACT_ATTACHMENT_DECEPTIVE,
    FACT_ATTACHMENT_UNINSPECTED,
    FACT_ATTACHMENT_VIRUS,

    FACT_URL_HOST,
    FACT_URL_DOMAIN,
    FACT_URL_TEXT,
    FACT_URL_DECEPTIVE,

    FACT_HEADER,   /* header("Name"): set of string */
    FACT_TAG,      /* tag("name"): bool, of the evaluation so far; never stored */
    FACT_COUNT_OF, /* count(messages|recipients, key, window) */
    FACT_SUM_OF,   /* sum(size, key, window) */
    FACT_DISTINCT, /* distinct(fact, key, window) */
    FACT__COUNT
};
#define FACT_NONE            (-1)
#define FACT_MESSAGE__COUNT  FACT_ATTACHMENT_NAME /* the plain facts are 0 .. this - 1 */
#define FACT_FUNCTION__FIRST FACT_HEADER

/* Which states besides value a fact may take. */
#define FACT_MAY_ABSENT  0x01u
#define FACT_MAY_UNKNOWN 0x02u
/* What it is. */
#define FACT_IS_SET 0x04u
#define FACT_PER_RECIPIENT                                                                     \
    0x08u /* reads `recipient`: differs between the recipients of one message */
#define FACT_DERIVED                                                                           \
    0x10u /* computed from others by facts/derive.c or, direction, by the rules */
#define FACT_POLICY_ONLY 0x20u
#define FACT_FILTER_ONLY 0x40u
#define FACT_EVALUATION  0x80u /* score, tag: belongs to the evaluation, never stored */
#define FACT_CLIENT_SENT                                                                       \
    0x100u /* the client itself sent it: a reply may print it without telling anything new */
/* Who in this build can learn it. Neither: `rules apply` refuses enforced rules that ask it. */
#define FACT_LEARNT_POLICY 0x200u
#define FACT_LEARNT_FILTER 0x400u
#define FACT_LEARNT        (FACT_LEARNT_POLICY | FACT_LEARNT_FILTER)

struct fact_row {
    const char *name; /* as written in rules */
    enum value_type type;
    enum stage stage; /* known from this stage on */
    enum record record;
    unsigned flags;
    const struct name_value *words; /* of TYPE_ENUM */
    const char *test_default;       /* literal as in `with`, "absent", or NULL for absent */
    const char *help;               /* one line */
};

extern const struct fact_row fact_table[FACT__COUNT];
extern const struct name_value value_type_names[];
extern const struct name_value record_names[];

/* Names as rules write them; inside a record also its short names come first ("name" → attachment.name). FACT_NONE if none. */
int fact_find(struct span name, enum record inside);
/* The short name of a record's fact ("name"), else the whole name. */
const char *fact_short_name(enum fact_id id);
enum fact_id
record_first(enum record record); /* facts of a record are first .. first + count - 1 */
size_t record_count(enum record record);
const char *fact_nearest(struct span name, enum record inside); /* "did you mean", or NULL */
/* One word per type for error texts: "an address", "a number". */
const char *value_type_article(enum value_type type);

/* Words of TYPE_ENUM facts. */
enum path { PATH_PROXY = 1, PATH_STAGING, PATH_SUBMISSION, PATH_LOCAL, PATH_RELEASE };
enum direction { DIRECTION_INBOUND = 1, DIRECTION_OUTBOUND, DIRECTION_INTERNAL };
extern const struct name_value path_names[];
extern const struct name_value direction_names[];
#endif
