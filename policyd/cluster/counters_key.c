/* counters_key.c - keyed hashes of counters. */
#include "policyd/cluster/counters_key.h"

static void add_part(struct str *text, struct span part)
{
    str_add(text, part);
    str_addc(text, '\0');
}

void counters_key_make(const uint8_t secret[HASH_KEY_SIZE], const struct counter_ask *ask,
                       struct counters_key *key_r)
{
    uint8_t digest[HASH_SHA256_SIZE];
    struct str text = STR_EMPTY;

    memset(key_r, 0, sizeof *key_r);
    add_part(&text, ask->name);
    add_part(&text, ask->key);
    hash_hmac(secret, str_span(&text), digest);
    memcpy(key_r->key, digest, sizeof key_r->key);
    if (ask->counter.kind == CHARGE_DISTINCT) {
        add_part(&text, ask->member);
        hash_hmac(secret, str_span(&text), digest);
        memcpy(key_r->member, digest, sizeof key_r->member);
    }
    str_clear(&text);
}
