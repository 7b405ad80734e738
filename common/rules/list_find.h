/* Looking up in one image; overlay and rules stand above this. */
#ifndef RULES_LIST_FIND_H
#define RULES_LIST_FIND_H
#include "rules/list_format.h"

/* The longest network that holds ip, or LIST_NONE. */
uint32_t list_find_ip(const struct list_image *image, const struct ip *ip);
/* Exactly this network: its index or LIST_NONE. */
uint32_t list_find_net(const struct list_image *image, const struct list_net *net);

/* Texts, of an image that has some (buckets is not NULL). list_find_text alone is enough; who has several to look up calls one of these
 * after the other for all of them, so that the memory they wait for is fetched side by side. */
uint64_t list_hash(const struct list_image *image, struct span text);
void list_fetch_bucket(const struct list_image *image, uint64_t hash);
void list_fetch_items(const struct list_image *image, uint64_t hash);
/* Exactly this text, whose hash was made by list_hash. */
bool list_find_text(const struct list_image *image, struct span text, uint64_t hash);
#endif
