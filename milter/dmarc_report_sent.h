/* Which reports of a day were sent: state_dir/milter/dmarc-reports/YYYYMMDD, a line each, appended and on the disk before the next step.
 *   sending DOMAIN             right before the final dot: from here on only Postfix knows
 *   sent DOMAIN QUEUE-ID       it has it
 *   failed DOMAIN              it has not, surely: tried again next time
 * A domain left at `sending` (killed in between, or no answer came) is never sent by itself again: rather none than two. */
#ifndef MILTER_DMARC_REPORT_SENT_H
#define MILTER_DMARC_REPORT_SENT_H
#include "base/err.h"
#include "base/span.h"

enum report_sent { REPORT_NOT_SENT = 0, REPORT_SENDING, REPORT_SENT };

struct sent;
/* Made when it is not there. day: since 1970. One at a time: the caller sees to it. NULL: err. */
struct sent *sent_open(const char *state_dir, int64_t day, struct err *err);
/* The same only to read; NULL without err: nothing was sent of that day. */
struct sent *sent_read(const char *state_dir, int64_t day, struct err *err);
void sent_close(struct sent **sent);
enum report_sent sent_state(const struct sent *sent, const char *domain); /* sent may be NULL */
/* -1: it is not on the disk; then nothing may be sent. */
int sent_note(struct sent *sent, enum report_sent state, const char *domain, const char *queue,
              struct err *err);
/* Removes what is known of days before that one. */
void sent_forget(const char *state_dir, int64_t before_day);
#endif
