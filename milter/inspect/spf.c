/* spf.c - what SPF says of a sender. */
#include "milter/inspect/spf.h"
#include "facts/fact_words.h"

void spf_prepare(void)
{
}

void spf_check(const struct sender_request *request, struct arena *arena,
               struct sender_result *result_r)
{
    (void)request;
    (void)arena;
    names_value(spf_names, SPAN("temperror"), &result_r->spf);
}
