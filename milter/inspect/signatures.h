/* DKIM signatures, ARC chain and an inner gateway's results of one message, from DNS answers that are there already. Runs in the sandbox. */
#ifndef MILTER_INSPECT_SIGNATURES_H
#define MILTER_INSPECT_SIGNATURES_H
#include "base/arena.h"
#include "inspect/sender_wire.h"

/* Before the sandbox: algorithms and random numbers of OpenSSL. */
void signatures_prepare(void);
/* All that the message says of who signed it, or the names still lacking. Texts of the result lie in arena, the request, the message or
 * static memory. */
void signatures_check(const struct sender_request *request, struct span message,
                      struct arena *arena, struct sender_result *result_r);
#endif
