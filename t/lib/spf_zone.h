/* DNS in memory for SPF: records that a test gives, and the rounds that the milter would make for a worker. */
#ifndef T_LIB_SPF_ZONE_H
#define T_LIB_SPF_ZONE_H
#include "milter/inspect/spf.h"

struct spf_zone;
struct spf_zone *spf_zone_new(void);
void spf_zone_free(struct spf_zone **zone);
/* name: any bytes. data: the bytes of struct dns_answer; of a CNAME its target's name. */
#define SPF_ZONE_CNAME 5
void spf_zone_add(struct spf_zone *zone, int type, struct span name, struct span data);
/* A 192.0.2.1, AAAA, MX (preference 10), PTR, TXT, CNAME as texts. */
void spf_zone_text(struct spf_zone *zone, const char *name, const char *type, const char *text);
/* What has no record there is answered so. */
void spf_zone_status(struct spf_zone *zone, struct span name, enum dns_status status);
/* One name after the other, as the milter asks: of all types together. */
size_t spf_zone_asked(const struct spf_zone *zone);

/* spf_check() until nothing lacks; the number of its calls, or -1 when it would not end within the contract's rounds and names. */
int spf_rounds(struct spf_zone *zone, const struct sender_request *request, struct arena *arena,
               struct sender_result *result_r);
#endif
