/* fact_table.c - THE table of facts: name, type, stage, states, who learns it, what a test assumes, help. */
#include "facts/fact_table.h"
#include "facts/fact_words.h"

/* Short words, so that a row reads as a line. */
#define A    FACT_MAY_ABSENT
#define U    FACT_MAY_UNKNOWN
#define SET  FACT_IS_SET
#define RCP  FACT_PER_RECIPIENT
#define DER  FACT_DERIVED
#define POL  FACT_POLICY_ONLY
#define FIL  FACT_FILTER_ONLY
#define EVA  FACT_EVALUATION
#define SENT FACT_CLIENT_SENT
#define LP   FACT_LEARNT_POLICY
#define LF   FACT_LEARNT_FILTER
#define L    FACT_LEARNT

#define ROW(name, type, stage, flags, words, test, help)                                       \
    {                                                                                          \
        name, TYPE_##type, STAGE_##stage, RECORD_NONE, flags, words, test, help                \
    }
/* What is found inside parts is unknown in a list known to be incomplete, whoever learns it. */
#define PART(name, type, flags, words, test, help)                                             \
    {                                                                                          \
        "attachment." name, TYPE_##type, STAGE_EOM, RECORD_ATTACHMENT, FIL | A | (flags),      \
            words, test, help                                                                  \
    }
#define LINK(name, type, flags, help)                                                          \
    {                                                                                          \
        "url." name, TYPE_##type, STAGE_EOM, RECORD_URL, FIL | A | U | (flags), NULL, NULL,    \
            help                                                                               \
    }

/* Addresses that every test begins with, from the documentation domains of RFC 2606. */
#define TEST_SENDER    "\"sender@outside.example\""
#define TEST_RECIPIENT "\"recipient@inside.example\""

