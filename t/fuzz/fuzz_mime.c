/* fuzz_mime: any bytes as a message; whatever they are, the facts are those that a client takes from a worker. */
#include <stdlib.h>
#include "facts/block.h"
#include "inspect/content_facts.h"
#include "milter/inspect/mime.h"

int LLVMFuzzerInitialize(int *argc, char ***argv);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerInitialize(int *argc, char ***argv)
{
    (void)argc;
    (void)argv;
    mime_prepare();
    return 0;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static struct mime_request request;
    struct facts *facts = facts_new(), *read = facts_new();
    struct content_wants wants = {SPAN("subject\0"), WIRE_LINKS};
    struct str block = STR_EMPTY;
    struct err err;

    request.message = span_from(data, size);
    request.limits = (struct wire_limits){50, 8, 100, 8192, 20, 2000};
    request.wants_links = true;
    request.want_count = 1;
    request.wants[0] = SPAN("subject");
    mime_inspect(&request, facts);
    if (block_write(&block, facts, &err) != 0 ||
        block_read(read, str_span(&block), &err) != 0 ||
        content_facts_check(read, &wants, &err) != 0)
        abort();
    str_clear(&block);
    facts_free(&facts);
    facts_free(&read);
    return 0;
}
