/* Private to the two codecs of the sender pool: numbers and texts one after another, and a reader that cannot leave its bytes. */
#ifndef INSPECT_SENDER_BYTES_H
#define INSPECT_SENDER_BYTES_H
#include "base/str.h"

/* Numbers little-endian in `width` bytes (1 to 8); a text is its length in 2 bytes, then its bytes (at most 65,535). */
void sender_put(struct str *out, uint64_t value, unsigned width);
void sender_put_text(struct str *out, struct span text);

/* After the first thing that does not read all else is 0 or empty, and is_bad stays set. */
struct sender_reader {
    struct span rest;
    bool is_bad;
};
uint64_t sender_get(struct sender_reader *reader, unsigned width);
/* is_bad when it is above max. */
uint64_t sender_get_max(struct sender_reader *reader, unsigned width, uint64_t max);
struct span sender_get_bytes(struct sender_reader *reader, size_t len);
struct span sender_get_text(struct sender_reader *reader, size_t max);
/* Everything was read, and all of it was right. */
bool sender_is_whole(const struct sender_reader *reader);
#endif
