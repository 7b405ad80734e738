/* What Redis answers: any bytes are replies, not whole yet, or refused; in pieces the same as at once. */
#include <stdlib.h>
#include "policyd/cluster/redis_reader.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* How many replies; -1 refused, with *had_r before that. */
static int read_all(const uint8_t *data, size_t size, size_t step, int *had_r)
{
    struct redis_reader *reader = redis_reader_new();
    redisReply *reply;
    int state = 0;

    *had_r = 0;
    for (size_t at = 0; at < size && state == 0; at += step) {
        size_t len = size - at < step ? size - at : step;
        if (redis_reader_feed(reader, span_from(data + at, len), NULL) != 0)
            abort(); /* so much is not fuzzed */
        while ((state = redis_reader_next(reader, &reply, NULL)) == 1) {
            freeReplyObject(reply);
            ++*had_r;
        }
    }
    redis_reader_free(&reader);
    return state;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    int whole, pieces, state = read_all(data, size, size + 1, &whole);

    if (read_all(data, size, 1 + size / 7, &pieces) != state || pieces != whole)
        abort();
    return 0;
}
