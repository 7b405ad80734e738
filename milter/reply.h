/* Sends an answer through libmilter: reply text, then the status the callback returns. */
#ifndef MILTER_REPLY_H
#define MILTER_REPLY_H
#include <libmilter/mfapi.h>
#include "milter/answer.h"

/* For the two steps that have a reply, RCPT and end of message. */
sfsistat reply_send(SMFICTX *ctx, const struct answer *answer);
/* The only place where SMFIS_ACCEPT stands: at end of message, never earlier. */
sfsistat reply_end(SMFICTX *ctx, const struct answer *answer);
#endif
