/* From policyd.db to state_dir/snapshot (store/manifest.h), for both daemons to load. Any thread but the loop's; one publication at a
 * time. Files already published are named again: an added list item writes an overlay of a few bytes and the manifest. */
#ifndef POLICYD_PUBLISH_H
#define POLICYD_PUBLISH_H
#include "conf/settings.h"
#include "store/policy_db.h"

int publish_begin(const struct settings *settings, struct policy_db *db, struct err *err);
/* Publishes what the database holds now, loads it in this process and tells the milter. 0 done (or nothing had changed), 1 there is no
 * revision yet and nothing is published, -1. A list with more changes than an overlay takes is published as it was, and again when
 * its new image is built (policyd/images.h): wait for it with publish_wait_list. A new revision waits for all images it needs. */
int publish_now(struct err *err);
/* What was published before came from another database: nothing of it is named again. */
void publish_distrust(void);
/* True when `name` is in force here with that generation or a later one; waits up to timeout_ms. */
bool publish_wait_list(struct span name, uint64_t generation, int timeout_ms);
/* Between these two nothing is published: for who changes the database in several steps. Not around publish_now. */
void publish_hold(void);
void publish_release(void);
void publish_end(void);
#endif
