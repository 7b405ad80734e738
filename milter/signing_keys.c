/* signing_keys.c - the table of signing keys in memory; signing_key_file.c has them on disk. */
#include "milter/signing_keys.h"
#include <pthread.h>
#include <stdio.h>
#include <string.h>
#include "base/clock.h"
#include "base/log.h"
#include "base/xalloc.h"
#include "mail/dkim_key.h"
#include "mail/org_domain.h"
#include "milter/signing_key_file.h"
#include "milter/signing_publish.h"

struct signing_keys {
    pthread_mutex_t disk; /* taken first: who changes files, then the table */
    pthread_mutex_t lock; /* of the table: messages that are signed wait for it */
    char *dir;
    size_t count;
    struct signing_key *keys[SIGNING_KEYS_MAX]; /* by domain, then selector */
};

struct signing_key *signing_key_pin(struct signing_key *key)
{
    atomic_fetch_add(&key->references, 1);
    return key;
}

void signing_key_unpin(struct signing_key **key)
{
    struct signing_key *gone = *key;

    *key = NULL;
    if (gone == NULL || atomic_fetch_sub(&gone->references, 1) > 1)
        return;
    private_key_free(&gone->private_key);
    str_clear(&gone->record);
    xfree(&gone->path);
    xfree(&gone);
}

static int key_compare(const struct signing_key *key, const char *domain, const char *selector)
{
    int order = strcmp(key->domain, domain);

    return order != 0 ? order : strcmp(key->selector, selector);
}

