/* Macros that Postfix sends with each step: which we ask for, and which fact each becomes. One table. */
#ifndef MILTER_MACROS_H
#define MILTER_MACROS_H
#include <libmilter/mfapi.h>
#include "facts/facts.h"

int macros_request(SMFICTX *ctx); /* at negotiation; -1 when refused */
void macros_learn(SMFICTX *ctx, enum stage stage,
                  struct facts *facts); /* sets every fact of that stage, absent when empty */
enum path macros_path(SMFICTX *ctx,
                      const struct ip *client); /* from {daemon_name}, at CONNECT; 0: absent */
/* How Postfix read the path of MAIL and of RCPT; NULL when it does not say. */
const char *macros_sender(SMFICTX *ctx);
const char *macros_recipient(SMFICTX *ctx);
const char *macros_queue_id(SMFICTX *ctx); /* "" before DATA */
#endif
