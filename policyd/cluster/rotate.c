/* Rotates keys through the ledger `members`. */
#include "policyd/cluster/rotate.h"

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>
#include <jansson.h>

#include "base/file.h"
#include "base/log.h"
#include "policyd/cluster/cluster.h"
#include "policyd/cluster/ledger.h"
#include "policyd/cluster/members.h"
#include "store/cluster_key.h"
#include "store/ledger_store.h"

#define TRIES   5
#define FEED_MS 5000

/* What an entry is made from: when somebody joins in between it is made anew. */
struct base {
    const char *author, *note;
    struct ledger_status members;
};

static void take_base(struct base *base)
{
    if (!ledger_status(SPAN("members"), &base->members))
        base->members.hash[0] = '\0';
}

/* Takes object over. 1 written and applied, 0 somebody else was first, -1. */
static int append(json_t *object, const struct base *base, struct err *err)
{
    char *text = json_dumps(object, JSON_COMPACT | JSON_ENSURE_ASCII);
    const struct ledger_draft draft = {.subject = SPAN("members"),
                                       .payload = span_of(text),
                                       .author = base->author,
                                       .note = base->note,
                                       .base_hash = base->members.hash};
    uint64_t number;
    int result = ledger_append(&draft, &number, err);

    free(text);
    json_decref(object);
    feed_look_and_wait(FEED_MS);
    return result;
}

/* The master key, sealed to each of them. */
static json_t *seal_to_all(const uint8_t master[HASH_KEY_SIZE], uint64_t generation)
{
    json_t *sealed = json_object();
    struct member *members;
    size_t count = members_all(&members);
    struct str context = STR_EMPTY;

    str_printf(&context, "cluster key %llu", (unsigned long long)generation);
    for (size_t i = 0; i < count; i++) {
        struct str bytes = STR_EMPTY, base64 = STR_EMPTY;

        seal_to(&bytes, members[i].seal_public, str_span(&context),
                span_from(master, HASH_KEY_SIZE));
        hash_base64(&base64, str_span(&bytes));
        json_object_set_new(sealed, members[i].id, json_string(str_cstr(&base64)));
        str_clear(&base64);
        str_clear(&bytes);
    }
    str_clear(&context);
    free(members);
    return sealed;
}

static int append_key(const char *author, uint64_t *generation_r, struct err *err)
{
    struct base base = {.author = author, .note = "a new cluster key"};
    struct cluster_key key;
    uint8_t master[HASH_KEY_SIZE];
    json_t *sealed;
    int found = cluster_key_load(cluster_settings(), &key, err);

    take_base(&base);
    if (found != 1)
        return found < 0 ? -1 : err_set(err, "this node has no cluster key");
    *generation_r = key.of[0].generation + 1;
    explicit_bzero(&key, sizeof key);
    hash_random(master, sizeof master);
    sealed = seal_to_all(master, *generation_r);
    explicit_bzero(master, sizeof master);
    return append(json_pack("{s:s,s:I,s:o}", "verb", "key", "generation",
                            (json_int_t)*generation_r, "sealed", sealed),
                  &base, err);
}

int rotate_key(const char *author, uint64_t *generation_r, struct err *err)
{
    int result = 0;

    for (int i = 0; i < TRIES && result == 0; i++)
        result = append_key(author, generation_r, err);
    return result == 1 ? 0 : -1;
}

/* How far the old key's word goes: what this node has applied. */
static json_t *heads_now(struct err *err)
{
    struct ledger_head *heads;
    size_t count;
    json_t *object = json_object();

    if (ledger_store_heads(cluster_db(), &heads, &count, err) < 0) {
        json_decref(object);
        return NULL;
    }
    for (size_t i = 0; i < count; i++)
        json_object_set_new(object, heads[i].subject,
                            json_integer((json_int_t)heads[i].number));
    free(heads);
    return object;
}

static int append_signer(const struct sign_key *next, const char *old_id, const char *author,
                         struct err *err)
{
    struct base base = {.author = author, .note = "a new signing key"};
    struct str hex = STR_EMPTY;
    json_t *heads, *entry;

