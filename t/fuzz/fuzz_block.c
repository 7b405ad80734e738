/* fuzz_block: any bytes as a block of facts; what is read must be written and read back. */
#include <stdlib.h>
#include "facts/block.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct facts *facts = facts_new(), *again = facts_new();
    struct str block = STR_EMPTY;
    struct err err;

    if (block_read(facts, span_from(data, size), &err) == 0 &&
        (block_write(&block, facts, &err) != 0 ||
         block_read(again, str_span(&block), &err) != 0))
        abort();
    str_clear(&block);
    facts_free(&facts);
    facts_free(&again);
    return 0;
}
