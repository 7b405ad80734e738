/* A block list as the settings write it, in the form of postscreen(8): ZONE[=ANSWERS][*WEIGHT]. ANSWERS is an IPv4 address whose parts may be
 * sets, [2..11;14]; several such patterns may be separated by ";" outside of brackets. */
#ifndef CONF_DNSBL_ZONE_H
#define CONF_DNSBL_ZONE_H
#include <stdint.h>
#include "base/err.h"
#include "base/span.h"

#define DNSBL_ZONES_MAX   32 /* of one setting */
#define DNSBL_ANSWERS_MAX 8
#define DNSBL_WEIGHT_MAX  1000

struct dnsbl_zone {
    struct span name;    /* lower case as written, no final dot; points into the text */
    int weight;          /* 1 to DNSBL_WEIGHT_MAX */
    size_t answer_count; /* 0: all of 127.0.0.0/8 but 127.255.0.0/16 */
    struct dnsbl_answers {
        uint64_t part[4][4]; /* of each of the four parts a bit for each of 256 values */
    } answers[DNSBL_ANSWERS_MAX];
};

int dnsbl_zone_parse(struct span text, struct dnsbl_zone *zone_r, struct err *err);
/* A whole setting: zones separated by commas, none of them twice; empty: none. zones_r has room for DNSBL_ZONES_MAX. How many, or -1. */
int dnsbl_zones_parse(struct span text, struct dnsbl_zone *zones_r, struct err *err);
/* Does this answer, an A record, mean that it is listed? */
bool dnsbl_zone_counts(const struct dnsbl_zone *zone, const uint8_t answer[4]);
#endif
