/* Where the links of a message lead, as lists are asked for it: of each place a registered domain, or an address. */
#ifndef CHECKS_LINK_PLACES_H
#define CHECKS_LINK_PLACES_H
#include "facts/facts.h"

/* Places of one message that are asked; with more than six lists fewer, so that the questions of a message stay within DNS_OURS_MAX. Of more of them
 * these many are drawn, the same ones each time while the program runs: who hides one among others cannot know which. */
#define LINK_PLACES_MAX 40

struct link_places {
    size_t count;
    struct link_place {
        const struct value *value; /* of url.domain, or url.host of an address; in the facts */
        uint64_t lot;
    } at[LINK_PLACES_MAX]; /* in the order of the message, each once */
    bool are_more;
};

/* Once, before the first message. */
void link_places_init(void);
/* How many are asked at most. */
size_t link_places_max(void);
/* Without names of our own networks and private addresses: these are nobody's business. */
void link_places_find(struct link_places *places, const struct facts *facts);
#endif