/* clang-format off */
const struct fact_row fact_table[FACT__COUNT] = {
    /* where */
    [FACT_PATH] = ROW("path", ENUM, CONNECT, A | L, path_names, "proxy",
        "the way through the gate; absent on a listener that is not ours"),
    [FACT_DIRECTION] = ROW("direction", ENUM, RCPT, RCP | DER | L, direction_names, "inbound",
        "outbound: a login or a client in $relay_networks; internal: outbound to an accepted domain; else inbound"),

    /* connection */
    [FACT_CLIENT_IP] = ROW("client.ip", IP, CONNECT, A | SENT | L, NULL, "192.0.2.1",
        "the address of the connected client"),
    [FACT_CLIENT_NAME] = ROW("client.name", DOMAIN, CONNECT, A | L, NULL, NULL,
        "the client's name, proved forwards and backwards in DNS"),
    [FACT_CLIENT_REVERSE_NAME] = ROW("client.reverse_name", DOMAIN, CONNECT, A | L, NULL, NULL,
        "the client's name in reverse DNS, not proved"),
    [FACT_CLIENT_COUNTRY] = ROW("client.country", STRING, CONNECT, A | U | L, NULL, NULL,
        "country of the client's address, two letters; absent for outbound and internal mail"),
    [FACT_CLIENT_ASN] = ROW("client.asn", NUMBER, CONNECT, A | U | L, NULL, NULL,
        "number of the autonomous system that announces the client's address"),
    [FACT_CLIENT_AS_NAME] = ROW("client.as_name", STRING, CONNECT, A | U | L, NULL, NULL,
        "name of that autonomous system"),
    [FACT_LISTENER_IP] = ROW("listener.ip", IP, CONNECT, A | L, NULL, NULL,
        "our address that the client connected to"),
    [FACT_LISTENER_PORT] = ROW("listener.port", NUMBER, CONNECT, A | L, NULL, NULL,
        "our port that the client connected to"),
    [FACT_LISTENER_STAGING] = ROW("listener.staging", STRING, CONNECT, A | SENT | L, NULL, "\"192.0.2.25:10025\"",
        "the setting staging_listener, so that a reply can name it; absent when it is empty"),
    [FACT_HELO_NAME] = ROW("helo.name", STRING, HELO, A | SENT | L, NULL, NULL,
        "what the client called itself in HELO or EHLO"),
    [FACT_TLS_VERSION] = ROW("tls.version", STRING, HELO, A, NULL, NULL,
        "the version of TLS, as TLSv1.3; absent without TLS"),
    [FACT_AUTH_USER] = ROW("auth.user", STRING, MAIL, A | SENT | L, NULL, NULL,
        "who logged in; absent without a login"),
    [FACT_AUTH_METHOD] = ROW("auth.method", STRING, MAIL, A | L, NULL, NULL,
        "the SASL mechanism of the login"),
    [FACT_DNSBL] = ROW("dnsbl", DOMAIN, CONNECT, A | U | SET | L, NULL, NULL,
        "the block lists (zones) that list the client; absent when none does, and for outbound and internal mail"),

    [FACT_DNSBL_ALLOW] = ROW("dnsbl.allow", DOMAIN, CONNECT, A | U | SET | L, NULL, NULL,
        "the allow lists (zones) that speak for the client; absent when none does"),
    [FACT_DNSBL_SENDER] = ROW("dnsbl.sender", DOMAIN, MAIL, A | U | SET | L, NULL, NULL,
        "the block lists (zones) that list the sender's domain; absent when none does"),
    [FACT_DNSBL_SCORE] = ROW("dnsbl.score", NUMBER, MAIL, A | U | L, NULL, "0",
        "weights of the lists in dnsbl and dnsbl.sender, less those in dnsbl.allow; 0 when none lists, absent for outbound and internal mail"),
    [FACT_DNSBL_URL] = ROW("dnsbl.url", DOMAIN, EOM, FIL | A | U | SET | LF, NULL, NULL,
        "the block lists (zones) that list the domain or address of a link; absent when none does"),
    [FACT_DNSBL_URL_DOMAINS] = ROW("dnsbl.url_domains", STRING, EOM, FIL | A | U | SET | SENT | LF, NULL, NULL,
        "the domains and addresses of links that the lists in dnsbl.url name"),
    [FACT_DNSBL_URL_SCORE] = ROW("dnsbl.url_score", NUMBER, EOM, FIL | A | U | LF, NULL, "0",
        "weights of the lists in dnsbl.url; 0 when none lists, absent for outbound and internal mail"),

    /* envelope */
    [FACT_SENDER] = ROW("sender", ADDRESS, MAIL, A | SENT | L, NULL, TEST_SENDER,
        "the address given in MAIL FROM; absent when it is <>"),
    [FACT_SENDER_DOMAIN] = ROW("sender.domain", DOMAIN, MAIL, A | DER | SENT | L, NULL, NULL,
        "domain of the sender: what follows the last @"),
    [FACT_RECIPIENT] = ROW("recipient", ADDRESS, RCPT, A | RCP | SENT | L, NULL, TEST_RECIPIENT,
        "the address given in RCPT TO"),
    [FACT_RECIPIENT_DOMAIN] = ROW("recipient.domain", DOMAIN, RCPT, A | RCP | DER | SENT | L, NULL, NULL,
        "domain of the recipient: what follows the last @"),
    [FACT_RECIPIENT_ROUTED] = ROW("recipient.routed", BOOL, RCPT, RCP | DER | L, NULL, "false",
        "the local part holds @, % or !, which servers read as a further route"),
    [FACT_RECIPIENT_COUNT] = ROW("recipient.count", NUMBER, DATA, FIL | LF, NULL, "1",
        "how many recipients were accepted"),
    [FACT_MESSAGE_DECLARED_SIZE] = ROW("message.declared_size", SIZE, MAIL, A | SENT | L, NULL, NULL,
        "the size announced with MAIL FROM; absent when none was"),
    [FACT_MESSAGE_SIZE] = ROW("message.size", SIZE, EOM, FIL | SENT | LF, NULL, "1000",
        "the size of the message in bytes"),

    /* routing */
    [FACT_DOMAIN_ACCEPTED] = ROW("domain.accepted", BOOL, RCPT, RCP | L, NULL, "true",
        "we take mail for the recipient's domain"),
    [FACT_ROUTE_NEXT_HOPS] = ROW("route.next_hops", IP, RCPT, A | U | SET | RCP | L, NULL, NULL,
        "addresses that mail for this recipient goes to next; absent for domains that are not ours"),

    /* sender authentication */
    [FACT_SPF] = ROW("spf", ENUM, MAIL, A | LF, spf_names, "none",
        "result of SPF (RFC 7208); absent for outbound and internal mail"),
    [FACT_SPF_DOMAIN] = ROW("spf.domain", DOMAIN, MAIL, A | LF, NULL, NULL,
        "the domain that SPF was asked for: the sender's, or the name of HELO when the sender is <>"),
    [FACT_SPF_HELO] = ROW("spf.helo", ENUM, MAIL, A | LF, spf_names, "none",
        "result of SPF for the name of HELO; absent for outbound and internal mail"),
    [FACT_SPF_EXPLANATION] = ROW("spf.explanation", STRING, MAIL, A | LF, NULL, NULL,
        "what the domain says about a fail, in its own words (exp= of its record)"),
    [FACT_SPF_REASON] = ROW("spf.reason", STRING, MAIL, A | LF, NULL, NULL,
        "what SPF's result rests on: the mechanism that matched, or what is wrong with the record"),
    [FACT_DKIM] = ROW("dkim", ENUM, EOM, FIL | LF, dkim_names, "none",
        "best result of the DKIM signatures (RFC 6376)"),
    [FACT_DKIM_DOMAINS] = ROW("dkim.domains", DOMAIN, EOM, FIL | A | SET | LF, NULL, NULL,
        "the domains whose DKIM signature is good"),
    [FACT_DKIM_RESULTS] = ROW("dkim.results", STRING, EOM, FIL | A | SET | LF, NULL, NULL,
        "each signature as Authentication-Results has it: pass header.d=example.com header.s=s1 ..."),
    [FACT_DKIM_AUTHORS] = ROW("dkim.authors", DOMAIN, EOM, FIL | A | SET | LF, NULL, NULL,
        "of dkim.domains those whose signature covers all that a reader sees: they may prove an author"),
    [FACT_DMARC] = ROW("dmarc", ENUM, EOM, FIL | A | LF, dmarc_names, "none",
        "result of DMARC (RFC 7489), the worst of several From; absent for outbound and internal mail"),
    [FACT_DMARC_POLICY] = ROW("dmarc.policy", ENUM, EOM, FIL | A | LF, dmarc_policy_names, NULL,
        "what the domain asks for when DMARC fails"),
    [FACT_DMARC_DOMAIN] = ROW("dmarc.domain", DOMAIN, EOM, FIL | A | LF, NULL, NULL,
        "the domain of From that DMARC was asked for, of several the one with the worst result"),
    [FACT_ARC] = ROW("arc", ENUM, EOM, FIL | LF, arc_names, "none",
        "result of the ARC chain (RFC 8617)"),
    [FACT_ARC_SEALERS] = ROW("arc.sealers", DOMAIN, EOM, FIL | A | SET | LF, NULL, NULL,
        "the domains that sealed an ARC chain that holds"),
    [FACT_ARC_DMARC] = ROW("arc.dmarc", DOMAIN, EOM, FIL | A | SET | LF, NULL, NULL,
        "domains of From for which a chain of trusted sealers says that DMARC passed"),
    [FACT_AUTHRES_ID] = ROW("authres.id", STRING, EOM, FIL | A | LF, NULL, NULL,
        "the inner gateway whose Authentication-Results were taken over; absent: we looked ourselves"),
    [FACT_AUTHOR] = ROW("author", ADDRESS, EOM, FIL | A | SENT | LF, NULL, NULL,
        "the From address when a login, DKIM or SPF proves it; else absent"),
    [FACT_AUTHOR_DOMAIN] = ROW("author.domain", DOMAIN, EOM, FIL | A | DER | SENT | LF, NULL, NULL,
        "domain of the author"),
    [FACT_AUTHOR_BY] = ROW("author.by", ENUM, EOM, FIL | A | LF, author_by_names, NULL,
        "what proves the author"),

    /* message */
    [FACT_FROM] = ROW("from", ADDRESS, HEADERS, FIL | A | SET | SENT | LF, NULL, TEST_SENDER,
        "the addresses in From: what the reader sees, proved by nothing"),
    [FACT_FROM_DOMAIN] = ROW("from.domain", DOMAIN, HEADERS, FIL | A | SET | DER | SENT | LF, NULL, NULL,
        "the domains of From"),
    [FACT_REPLY_TO] = ROW("reply_to", ADDRESS, HEADERS, FIL | A | SET | SENT | LF, NULL, NULL,
        "the addresses in Reply-To"),
    [FACT_SUBJECT] = ROW("subject", STRING, HEADERS, FIL | A | SENT | LF, NULL, NULL,
        "the subject, decoded"),
    [FACT_MESSAGE_ID] = ROW("message.id", STRING, HEADERS, FIL | A | SENT | LF, NULL, NULL,
        "the Message-ID, with its angle brackets"),
    [FACT_LOOP_HOPS] = ROW("loop.hops", NUMBER, HEADERS, FIL | LF, NULL, "0",
        "how many Received headers there are"),
    [FACT_LOOP_PASSES] = ROW("loop.passes", NUMBER, HEADERS, FIL | LF, NULL, "0",
        "how often this message came through here before, by our own marks"),
    [FACT_LOOP_CERTAIN] = ROW("loop.certain", BOOL, HEADERS, FIL | LF, NULL, "false",
        "it came this way before, for these recipients"),
    [FACT_MIME_AMBIGUOUS] = ROW("mime.ambiguous", BOOL, EOM, FIL | LF, NULL, "false",
        "programs may disagree on what it holds or who wrote it: doubled headers, conflicting parameters, a crooked From"),
    [FACT_MIME_BROKEN] = ROW("mime.broken", BOOL, EOM, FIL | LF, NULL, "false",
        "it breaks the rules of MIME: undecodable, unended, unknown encodings"),
    [FACT_TEXT] = ROW("text", STRING, EOM, FIL | A | U | SET | SENT, NULL, NULL,
        "the readable text of the message"),
    [FACT_VIRUS] = ROW("virus", STRING, EOM, FIL | A | U, NULL, NULL,
        "name of a virus found in the message; absent when clean"),
    [FACT_SPAM_SCORE] = ROW("spam.score", SCORE, EOM, FIL | U, NULL, "0",
        "points given by the spam scanner"),
    [FACT_SPAM_SYMBOLS] = ROW("spam.symbols", STRING, EOM, FIL | A | U | SET, NULL, NULL,
        "names of the spam scanner's findings"),
    [FACT_SCORE] = ROW("score", SCORE, CONNECT, EVA | L, NULL, "0",
        "points given by the rules above"),

    /* time */
    [FACT_TIME_HOUR] = ROW("time.hour", NUMBER, MAIL, L, NULL, "12",
        "hour of arrival, 0 to 23, in the setting time_zone"),
    [FACT_TIME_WEEKDAY] = ROW("time.weekday", ENUM, MAIL, L, weekday_names, "wednesday",
        "day of arrival, in the setting time_zone"),

    /* what was before, [policy] only */
    [FACT_GREYLIST_AGE] = ROW("greylist.age", DURATION, RCPT, U | POL | LP, NULL, "0",
        "since the client's network first tried this sender and recipient; 35d once it has passed"),

    /* attachment: uninspected itself is never unknown, it is how the rest is said to be */
    [FACT_ATTACHMENT_NAME] = PART("name", STRING, U | SET | SENT | LF, NULL, NULL,
        "every name the part may be taken to have"),
    [FACT_ATTACHMENT_EXTENSION] = PART("extension", STRING, U | SET | DER | SENT | LF, NULL, NULL,
        "what follows the last dot of each name, without the dot"),
    [FACT_ATTACHMENT_TYPE] = PART("type", STRING, U | SENT | LF, NULL, NULL,
        "the declared MIME type"),
    [FACT_ATTACHMENT_MAGIC] = PART("magic", ENUM, U, magic_names, NULL,
        "what its bytes say it is"),
    [FACT_ATTACHMENT_SIZE] = PART("size", SIZE, U | SENT | LF, NULL, NULL,
        "its decoded size"),
    [FACT_ATTACHMENT_DEPTH] = PART("depth", NUMBER, U | LF, NULL, NULL,
        "how many multiparts, messages and archives it lies in"),
    [FACT_ATTACHMENT_LOCATION] = PART("location", STRING, U | LF, NULL, NULL,
        "where it lies: 2.1/invoice.zip/a.exe"),
    [FACT_ATTACHMENT_SHA256] = PART("sha256", STRING, U | LF, NULL, NULL,
        "SHA-256 of its decoded content, hexadecimal"),
    [FACT_ATTACHMENT_ENCRYPTED] = PART("encrypted", BOOL, U, NULL, "false",
        "it needs a password"),
    [FACT_ATTACHMENT_MACROS] = PART("macros", BOOL, U, NULL, "false",
        "it holds macros"),
    [FACT_ATTACHMENT_DECEPTIVE] = PART("deceptive", BOOL, U | DER | LF, NULL, "false",
        "a name hides what it is: characters that turn the direction of writing or cannot be seen"),
    [FACT_ATTACHMENT_UNINSPECTED] = PART("uninspected", STRING, LF, NULL, NULL,
        "why it could not be looked into; absent when it was"),
    [FACT_ATTACHMENT_VIRUS] = PART("virus", STRING, U, NULL, NULL,
        "name of a virus found in it"),

    /* url */
    [FACT_URL_HOST] = LINK("host", STRING, SENT | LF, "host of the link: a domain, or an address"),
    [FACT_URL_DOMAIN] = LINK("domain", DOMAIN, SENT | LF, "registered domain of the host; absent when it is an address"),
    [FACT_URL_TEXT] = LINK("text", STRING, SENT | LF, "what the reader sees of the link; absent of pictures and forms"),
    [FACT_URL_DECEPTIVE] = LINK("deceptive", BOOL, LF, "the text names a host of another registered domain than the link goes to; of newsletters that count clicks, too"),

    /* with an argument */
    [FACT_HEADER] = ROW("header", STRING, HEADERS, FIL | A | SET | SENT | LF, NULL, NULL,
        "header(\"Name\"): the values of a header, decoded"),
    [FACT_TAG] = ROW("tag", BOOL, CONNECT, EVA | L, NULL, "false",
        "tag(\"name\"): a rule above gave this tag"),
    [FACT_COUNT_OF] = ROW("count", NUMBER, RCPT, A | POL | LP, NULL, "0",
        "count(messages or recipients, key, window)"),
    [FACT_SUM_OF] = ROW("sum", SIZE, RCPT, A | POL | LP, NULL, "0",
        "sum(size, key, window)"),
    [FACT_DISTINCT] = ROW("distinct", NUMBER, RCPT, A | POL | LP, NULL, "0",
        "distinct(fact, key, window): how many different values"),
};
/* clang-format on */

const struct name_value record_names[] = {
    {"attachment", RECORD_ATTACHMENT},
    {"url", RECORD_URL},
    {NULL, 0},
};
