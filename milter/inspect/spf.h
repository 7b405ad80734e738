/* SPF (RFC 7208) of one sender, from DNS answers that are there already. Runs in the sandbox. */
#ifndef MILTER_INSPECT_SPF_H
#define MILTER_INSPECT_SPF_H
#include "base/arena.h"
#include "inspect/sender_wire.h"

/* Before the sandbox: whatever the library opens lazily. */
void spf_prepare(void);
/* check_host() for the request's identity, or the names still lacking. Texts of the result lie in arena, the request or static memory. */
void spf_check(const struct sender_request *request, struct arena *arena,
               struct sender_result *result_r);
#endif
