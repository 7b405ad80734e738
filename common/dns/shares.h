/* How many of something are under way for whom: small counts by a 64-bit key, gone when they are 0. One thread. */
#ifndef DNS_SHARES_H
#define DNS_SHARES_H
#include <stdbool.h>
#include <stdint.h>

struct shares;

struct shares *shares_new(void);
void shares_free(struct shares **shares);
unsigned shares_count(const struct shares *shares, uint64_t key);
void shares_add(struct shares *shares, uint64_t key);
void shares_sub(struct shares *shares, uint64_t key); /* what was added */
#endif
