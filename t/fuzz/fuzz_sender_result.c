/* fuzz_sender_result: any bytes as the result of a sender worker; what reads is written the same again. */
#include <stdlib.h>
#include "inspect/sender_wire.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static struct sender_result read;
    struct span bytes = span_from(data, size);
    struct str again = STR_EMPTY;
    struct err err = {{0}};
    int result = sender_result_read(bytes, &read, &err);

    if ((result < 0) != (err.text[0] != '\0'))
        abort();
    if (result == 0) {
        sender_result_write(&again, &read);
        if (!span_equal(bytes, str_span(&again)))
            abort();
    }
    str_clear(&again);
    return 0;
}
