/* fuzz_envelope: signed entries as they come from Redis. What is taken must stay within the bytes given, and its fields can be signed again. */
#include <stdlib.h>

#include "policyd/cluster/envelope.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void sign_again(const struct envelope *e)
{
    static struct sign_key key;
    struct envelope copy = *e, again;
    struct str text = STR_EMPTY;
    struct err err;

    if (key.public[0] == 0)
        sign_key_new(&key);
    copy.own = (struct str)STR_EMPTY;
    if (envelope_sign(&text, &copy, &key, &err) == 0) {
        if (envelope_parse(str_span(&text), &again, &err) < 0 ||
            !envelope_verify(str_span(&text), &again, key.public) ||
            !span_equal(again.payload, e->payload) || again.number != e->number)
            abort();
        envelope_clear(&again);
    }
    str_clear(&text);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const uint8_t public_key[SIGN_PUBLIC_SIZE] = {1};
    struct envelope e;
    struct err err;
    struct span bytes = span_from(data, size);

    if (envelope_parse(bytes, &e, &err) == 0) {
        if (envelope_verify(bytes, &e, public_key))
            abort();
        if (e.payload.ptr < bytes.ptr || e.payload.ptr + e.payload.len > bytes.ptr + bytes.len)
            abort();
        sign_again(&e);
    }
    envelope_clear(&e);
    return 0;
}
