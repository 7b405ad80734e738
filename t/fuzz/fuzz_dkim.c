/* The texts of DKIM: signature fields, key records, canonical forms. What reads is whole; canonical forms do not depend on how they are cut. */
#include <stdlib.h>

#include "base/verify.h"
#include "base/xalloc.h"
#include "mail/dkim_signature.h"
#include "mail/tags.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check(bool is_fine)
{
    if (!is_fine)
        abort();
}

static void read_signature(enum dkim_kind kind, struct span value)
{
    struct dkim_signature signature;
    struct dkim_field field = {SPAN("DKIM-Signature"), value};
    char name[DNS_NAME_MAX + 1], same[DNS_NAME_MAX + 1];
    struct str text = STR_EMPTY;
    struct err err = {""};

    if (dkim_signature_read(kind, value, 1700000000, &signature, &err) < 0) {
        check(err.text[0] != '\0');
        return;
    }
    check(signature.domain[0] != '\0' && signature.selector[0] != '\0');
    check(signature.signature_len > 0 && signature.signature_len <= DKIM_SIGNATURE_BYTES);
    check(kind == DKIM_SIGNATURE || signature.instance > 0);
    check(dkim_key_name(value, name) ==
          dkim_key_place(span_of(signature.selector), span_of(signature.domain), same));
    check(strcmp(name, same) == 0);
    dkim_signature_canon(&signature, &field, DKIM_SIMPLE, &text);
    check(text.len <= field.name.len + 1 + 2 * value.len);
    str_clear(&text);
}

static void read_key(struct span record)
{
    struct str bytes = STR_EMPTY;
    struct dkim_key key;
    struct verify_key *verify;
    uint8_t digest[HASH_SHA256_SIZE] = {0};

    if (dkim_key_read(record, &bytes, &key, NULL) == 0 && !key.is_revoked) {
        check(key.bytes.len > 0);
        verify = verify_key_read(key.kind == DKIM_KEY_RSA ? VERIFY_RSA : VERIFY_ED25519,
                                 key.bytes, NULL);
        if (verify != NULL)
            check(verify_key_bits(verify) <= VERIFY_RSA_BITS_MAX &&
                  !verify_digest(verify, digest, SPAN("no signature")));
        verify_key_free(&verify);
    }
    str_clear(&bytes);
}

/* A canonical field is its own canonical form. */
static void canon_field(struct span value)
{
    struct str once = STR_EMPTY, twice = STR_EMPTY;

    dkim_canon_field(&once, DKIM_RELAXED, SPAN("A "), value);
    dkim_canon_field(&twice, DKIM_RELAXED, SPAN("A"), span_from(once.ptr + 2, once.len - 2));
    check(span_equal(str_span(&once), str_span(&twice)));
    str_clear(&once);
    str_clear(&twice);
}

static void canon_body(enum dkim_canon canon, struct span text)
{
    uint8_t digest[HASH_SHA256_SIZE], pieces[HASH_SHA256_SIZE], at_end[HASH_SHA256_SIZE];
    struct dkim_body *body = xmalloc(sizeof *body);
    struct dkim_body_stop stop = {0, at_end};
    uint64_t length;

    dkim_body_begin(body, canon, NULL, 0);
    dkim_body_add(body, text);
    length = dkim_body_end(body, digest);
    stop.length = length;
    dkim_body_begin(body, canon, &stop, 1);
    for (size_t i = 0, step; i < text.len; i += step) {
        step = 1 + (unsigned char)text.ptr[i] % 5;
        step = step < text.len - i ? step : text.len - i;
        dkim_body_add(body, span_from(text.ptr + i, step));
    }
    check(dkim_body_end(body, pieces) == length);
    check(memcmp(digest, pieces, sizeof digest) == 0);
    check(memcmp(digest, at_end, sizeof digest) == 0);
    xfree(&body);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct span text = span_from(data, size);

    for (int kind = DKIM_SIGNATURE; kind <= DKIM_ARC_SEAL; kind++)
        read_signature((enum dkim_kind)kind, text);
    read_key(text);
    canon_field(text);
    canon_body(DKIM_SIMPLE, text);
    canon_body(DKIM_RELAXED, text);
    return 0;
}
