/* releases.c - single-use marks for released messages. */
#include <pthread.h>
#include <stdio.h>
#include "base/clock.h"
#include "base/hash.h"
#include "base/xalloc.h"
#include "milter/releases.h"

#define NONCE_SIZE 16

struct release {
    struct release_taken of; /* id "": free */
    char mac[2 * HASH_SHA256_SIZE + 1];
    int64_t expires; /* mono ms */
};

struct releases {
    pthread_mutex_t lock;
    uint8_t key[HASH_KEY_SIZE];
    struct release list[RELEASES_MAX];
};

struct releases *releases_new(const uint8_t key[HASH_KEY_SIZE])
{
    struct releases *releases = xcalloc(1, sizeof *releases);

    pthread_mutex_init(&releases->lock, NULL);
    memcpy(releases->key, key, HASH_KEY_SIZE);
    return releases;
}

void releases_free(struct releases **releases)
{
    if (*releases != NULL)
        pthread_mutex_destroy(&(*releases)->lock);
    xfree(releases);
}

static void releases_mac(const struct releases *releases, struct span fields,
                         const struct release_envelope *envelope, const char *sha256,
                         char mac_r[2 * HASH_SHA256_SIZE + 1])
{
    struct str text = STR_EMPTY, hex = STR_EMPTY;
    uint8_t mac[HASH_SHA256_SIZE];

    str_add(&text, fields);
    str_printf(&text, "\n%s\n%.*s\n", sha256, SPAN_ARG(envelope->sender));
    for (size_t i = 0; i < envelope->recipient_count; i++)
        str_printf(&text, "%.*s\n", SPAN_ARG(envelope->recipients[i]));
    hash_hmac(releases->key, str_span(&text), mac);
    hash_hex(&hex, mac, sizeof mac);
    memcpy(mac_r, hex.ptr, hex.len + 1);
    str_clear(&text);
    str_clear(&hex);
}

static struct release *release_slot(struct releases *releases)
{
    int64_t now = clock_mono_ms();

    for (size_t i = 0; i < RELEASES_MAX; i++)
        if (releases->list[i].of.id[0] == '\0' || releases->list[i].expires < now)
            return &releases->list[i];
    return NULL;
}

bool releases_issue(struct releases *releases, const struct release_of *of,
                    const struct release_envelope *envelope, struct str *mark_r)
{
    uint8_t nonce[NONCE_SIZE];
    struct release *slot;

    hash_random(nonce, sizeof nonce);
    str_printf(mark_r, "v1; id=%s; n=", of->quarantine_id);
    hash_hex(mark_r, nonce, sizeof nonce);
    str_printf(mark_r, "; x=%lld", (long long)(clock_now_ms() + RELEASES_VALID_MS) / 1000);
    pthread_mutex_lock(&releases->lock);
    slot = release_slot(releases);
    if (slot != NULL) {
        snprintf(slot->of.id, sizeof slot->of.id, "%s", of->quarantine_id);
        slot->of.path = of->path;
        slot->of.is_ours = of->is_ours;
        slot->expires = clock_mono_ms() + RELEASES_VALID_MS;
        releases_mac(releases, str_span(mark_r), envelope, of->sha256, slot->mac);
        str_printf(mark_r, "; s=%s", slot->mac);
    }
    pthread_mutex_unlock(&releases->lock);
    return slot != NULL;
}

/* Single use: whoever finds it takes it. */
static bool release_take(struct releases *releases, const char *mac,
                         struct release_taken *taken_r)
{
    int64_t now = clock_mono_ms();
    bool is_found = false;

    pthread_mutex_lock(&releases->lock);
    for (size_t i = 0; i < RELEASES_MAX && !is_found; i++) {
        struct release *slot = &releases->list[i];
        if (slot->of.id[0] == '\0' || slot->expires < now ||
            !hash_equal(slot->mac, mac, sizeof slot->mac))
            continue;
        *taken_r = slot->of;
        slot->of.id[0] = '\0';
        is_found = true;
    }
    pthread_mutex_unlock(&releases->lock);
    return is_found;
}

static bool find_mark(const struct message *message, size_t *index_r)
{
    for (size_t i = 0; i < message->header_count; i++) {
        *index_r = i;
        if (header_kind_exact(message->headers[i].name) == HEADER_POSTGATE_RELEASE)
            return true;
    }
    return false;
}

bool releases_redeem(struct releases *releases, const struct message *message,
                     const struct release_envelope *envelope, struct release_taken *taken_r)
{
    char sha256[2 * HASH_SHA256_SIZE + 1], mac[2 * HASH_SHA256_SIZE + 1];
    struct str mark = STR_EMPTY;
    bool is_good = false;
    size_t index, at;

    if (!find_mark(message, &index) || message_digest(message, index, sha256) != 0)
        return false;
    header_unfold(&mark, message->headers[index].value);
    if (span_find(str_span(&mark), SPAN("; s="), &at)) {
        struct span given = span_from(mark.ptr + at + 4, mark.len - at - 4);
        releases_mac(releases, span_from(mark.ptr, at), envelope, sha256, mac);
        is_good = span_is(given, mac) && release_take(releases, mac, taken_r);
    }
    str_clear(&mark);
    return is_good;
}

void releases_withdraw(struct releases *releases, const char *quarantine_id)
{
    pthread_mutex_lock(&releases->lock);
    for (size_t i = 0; i < RELEASES_MAX; i++)
        if (strcmp(releases->list[i].of.id, quarantine_id) == 0)
            releases->list[i].of.id[0] = '\0';
    pthread_mutex_unlock(&releases->lock);
}