    feed_look_and_wait(FEED_MS);
    take_base(&base);
    heads = heads_now(err);
    if (heads == NULL)
        return -1;
    hash_hex(&hex, next->public, SIGN_PUBLIC_SIZE);
    entry = json_pack("{s:s,s:s,s:[s],s:o}", "verb", "signer", "public", str_cstr(&hex),
                      "retire", old_id, "heads", heads);
    str_clear(&hex);
    return append(entry, &base, err);
}

/* The key that will be: in a file of its own before anybody hears of it. */
static char *next_path(const char *state_dir)
{
    return file_path(state_dir, "cluster/signing.key.next");
}

static int store_next(const char *path, const struct sign_key *key, struct err *err)
{
    return file_replace(path, span_from(key->secret, SIGN_SECRET_SIZE), 0600, err);
}

/* 1 there is one, 0, -1. */
static int read_next(const char *path, struct sign_key *key_r, struct err *err)
{
    struct str bytes = STR_EMPTY;
    int result = 1;

    if (access(path, F_OK) < 0)
        return 0;
    if (file_read(path, SIGN_SECRET_SIZE, &bytes, err) < 0 || bytes.len != SIGN_SECRET_SIZE)
        result = err_set(err, "%s is damaged; remove it", path);
    else
        memcpy(key_r->secret, bytes.ptr, SIGN_SECRET_SIZE);
    if (result == 1 && !sign_key_from_secret(key_r))
        result = err_set(err, "%s is no key; remove it", path);
    str_wipe(&bytes);
    return result;
}

/* Only when the cluster knows it. */
static int install(const char *state_dir, const struct sign_key *key, struct err *err)
{
    char *path = next_path(state_dir), id[SIGN_ID_SIZE];
    uint8_t known[SIGN_PUBLIC_SIZE];
    int result;

    sign_id(key->public, id);
    result = members_signer(id, SPAN("members"), UINT64_MAX, known)
                 ? identity_store_signing(state_dir, key, err)
                 : err_set(err, "the new signing key is no signer of the cluster");
    if (result == 0)
        file_remove(path);
    free(path);
    return result;
}

static int replace(const struct identity *own, const char *author, struct sign_key *next,
                   struct err *err)
{
    const char *state_dir = cluster_settings()->state_dir;
    char *path = next_path(state_dir), old_id[SIGN_ID_SIZE];
    int result = 0;

    sign_id(own->signing.public, old_id);
    sign_key_new(next);
    if (store_next(path, next, err) < 0)
        result = -1;
    for (int i = 0; i < TRIES && result == 0; i++)
        result = append_signer(next, old_id, author, err);
    free(path);
    if (result != 1)
        return -1;
    return install(state_dir, next, err);
}

int rotate_signing(const char *author, char *keyid_r, struct err *err)
{
    struct identity own;
    struct sign_key next;
    int result;

    if (!identity_get(&own) || !own.has_signing_key) {
        struct str names = STR_EMPTY;

        ledger_signers(&names);
        err_set(err, "this node holds no signing key; run it on %s", str_cstr(&names));
        str_clear(&names);
        return -1;
    }
    result = replace(&own, author, &next, err);
    if (result == 0)
        sign_id(next.public, keyid_r);
    explicit_bzero(&own, sizeof own);
    explicit_bzero(&next, sizeof next);
    return result;
}

void rotate_finish(const char *state_dir)
{
    char *path = next_path(state_dir);
    struct sign_key key;
    struct err err;
    int found = read_next(path, &key, &err);

    if (found < 0 || (found == 1 && install(state_dir, &key, &err) < 0))
        log_warn("cluster: a rotation of the signing key was not finished: %s; say `milter-ctl "
                 "cluster rotate-key --signing` again",
                 err.text);
    else if (found == 1)
        log_info("cluster: the new signing key is in its place");
    explicit_bzero(&key, sizeof key);
    free(path);
}
