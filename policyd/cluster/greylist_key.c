/* greylist_key.c - a triplet as keyed hashes: its network, and all of it. */
#include "base/hash.h"
#include "policyd/cluster/greylist.h"

#define NETWORK_BYTES 6 /* of the hash, in the key of a try */
#define TRIPLET_BYTES 8

static struct ip network_of(const struct ip *client)
{
    struct ip network = *client;

    if (ip_is_v4(client))
        network.byte[15] = 0;
    else
        memset(network.byte + 8, 0, 8);
    return network;
}

static void add_folded(struct str *text, struct span address)
{
    for (size_t i = 0; i < address.len; i++)
        str_addc(text, address.ptr[i] >= 'A' && address.ptr[i] <= 'Z'
                           ? (char)(address.ptr[i] + 32)
                           : address.ptr[i]);
    str_addc(text, '\0');
}

void greylist_key_make(const uint8_t secret[32], const struct greylist_triplet *triplet,
                       struct greylist_key *key_r)
{
    struct ip network = network_of(&triplet->client);
    uint8_t digest[HASH_SHA256_SIZE];
    struct str text = STR_EMPTY;

    memset(key_r, 0, sizeof *key_r);
    str_add(&text, span_from(network.byte, sizeof network.byte));
    hash_hmac(secret, str_span(&text), digest);
    memcpy(key_r->network, digest, SHELF_KEY_SIZE);
    add_folded(&text, triplet->sender);
    add_folded(&text, triplet->recipient);
    hash_hmac(secret, str_span(&text), digest);
    memcpy(key_r->triplet, digest, SHELF_KEY_SIZE);
    memcpy(key_r->try, key_r->network, NETWORK_BYTES);
    memcpy(key_r->alone, key_r->network, NETWORK_BYTES);
    memcpy(key_r->try + NETWORK_BYTES, key_r->triplet, TRIPLET_BYTES);
    str_clear(&text);
}
