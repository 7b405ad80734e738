/* Accepted domains and where their mail goes: next hops in the order of preference. */
#ifndef STORE_DOMAINS_H
#define STORE_DOMAINS_H
#include "base/err.h"
#include "base/str.h"
#include "store/policy_db.h"

#define DOMAINS_MAX        100000
#define DOMAIN_MAX_HOPS    16
#define NEXT_HOP_PORT      25
#define NEXT_HOP_HOST_SIZE 256

struct next_hop {
    /* Lower case A-labels, or an address as base/ipnet prints it, without brackets. */
    char host[NEXT_HOP_HOST_SIZE];
    uint16_t port;
    bool is_address;
};
/* HOST[:PORT]; an IPv6 address with a port stands in brackets. */
int next_hop_parse(struct span text, struct next_hop *hop_r, struct err *err);
/* "[2001:db8::1]:25", "mail.example.com:25": always with port. */
void next_hop_print(struct str *out, const struct next_hop *hop);

struct domain {
    char name[NEXT_HOP_HOST_SIZE]; /* lower case A-labels, no final dot */
    size_t hop_count;              /* 1 .. DOMAIN_MAX_HOPS */
    struct next_hop hops[DOMAIN_MAX_HOPS];
};

/* Adds or replaces. name: any spelling (mail/domain.h). 1 added, 0 replaced, -1 e.g. not a domain, no hop, too many. */
int domains_put(struct policy_db *db, struct span name, const struct next_hop *hops,
                size_t hop_count, struct err *err);
/* 1 removed, 0 was not there, -1. */
int domains_remove(struct policy_db *db, struct span name, struct err *err);
/* Exactly these afterwards, all or nothing; names as domains_put takes them. */
int domains_replace(struct policy_db *db, const struct domain *domains, size_t count,
                    struct err *err);
/* The name as it is stored; false: no domain. */
bool domains_normalize(struct span name, char normal_r[NEXT_HOP_HOST_SIZE]);
/* All, by name; *domains_r is freed with free(). *generation_r (may be NULL) rises with each change of any domain. */
int domains_list(struct policy_db *db, struct domain **domains_r, size_t *count_r,
                 uint64_t *generation_r, struct err *err);
#endif
