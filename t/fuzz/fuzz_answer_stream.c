/* fuzz_answer_stream: any bytes as the frames of an answer, in two pieces as in one; then as a sealed piece, which none of them is. */
#include <stdlib.h>
#include "policyd/cluster/answer_frames.h"
#include "policyd/cluster/answer_stream.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

struct seen {
    size_t rows, bytes;
};

static void see_row(void *ctx, json_t *row)
{
    if (!json_is_object(row))
        abort();
    ((struct seen *)ctx)->rows++;
}

static void see_data(void *ctx, struct span bytes)
{
    ((struct seen *)ctx)->bytes += bytes.len;
}

static int feed(struct span a, struct span b, struct seen *seen)
{
    struct control_sink sink = {see_row, see_data, seen};
    struct answer_frames frames = {.sink = &sink};
    struct err err;
    int result = answer_feed(&frames, a, &err);

    if (result == 0 && b.len > 0)
        result = answer_feed(&frames, b, &err);
    answer_clear(&frames);
    return result;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    size_t cut = size == 0 ? 0 : data[size - 1] % size;
    struct seen whole = {0, 0}, parts = {0, 0};
    struct answer_receiver receiver = {.is_over = false};
    struct str out = STR_EMPTY;
    int one = feed(span_from(data, size), SPAN(""), &whole);
    int two = feed(span_from(data, cut), span_from(data + cut, size - cut), &parts);

    if (one != two || (one == 0 && (whole.rows != parts.rows || whole.bytes != parts.bytes)))
        abort();
    seal_key_new(&receiver.key);
    if (answer_receive(&receiver, span_from(data, size), &out, NULL) != -1)
        abort();
    str_clear(&out);
    return 0;
}
