/* signatures.c - what a message's signatures say of who sent it. All keys are named at once; nothing is hashed before they are there. */
#include "milter/inspect/signatures.h"
#include "base/verify.h"
#include "mail/tags.h"
#include "milter/inspect/arc.h"
#include "milter/inspect/dkim.h"
#include "milter/inspect/signatures_taken.h"

struct work {
    struct signed_message message;
    struct dkim_signatures dkim;
    struct arc_chain arc;
};

/* Some key of each kind. */
#define RSA_KEY                                                                                \
    "MIGfMA0GCSqGSIb3DQEBAQUAA4GNADCBiQKBgQDkHlOQoBTzWRiGs5V6NpP3idY6Wk08a5qhdR6wy5bdOKb2"     \
    "jLQiY/J16JYi0Qvx/byYzCNb3W91y3FutACDfzwQ/BC/e/8uBsCR+yz1Lxj+PL6lHvqMKrM3rG4hstT5QjvH"     \
    "O9PzoxZyVYLzBfO2EeC3Ip3G+2kryOTIKT+l/K4w3QIDAQAB"
#define RSA_SIZE     128
#define ED25519_KEY  "11qYAYKxCrfVS/7TyWQHOg7hcvPapiMlrwIaaPcHURo="
#define ED25519_SIZE 64

/* OpenSSL fetches algorithms when they are first used, and may read its configuration then. That this signature does not hold is all one. */
static void use_once(enum verify_kind kind, struct span text, size_t signature_len)
{
    uint8_t digest[HASH_SHA256_SIZE], signature[RSA_SIZE] = {1};
    struct str bytes = STR_EMPTY;
    struct verify_key *key;

    hash_sha256(text, digest);
    if (!tags_base64(text, &bytes))
        return;
    key = verify_key_read(kind, str_span(&bytes), NULL);
    if (key != NULL)
        (void)verify_digest(key, digest, span_from(signature, signature_len));
    verify_key_free(&key);
    str_clear(&bytes);
}

void signatures_prepare(void)
{
    use_once(VERIFY_RSA, SPAN(RSA_KEY), RSA_SIZE);
    use_once(VERIFY_ED25519, SPAN(ED25519_KEY), ED25519_SIZE);
}

static void decide(struct work *work)
{
    dkim_take_keys(&work->message, &work->dkim);
    arc_take_keys(&work->message, &work->arc);
    signed_hash_bodies(&work->message);
    dkim_decide(&work->message, &work->dkim);
    arc_decide(&work->message, &work->arc);
    signatures_take(&work->message, &work->message.result->taken);
}

void signatures_check(const struct sender_request *request, struct span message,
                      struct arena *arena, struct sender_result *result_r)
{
    struct work *work = arena_alloc(arena, sizeof *work);

    memset(result_r, 0, sizeof *result_r);
    signed_begin(&work->message, request, message, arena, result_r);
    dkim_find(&work->message, &work->dkim);
    arc_find(&work->message, &work->arc);
    if (result_r->lack_count == 0)
        decide(work);
    dkim_end(&work->dkim);
    arc_end(&work->arc);
}
