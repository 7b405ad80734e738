/* How many of something are under way for whom: small counts by a 64-bit key, gone when they are 0. One thread. */
#ifndef DNS_TALLY_H
#define DNS_TALLY_H
#include <stdbool.h>
#include <stdint.h>

struct tally;

struct tally *tally_new(void);
void tally_free(struct tally **tally);
unsigned tally_count(const struct tally *tally, uint64_t key);
void tally_add(struct tally *tally, uint64_t key);
void tally_sub(struct tally *tally, uint64_t key); /* what was added */
#endif
