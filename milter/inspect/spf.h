/* check_host() of RFC 7208 from DNS answers that are there already: libspf2 evaluates; a guard over its hooks answers its lookups, keeps the
 * limits it lacks, and hands it only records that were read strictly here. Runs in the sandbox. */
#ifndef MILTER_INSPECT_SPF_H
#define MILTER_INSPECT_SPF_H
#include "base/arena.h"
#include "inspect/sender_wire.h"

/* Values of spf_names (facts/fact_words.c). */
enum spf_result {
    SPF_NONE = 1,
    SPF_NEUTRAL,
    SPF_PASS,
    SPF_FAIL,
    SPF_SOFTFAIL,
    SPF_TEMPERROR,
    SPF_PERMERROR
};

/* Before the sandbox: libspf2 asks for the host's name when it begins. */
void spf_prepare(void);
/* check_host() for the request's identity, or the names still lacking. *result_r is zeroed; its texts lie in arena, the request or static
 * memory. */
void spf_check(const struct sender_request *request, struct arena *arena,
               struct sender_result *result_r);
#endif
