/* Where checks put what they learnt: counted, thread-safe, bounded by the number of checks started. The owner takes; an answer that comes after the
 * owner let go is freed with the mailbox. */
#ifndef CHECKS_MAILBOX_H
#define CHECKS_MAILBOX_H
#include "facts/facts.h"

struct mailbox;

struct mailbox *mailbox_new(void);
struct mailbox *mailbox_pin(struct mailbox *mailbox);
void mailbox_unpin(struct mailbox **mailbox);
/* Hands facts over (sets *facts to NULL). Wakes the waiter and calls the wake function. */
void mailbox_post(struct mailbox *mailbox, int check, struct facts **facts);
/* The next answer and whose it is, or NULL. The caller owns it. */
struct facts *mailbox_take(struct mailbox *mailbox, int *check_r);
/* Waits until there is something to take; false at the deadline (clock_mono_ms). */
bool mailbox_wait(struct mailbox *mailbox, int64_t deadline_mono_ms);
/* For a loop: called from the posting thread after each post. Set before the first check is started. */
void mailbox_set_wake(struct mailbox *mailbox, void (*wake)(void *ctx), void *ctx);
#endif
