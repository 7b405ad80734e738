/* `rules apply` over several nodes: waiting until they all have it, or trying it on one first. */
#ifndef CTL_RULES_CLUSTER_H
#define CTL_RULES_CLUSTER_H
#include "milter/ctl/ctl.h"

#define RULES_WAIT_S 30

/* One line for each node: ACK or NACK. EXIT_PARTIAL when one says NACK, or nothing in time. */
enum control_exit rules_wait(struct ctl *ctl, uint64_t revision, uint64_t seconds);
/* "15m", "90s", "2h" to seconds. */
bool rules_duration(const char *text, uint64_t *seconds_r);
struct rules_trial {
    const char *node, *duration, *note; /* duration and note may be NULL */
    uint64_t base;
    struct span text;
};
enum control_exit rules_try(struct ctl *ctl, const struct rules_trial *trial);
#endif
