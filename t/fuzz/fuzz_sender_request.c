/* fuzz_sender_request: any bytes as a question to a sender worker; what reads is written the same again. */
#include <stdlib.h>
#include "inspect/sender_wire.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct span bytes = span_from(data, size);
    struct arena *arena = arena_new();
    struct sender_request request;
    struct str again = STR_EMPTY;
    struct err err = {{0}};
    int result = sender_request_read(bytes, arena, &request, &err);

    if ((result < 0) != (err.text[0] != '\0'))
        abort();
    if (result == 0) {
        sender_request_write(&again, &request);
        if (!span_equal(bytes, str_span(&again)))
            abort();
    }
    str_clear(&again);
    arena_free(&arena);
    return 0;
}