/* Where it is or would be. Under one of the locks. */
static size_t find(const struct signing_keys *keys, const char *domain, const char *selector)
{
    size_t low = 0, high = keys->count;

    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (key_compare(keys->keys[middle], domain, selector) < 0)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

static bool is_at(const struct signing_keys *keys, size_t at, const char *domain,
                  const char *selector)
{
    return at < keys->count && key_compare(keys->keys[at], domain, selector) == 0;
}

/* Takes it over. */
static void insert(struct signing_keys *keys, struct signing_key *key)
{
    size_t at = find(keys, key->domain, key->selector);

    memmove(&keys->keys[at + 1], &keys->keys[at], (keys->count - at) * sizeof *keys->keys);
    keys->keys[at] = key;
    keys->count++;
}

static void take_read(void *ctx, struct signing_key *key)
{
    struct signing_keys *keys = ctx;

    if (keys->count < SIGNING_KEYS_MAX)
        insert(keys, key);
    else
        signing_key_unpin(&key);
}

struct signing_keys *signing_keys_open(const char *state_dir, struct err *err)
{
    struct signing_keys *keys = xcalloc(1, sizeof *keys);

    pthread_mutex_init(&keys->disk, NULL);
    pthread_mutex_init(&keys->lock, NULL);
    keys->dir = signing_key_dir(state_dir);
    if (signing_key_read_all(keys->dir, take_read, keys, err) == 0)
        return keys;
    signing_keys_close(&keys);
    return NULL;
}

void signing_keys_close(struct signing_keys **keys)
{
    struct signing_keys *gone = *keys;

    if (gone == NULL)
        return;
    for (size_t i = 0; i < gone->count; i++)
        signing_key_unpin(&gone->keys[i]);
    pthread_mutex_destroy(&gone->lock);
    pthread_mutex_destroy(&gone->disk);
    xfree(&gone->dir);
    xfree(keys);
}

static int check_selector(struct span text, char selector_r[SIGNING_SELECTOR_SIZE],
                          struct err *err)
{
    char domain[DOMAIN_SIZE];

    if (!domain_normalize(text, domain) || strlen(domain) >= SIGNING_SELECTOR_SIZE)
        return err_set(err,
                       "%.*s is not a selector; write one of letters, digits, - and dots, "
                       "such as s1 or mail.2026",
                       SPAN_ARG(text));
    memcpy(selector_r, domain, strlen(domain) + 1);
    return 0;
}

static int check_domain(struct span text, char domain_r[DOMAIN_SIZE], struct err *err)
{
    if (domain_normalize(text, domain_r) && strchr(domain_r, '.') != NULL)
        return 0;
    return err_set(err, "%.*s is not a domain; write one such as example.com", SPAN_ARG(text));
}

/* Whoever holds `disk` may read the table: nobody else changes it. */
static int may_add(const struct signing_keys *keys, const char *domain, const char *selector,
                   struct err *err)
{
    char place[DNS_NAME_MAX + 1];

    if (is_at(keys, find(keys, domain, selector), domain, selector))
        return err_set(err,
                       "%s has a key %s already; take another selector, and remove the old "
                       "one when the new one signs",
                       domain, selector);
    if (dkim_key_place(span_of(selector), span_of(domain), place) == 0)
        return err_set(err, "%s._domainkey.%s is too long for DNS", selector, domain);
    if (keys->count == SIGNING_KEYS_MAX)
        return err_set(err, "there are %d keys; that is the most this node keeps",
                       SIGNING_KEYS_MAX);
    return 0;
}

static void publish(struct signing_keys *keys, struct signing_key *key)
{
    pthread_mutex_lock(&keys->lock);
    insert(keys, signing_key_pin(key));
    pthread_mutex_unlock(&keys->lock);
}

struct signing_key *signing_keys_add(struct signing_keys *keys, struct span domain,
                                     struct span selector, struct private_key *private_key,
                                     struct err *err)
{
    char domain_text[DOMAIN_SIZE], selector_text[SIGNING_SELECTOR_SIZE];
    struct signing_key *key = NULL;

    if (check_domain(domain, domain_text, err) < 0 ||
        check_selector(selector, selector_text, err) < 0) {
        private_key_free(&private_key);
        return NULL;
    }
    pthread_mutex_lock(&keys->disk);
    if (may_add(keys, domain_text, selector_text, err) == 0)
        key = signing_key_make(keys->dir, domain_text, selector_text, private_key, err);
    else
        private_key_free(&private_key);
    if (key != NULL)
        publish(keys, key);
    pthread_mutex_unlock(&keys->disk);
    return key;
}

static void take_out(struct signing_keys *keys, size_t at)
{
    struct signing_key *key = keys->keys[at];

    pthread_mutex_lock(&keys->lock);
    memmove(&keys->keys[at], &keys->keys[at + 1], (--keys->count - at) * sizeof *keys->keys);
    pthread_mutex_unlock(&keys->lock);
    signing_key_unpin(&key);
}

int signing_keys_remove(struct signing_keys *keys, struct span domain, struct span selector,
                        struct err *err)
{
    char domain_text[DOMAIN_SIZE], selector_text[SIGNING_SELECTOR_SIZE] = "";
    int removed = 0;

    if (check_domain(domain, domain_text, err) < 0 ||
        (selector.len > 0 && check_selector(selector, selector_text, err) < 0))
        return -1;
    pthread_mutex_lock(&keys->disk);
    for (size_t i = find(keys, domain_text, selector_text); removed >= 0 && i < keys->count;) {
        const struct signing_key *key = keys->keys[i];
        if (strcmp(key->domain, domain_text) != 0 ||
            (selector.len > 0 && strcmp(key->selector, selector_text) != 0))
            break;
        if (signing_key_remove(key, err) != 0) {
            removed = -1;
            break;
        }
        take_out(keys, i);
        removed++;
    }
    pthread_mutex_unlock(&keys->disk);
    return removed;
}

static size_t list_locked(const struct signing_keys *keys, struct span domain,
                          struct signing_key **keys_r, size_t room)
{
    size_t count = 0;

    for (size_t i = 0; i < keys->count && count < room; i++)
        if (domain.len == 0 || span_is(domain, keys->keys[i]->domain))
            keys_r[count++] = signing_key_pin(keys->keys[i]);
    return count;
}

size_t signing_keys_list(struct signing_keys *keys, struct span domain,
                         struct signing_key **keys_r, size_t room)
{
    size_t count;

    pthread_mutex_lock(&keys->lock);
    count = list_locked(keys, domain, keys_r, room);
    pthread_mutex_unlock(&keys->lock);
    return count;
}

bool signing_keys_exist(struct signing_keys *keys)
{
    bool result;

    pthread_mutex_lock(&keys->lock);
    result = keys->count > 0;
    pthread_mutex_unlock(&keys->lock);
    return result;
}

static void prefer(struct signing_key *chosen[SIGNING_KINDS], struct signing_key *key)
{
    struct signing_key **place = &chosen[private_key_kind(key->private_key) - 1];

    if (*place == NULL || key->made > (*place)->made)
        *place = key;
}

/* True when the domain has keys, though none may be published yet. */
static bool choose_of(const struct signing_keys *keys, const char *domain,
                      struct signing_key *chosen[SIGNING_KINDS])
{
    size_t at = find(keys, domain, "");
    bool has_key = false;

    for (; at < keys->count && strcmp(keys->keys[at]->domain, domain) == 0; at++) {
        if (atomic_load(&keys->keys[at]->is_published))
            prefer(chosen, keys->keys[at]);
        signing_publish_look(keys->keys[at]);
        has_key = true;
    }
    return has_key;
}

/* One label less; NULL when that leaves the organisational domain. */
static const char *parent_of(const char *domain)
{
    const char *dot = strchr(domain, '.');

    if (org_domain(span_of(domain)).ptr == domain || dot == NULL)
        return NULL;
    return dot + 1;
}

size_t signing_keys_choose(struct signing_keys *keys, struct span domain,
                           struct signing_key *keys_r[SIGNING_KINDS])
{
    struct signing_key *chosen[SIGNING_KINDS] = {NULL, NULL};
    char text[DOMAIN_SIZE];
    const char *at = text;
    size_t count = 0;

    if (domain.len == 0 || domain.len >= sizeof text)
        return 0;
    snprintf(text, sizeof text, "%.*s", SPAN_ARG(domain));
    pthread_mutex_lock(&keys->lock);
    while (keys->count > 0 && at != NULL && !choose_of(keys, at, chosen))
        at = parent_of(at);
    for (size_t i = 0; i < SIGNING_KINDS; i++)
        if (chosen[i] != NULL)
            keys_r[count++] = signing_key_pin(chosen[i]);
    pthread_mutex_unlock(&keys->lock);
    return count;
}
