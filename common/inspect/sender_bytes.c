/* sender_bytes.c - numbers and texts in a row, written and read with every length checked. */
#include "inspect/sender_bytes.h"

void sender_put(struct str *out, uint64_t value, unsigned width)
{
    for (unsigned i = 0; i < width; i++)
        str_addc(out, (char)(uint8_t)(value >> (8 * i)));
}

void sender_put_text(struct str *out, struct span text)
{
    sender_put(out, text.len, 2);
    str_add(out, text);
}

struct span sender_get_bytes(struct sender_reader *reader, size_t len)
{
    struct span taken = span_from(reader->rest.ptr, len);

    reader->is_bad = reader->is_bad || len > reader->rest.len;
    if (reader->is_bad)
        return SPAN("");
    reader->rest = span_from(reader->rest.ptr + len, reader->rest.len - len);
    return taken;
}

uint64_t sender_get(struct sender_reader *reader, unsigned width)
{
    struct span bytes = sender_get_bytes(reader, width);
    uint64_t value = 0;

    for (size_t i = 0; i < bytes.len; i++)
        value |= (uint64_t)(uint8_t)bytes.ptr[i] << (8 * i);
    return value;
}

uint64_t sender_get_max(struct sender_reader *reader, unsigned width, uint64_t max)
{
    uint64_t value = sender_get(reader, width);

    reader->is_bad = reader->is_bad || value > max;
    return reader->is_bad ? 0 : value;
}

struct span sender_get_text(struct sender_reader *reader, size_t max)
{
    return sender_get_bytes(reader, (size_t)sender_get_max(reader, 2, max));
}

bool sender_is_whole(const struct sender_reader *reader)
{
    return !reader->is_bad && reader->rest.len == 0;
}
