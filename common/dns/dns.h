/* The resolver of a program: one thread owns a libunbound event context with its cache; everybody else hands questions over and never
 * waits here. Every question has a deadline and an asker, and bounds hold per zone, per asker and over all, so that nobody's silent name
 * servers cost anybody else an answer. */
#ifndef DNS_DNS_H
#define DNS_DNS_H
#include "conf/settings.h"
#include "mail/dns_answer.h"

#define DNS_ZONE_MAX 8 /* lookups under way below one organisational domain */
#define DNS_ASKER_MAX                                                                          \
    32 /* for one asker (a client's network); joining one that is under way costs nothing */
#define DNS_OURS_MAX                                                                           \
    256 /* below a zone that the administrator named (is_ours), in place of DNS_ZONE_MAX */
#define DNS_TOTAL_MAX 2000 /* over all */
/* Added to an asker's number: counted apart from what else it makes us ask, with the same bounds; what is_ours, below its zone too. */
#define DNS_ASKER_APART (UINT64_C(1) << 62)

struct dns_question {
    enum dns_type type;
    struct span name; /* copied; any case, no final dot */
    uint64_t
        asker; /* a number for whoever makes us ask (dns_asker); 0: ourselves, without bound */
    bool
        is_ours; /* what no sender may crowd out (a blocklist): counted apart, and asker and zone bounds are wider */
    int64_t deadline; /* clock_mono_ms */
    /* Called exactly once, from the resolver's thread, never from inside dns_ask; must not block. The answer is only lent. NULL: only to
     * have it in the cache when it is asked for in earnest. */
    void (*done)(void *ctx, const struct dns_answer *answer);
    void *ctx;
};

/* Starts the thread; without it (or after dns_end) every question is answered DNS_FAILED, still from another call. -1 when no resolver
 * can be set up (err says which setting). Call after any fork. */
int dns_begin(const struct settings *settings, struct err *err);
/* Answers what is under way with DNS_FAILED, ends the thread. */
void dns_end(void);

/* Hands all over at once: they go out together. Questions under way for the same name and type are joined. Never blocks. */
void dns_ask(const struct dns_question *questions, size_t count);

/* An asker's number: the client's /24, or /56 of IPv6. */
struct ip;
uint64_t dns_asker(const struct ip *client);

/* For `status`. */
struct dns_counts {
    uint64_t asked, joined, answered, failed, timeouts, limited;
    unsigned under_way;
    unsigned servers;   /* name servers known: 0 means that nothing can be asked */
    bool is_silent;     /* no server has answered lately */
    bool is_validating; /* DNSSEC */
};
void dns_count(struct dns_counts *counts_r);
#endif
