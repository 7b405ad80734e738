/* What a trusted inner gateway wrote of a message that it has checked already (RFC 8601 section 4). */
#ifndef INSPECT_SIGNATURES_TAKEN_H
#define INSPECT_SIGNATURES_TAKEN_H
#include "milter/inspect/signed.h"

/* Authentication-Results of request->trusted_id above the topmost Received, as many as there are; nothing below is believed. */
void signatures_take(struct signed_message *message, struct sender_taken *taken_r);
#endif
