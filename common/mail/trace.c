/* The trace mark: hashes of recipients, signing, verifying. Pure: key and time are arguments. */
#include "mail/trace.h"

#include <stdlib.h>

#include "base/xalloc.h"

/* Each use of the key names itself, so that one kind of hash is never taken for another. */
static void keyed(const uint8_t key[HASH_KEY_SIZE], const char *use, struct span message_id,
                  struct span text, uint8_t out_r[HASH_SHA256_SIZE])
{
    struct str bytes = STR_EMPTY;

    str_printf(&bytes, "trace %s %zu:", use, message_id.len);
    str_add(&bytes, message_id);
    str_add(&bytes, text);
    hash_hmac(key, str_span(&bytes), out_r);
    str_clear(&bytes);
}

/* The Message-ID goes in, so that the same recipient of two messages cannot be recognised. */
static void hash_recipient(const uint8_t key[HASH_KEY_SIZE], struct span message_id,
                           struct span recipient, uint8_t out_r[TRACE_HASH_SIZE])
{
    uint8_t full[HASH_SHA256_SIZE];

    keyed(key, "recipient", message_id, recipient, full);
    memcpy(out_r, full, TRACE_HASH_SIZE);
}

static int compare_hashes(const void *a, const void *b)
{
    return memcmp(a, b, TRACE_HASH_SIZE);
}

/* The sorted hashes of all recipients, each once; the caller frees them. */
static uint8_t *hash_all(const uint8_t key[HASH_KEY_SIZE], struct span message_id,
                         const struct span *recipients, size_t count, size_t *count_r)
{
    uint8_t *hashes = xreallocarray(NULL, count, TRACE_HASH_SIZE);
    size_t kept = 0;

    for (size_t i = 0; i < count; i++)
        hash_recipient(key, message_id, recipients[i], hashes + i * TRACE_HASH_SIZE);
    qsort(hashes, count, TRACE_HASH_SIZE, compare_hashes);
    for (size_t i = 0; i < count; i++) {
        const uint8_t *next = hashes + i * TRACE_HASH_SIZE;

        if (kept > 0 && compare_hashes(next, hashes + (kept - 1) * TRACE_HASH_SIZE) == 0)
            continue;
        memmove(hashes + kept * TRACE_HASH_SIZE, next, TRACE_HASH_SIZE);
        kept++;
    }
    *count_r = kept;
    return hashes;
}

static void hash_set(const uint8_t key[HASH_KEY_SIZE], struct span message_id,
                     const uint8_t *hashes, size_t count, uint8_t out_r[TRACE_HASH_SIZE])
{
    uint8_t full[HASH_SHA256_SIZE];

    keyed(key, "set", message_id, span_from(hashes, count * TRACE_HASH_SIZE), full);
    memcpy(out_r, full, TRACE_HASH_SIZE);
}

static void make_mac(const struct trace *trace, const uint8_t key[HASH_KEY_SIZE],
                     struct span message_id, uint8_t out_r[TRACE_MAC_SIZE])
{
    struct str text = STR_EMPTY;
    uint8_t full[HASH_SHA256_SIZE];

    trace_print(&text, trace);
    str_truncate(&text, text.len - 2 * TRACE_MAC_SIZE); /* all but the MAC itself */
    keyed(key, "mark", message_id, str_span(&text), full);
    memcpy(out_r, full, TRACE_MAC_SIZE);
    str_clear(&text);
}

void trace_sign(struct trace *trace, const uint8_t key[HASH_KEY_SIZE], struct span message_id,
                const struct span *recipients, size_t count)
{
    size_t kept;
    uint8_t *hashes = hash_all(key, message_id, recipients, count, &kept);

    trace->key = key;
    trace->is_set = kept > TRACE_RECIPIENTS_MAX;
    trace->hash_count = trace->is_set ? 1 : kept;
    if (trace->is_set)
        hash_set(key, message_id, hashes, kept, trace->hash[0]);
    else
        memcpy(trace->hash, hashes, kept * TRACE_HASH_SIZE);
    xfree(&hashes);
    make_mac(trace, key, message_id, trace->mac);
}

static bool is_signed_by(const struct trace *trace, const uint8_t *key, struct span message_id)
{
    uint8_t mac[TRACE_MAC_SIZE];

    if (key == NULL)
        return false;
    make_mac(trace, key, message_id, mac);
    return hash_equal(mac, trace->mac, TRACE_MAC_SIZE);
}

enum trace_state trace_verify(struct trace *trace, const struct trace_keys *keys,
                              struct span message_id, int64_t now, int64_t max_age)
{
    const uint8_t *key = is_signed_by(trace, keys->current, message_id)    ? keys->current
                         : is_signed_by(trace, keys->previous, message_id) ? keys->previous
                         : is_signed_by(trace, keys->own, message_id)      ? keys->own
                                                                           : NULL;

    trace->key = NULL;
    if (key == NULL || trace->time > now + TRACE_FUTURE_MAX)
        return TRACE_INVALID;
    if (trace->time < now - max_age)
        return TRACE_EXPIRED;
    trace->key = key;
    return TRACE_VALID;
}

static bool is_listed(const struct trace *trace, const uint8_t *hash)
{
    for (size_t i = 0; i < trace->hash_count; i++)
        if (compare_hashes(trace->hash[i], hash) == 0)
            return true;
    return false;
}

bool trace_holds(const struct trace *trace, struct span message_id,
                 const struct span *recipients, size_t count)
{
    size_t kept;
    uint8_t *hashes;
    bool holds;

    if (trace->key == NULL || count == 0)
        return false;
    hashes = hash_all(trace->key, message_id, recipients, count, &kept);
    holds = true;
    if (trace->is_set) {
        uint8_t set[TRACE_HASH_SIZE];

        hash_set(trace->key, message_id, hashes, kept, set);
        holds = is_listed(trace, set);
    }
    for (size_t i = 0; i < kept && holds && !trace->is_set; i++)
        holds = is_listed(trace, hashes + i * TRACE_HASH_SIZE);
    xfree(&hashes);
    return holds;
}
