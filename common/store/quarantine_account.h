/* How much lies in quarantine and who brought it today: the bounds. Thread-safe. */
#ifndef STORE_QUARANTINE_ACCOUNT_H
#define STORE_QUARANTINE_ACCOUNT_H
#include "base/err.h"
#include "base/span.h"
#include "store/quarantine.h"

struct quarantine_account;
struct quarantine_account *quarantine_account_new(const struct quarantine_options *options);
void quarantine_account_free(struct quarantine_account **account);

/* Found at start: counts it without asking. */
void quarantine_account_found(struct quarantine_account *a, struct span client, int64_t time_ms,
                              uint64_t bytes);
/* Takes room for a new file before it is written: 0; 1 over a bound (err names it and the setting); -1 the file system cannot be asked. */
int quarantine_account_take(struct quarantine_account *a, struct span client, uint64_t bytes,
                            struct err *err);
/* Gives it back: the file was not written after all. */
void quarantine_account_untake(struct quarantine_account *a, struct span client,
                               uint64_t bytes);
/* A file was removed or cut: room again, but the day's share of its client stays used. */
void quarantine_account_removed(struct quarantine_account *a, uint64_t bytes, bool is_gone);
void quarantine_account_use(struct quarantine_account *a, struct quarantine_usage *usage_r);
#endif
