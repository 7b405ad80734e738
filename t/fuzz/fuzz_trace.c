/* X-Postgate-Trace: any value is read or refused; what is read prints to what reads the same; nobody guesses a signature. */
#include <stdlib.h>

#include "mail/trace.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const uint8_t key[HASH_KEY_SIZE] = {7};
static const struct trace_keys keys = {key, NULL, NULL};

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct span recipient = SPAN("a@example.com");
    struct str printed = STR_EMPTY, again = STR_EMPTY;
    struct trace trace, copy;

    if (!trace_parse(span_from(data, size), &trace))
        return 0;
    if (trace_verify(&trace, &keys, SPAN("<1@example.com>"), trace.time, 1000) !=
            TRACE_INVALID ||
        trace_holds(&trace, SPAN("<1@example.com>"), &recipient, 1))
        abort();
    trace_print(&printed, &trace);
    if (!trace_parse(str_span(&printed), &copy))
        abort();
    trace_print(&again, &copy);
    if (!span_equal(str_span(&printed), str_span(&again)))
        abort();
    str_clear(&printed);
    str_clear(&again);
    return 0;
}
