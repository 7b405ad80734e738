/* signatures.c - what a message's signatures say of who sent it. */
#include "milter/inspect/signatures.h"
#include "facts/fact_words.h"

void signatures_prepare(void)
{
}

void signatures_check(const struct sender_request *request, struct span message,
                      struct arena *arena, struct sender_result *result_r)
{
    (void)request;
    (void)message;
    (void)arena;
    names_value(arc_names, SPAN("none"), &result_r->arc);
}
