/* What is said to and by a sender worker: a question with the DNS answers so far, and its result or the names still lacking. Both sides read
 * the other's bytes as if an enemy had written them. A worker keeps nothing between two requests. */
#ifndef INSPECT_SENDER_WIRE_H
#define INSPECT_SENDER_WIRE_H
#include "base/arena.h"
#include "base/err.h"
#include "base/ipnet.h"
#include "base/str.h"
#include "mail/dns_answer.h"

#define SENDER_ROUNDS_MAX 12
#define SENDER_NAMES_MAX  60 /* DNS answers of one question, over all its rounds */
#define SENDER_REQUEST_BYTES                                                                   \
    196608 /* encoded; what does not fit is handed over as DNS_FAILED */
#define SENDER_RESULT_BYTES 65536
#define SENDER_SIGNATURES_MAX                                                                  \
    16 /* DKIM signatures looked at, from the top; RFC 6376 section 6.1 leaves the number to us */
#define SENDER_SEALS_MAX    50   /* RFC 8617 section 4.2.1 */
#define SENDER_TEXT_MAX     1000 /* of an explanation or reason; longer ones are cut */
#define SENDER_REASON_MAX   300  /* of a signature's reason */
#define SENDER_IDENTITY_MAX 320  /* of i=; longer ones are not said */
#define SENDER_ENVELOPE_MAX 4096 /* of HELO and the like; of longer ones the end counts */

enum sender_job {
    SENDER_SPF = 1,   /* check_host() of RFC 7208; no message */
    SENDER_SIGNATURES /* DKIM (RFC 6376, 8301, 8463) and ARC (RFC 8617) of a message, and results that an inner gateway wrote */
};

struct sender_request {
    enum sender_job job;
    int64_t now; /* s since 1970 */
    /* SPF */
    struct ip client;
    struct span helo; /* as the client said it */
    struct span
        sender; /* local@domain; empty: the identity is postmaster@HELO (RFC 7208 section 2.4) */
    struct span receiver; /* our name, for %{r} */
    /* SIGNATURES */
    struct span
        trusted_id; /* authserv-ids, comma-separated, whose results above the topmost Received are taken over; empty: nobody's */
    /* both */
    bool
        is_last; /* no further round: what is still missing counts as DNS_LIMITED, lacks are not heard */
    size_t answer_count;
    const struct dns_answer *answers;
};

struct sender_lack {
    enum dns_type type;
    struct span name; /* lower case, dns_name_is_valid */
};

/* Results are the words of fact_words.c (spf_names, dkim_names, arc_names, dmarc_names); 0: not said. */
struct sender_signature {
    int result;
    struct span domain,
        selector;          /* d=, s=: normalised; empty when the signature does not read */
    struct span identity;  /* i=, or empty */
    struct span algorithm; /* "rsa-sha256" */
    struct span begin;     /* first 8 characters of b= (RFC 6008) */
    struct span reason;    /* why it is not a pass, for people; may be empty */
    /* It passes, has no l=, and every one of From, Subject, Content-Type, MIME-Version, Content-Transfer-Encoding that the message has
     * stands there once and is signed; From is there: such a signature may give an author. */
    bool is_whole;
};
struct sender_seal {
    struct span domain, selector;
    struct span
        dmarc_domain; /* header.from of a dmarc=pass in this instance's ARC-Authentication-Results; empty: none */
};
/* What a trusted inner gateway's Authentication-Results say (RFC 8601). */
struct sender_taken {
    bool is_there;
    struct span id; /* the one of trusted_id */
    int spf, dkim, dmarc, arc;
    struct span spf_domain; /* of smtp.mailfrom, else of smtp.helo */
    struct span dmarc_domain;
    struct span dkim_domains[SENDER_SIGNATURES_MAX]; /* header.d of the passes */
    size_t dkim_count;
};

struct sender_result {
    /* Names still lacking: when there are any, nothing else is said. */
    size_t lack_count;
    struct sender_lack lacks[SENDER_NAMES_MAX];
    /* SPF */
    int spf;
    struct span spf_domain;      /* that check_host() was asked for, normalised */
    struct span spf_explanation; /* of a fail, expanded; printable ASCII */
    struct span spf_reason;      /* the mechanism that matched, or what is wrong */
    /* SIGNATURES */
    size_t signature_count;
    struct sender_signature signatures[SENDER_SIGNATURES_MAX];
    bool has_more_signatures;
    int arc;
    struct span arc_reason;
    size_t seal_count; /* of a chain that passes: seals[0] is instance 1 */
    struct sender_seal seals[SENDER_SEALS_MAX];
    size_t from_count; /* header fields named From */
    struct sender_taken taken;
};

/* Appends. Never more than SENDER_REQUEST_BYTES: answers that do not fit go as DNS_FAILED. */
void sender_request_write(struct str *out, const struct sender_request *request);
/* Spans point into bytes; answers lie in arena. -1 on anything malformed or over a limit. */
int sender_request_read(struct span bytes, struct arena *arena,
                        struct sender_request *request_r, struct err *err);
/* Appends at most SENDER_RESULT_BYTES. Texts are cut, and made printable ASCII; reasons lose quotes and backslashes. A name that is no
 * domain (in lower case) or longer than one is not said. */
void sender_result_write(struct str *out, const struct sender_result *result);
/* As an enemy's: results that are no words of their table, names that are no domains, a lack that is not valid, more than fits: -1. */
int sender_result_read(struct span bytes, struct sender_result *result_r, struct err *err);
#endif
