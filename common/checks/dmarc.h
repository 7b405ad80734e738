/* The check of DMARC (RFC 7489) and of the author: what SPF, DKIM and ARC said, held against the domain of From and its policy. */
#ifndef CHECKS_DMARC_H
#define CHECKS_DMARC_H
#include "checks/check.h"

/* Settings come from sender_check_begin (checks/sender_check.h). */
extern const struct check dmarc_check;
#endif
