/* The policy protocol: any bytes are a request, not one yet, or refused; in pieces the same as at once; facts from it are bounded. */
#include <stdlib.h>

#include "facts/from_policy.h"
#include "policyd/request.h"

#define LIMIT 8192

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void learn(const struct request *request)
{
    struct policy_attributes *attributes = from_policy_begin();
    struct facts *message = facts_new(), *recipient = facts_new();

    for (size_t i = 0; i < request->count; i++)
        from_policy_add(attributes, request->attributes[i].name, request->attributes[i].value);
    from_policy_end(&attributes, message, recipient);
    facts_free(&message);
    facts_free(&recipient);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct request_reader whole = {.limit = LIMIT}, pieces = {.limit = LIMIT};
    struct request request;
    size_t used = 0, again = 0;
    int state = request_parse(&whole, span_from(data, size), &request, &used, NULL),
        in_pieces = 0;

    if (state == 1 && (used == 0 || used > size || used > LIMIT || request.count == 0))
        abort();
    if (state == 1)
        learn(&request);
    for (size_t len = 0; len <= size && in_pieces == 0; len += 1 + len / 7)
        in_pieces = request_parse(&pieces, span_from(data, len), &request, &again, NULL);
    if (in_pieces == 0)
        in_pieces = request_parse(&pieces, span_from(data, size), &request, &again, NULL);
    if (in_pieces != state || (state == 1 && again != used))
        abort();
    return 0;
}
