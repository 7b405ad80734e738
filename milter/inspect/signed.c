/* signed.c - one signature's way: read, find its key, hash the body, hash the header, verify. What stops it on its way is its result. */
#include "milter/inspect/signed.h"
#include <stdlib.h>
#include "base/verify.h"

void signed_begin(struct signed_message *message, const struct sender_request *request,
                  struct span bytes, struct arena *arena, struct sender_result *result)
{
    memset(message, 0, sizeof *message);
    message->request = request;
    message->arena = arena;
    message->result = result;
    dkim_header_read(bytes, arena, &message->header, &message->body);
}

static void stop(struct signed_one *one, enum dkim_result result, const char *reason)
{
    one->result = result;
    one->reason = reason;
}

void signed_read(struct signed_message *message, enum dkim_kind kind, size_t at,
                 struct signed_one *one_r)
{
    struct span value = message->header.fields[at].value;
    struct err err = {""};

    memset(one_r, 0, sizeof *one_r);
    one_r->at = at;
    one_r->body = SIGNED_BODIES_MAX;
    if (dkim_signature_read(kind, value, message->request->now, &one_r->signature, &err) < 0)
        stop(one_r, DKIM_PERMERROR, arena_strdup(message->arena, err.text));
    else if (one_r->signature.algorithm == DKIM_RSA_SHA1)
        stop(one_r, DKIM_POLICY, "rsa-sha1 is not accepted");
}

static const struct dns_answer *find_answer(const struct sender_request *request,
                                            struct span name)
{
    for (size_t i = 0; i < request->answer_count; i++)
        if (request->answers[i].type == DNS_TXT && span_equal(request->answers[i].name, name))
            return &request->answers[i];
    return NULL;
}

/* Each name once. False: there is no room for more. */
static bool lack(struct sender_result *result, struct span name)
{
    for (size_t i = 0; i < result->lack_count; i++)
        if (span_equal(result->lacks[i].name, name))
            return true;
    if (result->lack_count >= SENDER_NAMES_MAX)
        return false;
    result->lacks[result->lack_count++] = (struct sender_lack){DNS_TXT, name};
    return true;
}

void signed_find_key(struct signed_message *message, struct signed_one *one)
{
    char name[DNS_NAME_MAX + 1];
    size_t len;

    if (one->result != 0)
        return;
    len =
        dkim_key_place(span_of(one->signature.selector), span_of(one->signature.domain), name);
    if (len == 0) {
        stop(one, DKIM_PERMERROR, "s= and d= are too long for a name");
        return;
    }
    one->answer = find_answer(message->request, span_from(name, len));
    if (one->answer != NULL)
        return;
    if (message->request->is_last ||
        !lack(message->result, arena_span(message->arena, span_from(name, len))))
        stop(one, DKIM_TEMPERROR, "the key could not be asked for");
}

/* The one record that reads as a key. Others, as wildcards give them, do no harm; of two keys nobody can say which is meant
 * (RFC 6376 section 3.6.2.2). */
static int choose_record(struct signed_message *message, const struct dns_answer *answer,
                         struct dkim_key *key_r, struct err *err)
{
    struct str bytes = STR_EMPTY;
    size_t found = 0;

    err_set(err, "there is no key record");
    for (size_t i = 0; i < answer->count && found < 2; i++) {
        struct dkim_key key;

        str_reset(&bytes);
        if (dkim_key_read(answer->records[i], &bytes, &key, err) < 0)
            continue;
        key.bytes = arena_span(message->arena, key.bytes);
        *key_r = key;
        found++;
    }
    str_clear(&bytes);
    if (found > 1)
        return err_set(err, "several keys of one name");
    return found == 1 ? 0 : -1;
}

static int read_key(struct signed_message *message, struct signed_one *one, struct err *err)
{
    struct dkim_key key = {0};
    bool is_ed25519 = one->signature.algorithm == DKIM_ED25519_SHA256;

    if (choose_record(message, one->answer, &key, err) < 0)
        return -1;
    one->is_testing = key.is_testing;
    one->is_own_identity = key.is_own_identity;
    if (key.is_revoked)
        return err_set(err, "the key is revoked");
    if ((key.kind == DKIM_KEY_ED25519) != is_ed25519)
        return err_set(err, "the key is not of the kind that a= names");
    if (key.is_own_identity && one->signature.is_identity_below)
        return err_set(err, "i= is below the domain, which the key forbids");
    one->key = verify_key_read(is_ed25519 ? VERIFY_ED25519 : VERIFY_RSA, key.bytes, err);
    return one->key != NULL ? 0 : err_prefix(err, "the key is no key");
}

/* Equal ones are hashed once. */
static size_t want_body(struct signed_message *message, const struct dkim_signature *signature)
{
    struct signed_body *body = message->bodies;

    for (; body < message->bodies + message->body_count; body++)
        if (body->canon == signature->body_canon && body->has_length == signature->has_length &&
            body->length == signature->length)
            return (size_t)(body - message->bodies);
    *body = (struct signed_body){.canon = signature->body_canon,
                                 .has_length = signature->has_length,
                                 .length = signature->length};
    return message->body_count++;
}

/* A domain that tests does not want to be taken at its word when something is wrong (RFC 6376 section 3.6.1). */
static void stop_testing(struct signed_message *message, struct signed_one *one)
{
    if (!one->is_testing || (one->result != DKIM_FAIL && one->result != DKIM_PERMERROR))
        return;
    stop(one, DKIM_NEUTRAL, arena_printf(message->arena, "the domain tests: %s", one->reason));
}

void signed_take_key(struct signed_message *message, struct signed_one *one)
{
    struct err err = {""};

    if (one->result != 0)
        return;
    if (one->answer->status == DNS_NONE) {
        stop(one, DKIM_PERMERROR, "there is no key of that name");
        return;
    }
    if (one->answer->status != DNS_FOUND) {
        stop(one, DKIM_TEMPERROR, "the key could not be asked for");
        return;
    }
    if (read_key(message, one, &err) < 0) {
        stop(one, DKIM_PERMERROR, arena_strdup(message->arena, err.text));
        stop_testing(message, one);
        return;
    }
    if (one->signature.kind != DKIM_ARC_SEAL)
        one->body = want_body(message, &one->signature);
}

static int compare_stops(const void *a, const void *b)
{
    const struct dkim_body_stop *left = a, *right = b;

    return (left->length > right->length) - (left->length < right->length);
}

static void hash_body(struct signed_message *message, enum dkim_canon canon)
{
    struct dkim_body_stop stops[SIGNED_BODIES_MAX];
    struct dkim_body hashing;
    uint8_t whole[HASH_SHA256_SIZE];
    size_t count = 0;

    for (size_t i = 0; i < message->body_count; i++)
        if (message->bodies[i].canon == canon && message->bodies[i].has_length)
            stops[count++] =
                (struct dkim_body_stop){message->bodies[i].length, message->bodies[i].digest};
    /* so few that it needs no memory, and asks for none */
    qsort(stops, count, sizeof *stops, compare_stops);
    dkim_body_begin(&hashing, canon, stops, count);
    dkim_body_add(&hashing, message->body);
    message->body_lengths[canon] = dkim_body_end(&hashing, whole);
    for (size_t i = 0; i < message->body_count; i++)
        if (message->bodies[i].canon == canon && !message->bodies[i].has_length)
            memcpy(message->bodies[i].digest, whole, sizeof whole);
}

void signed_hash_bodies(struct signed_message *message)
{
    bool is_wanted[2] = {false, false};

    for (size_t i = 0; i < message->body_count; i++)
        is_wanted[message->bodies[i].canon] = true;
    for (int canon = DKIM_SIMPLE; canon <= DKIM_RELAXED; canon++)
        if (is_wanted[canon])
            hash_body(message, (enum dkim_canon)canon);
}

static bool check_body(struct signed_message *message, struct signed_one *one)
{
    const struct dkim_signature *signature = &one->signature;
    const struct signed_body *body = &message->bodies[one->body];

    if (signature->has_length &&
        signature->length > message->body_lengths[signature->body_canon])
        stop(one, DKIM_FAIL, "the body is shorter than l=");
    else if (memcmp(body->digest, signature->body_hash, HASH_SHA256_SIZE) != 0)
        stop(one, DKIM_FAIL, "the body is not what was signed");
    return one->result == 0;
}

/* Only of a signature that holds: what it says nothing of. */
static void check_length(struct signed_message *message, struct signed_one *one)
{
    const struct dkim_signature *signature = &one->signature;
    uint64_t length = message->body_lengths[signature->body_canon];

    if (one->result == DKIM_PASS && signature->has_length && signature->length < length)
        stop(one, DKIM_POLICY,
             arena_printf(message->arena, "l= leaves %llu bytes of the body unsigned",
                          (unsigned long long)(length - signature->length)));
}

void signed_verify(struct signed_message *message, struct signed_one *one)
{
    const struct dkim_signature *signature = &one->signature;
    struct str text = STR_EMPTY;
    uint8_t digest[HASH_SHA256_SIZE];

    if (one->result != 0)
        return;
    if (check_body(message, one)) {
        dkim_header_select(&message->header, signature->names, signature->header_canon, one->at,
                           &text);
        dkim_signature_canon(signature, &message->header.fields[one->at],
                             signature->header_canon, &text);
        hash_sha256(str_span(&text), digest);
        signed_verify_digest(message, one, digest);
        check_length(message, one);
    }
    str_clear(&text);
    stop_testing(message, one);
}

void signed_verify_digest(struct signed_message *message, struct signed_one *one,
                          const uint8_t digest[HASH_SHA256_SIZE])
{
    struct span bytes = span_from(one->signature.signature, one->signature.signature_len);
    unsigned bits;

    if (one->result != 0)
        return;
    bits = verify_key_bits(one->key);
    if (!verify_digest(one->key, digest, bytes))
        stop(one, DKIM_FAIL, "the signature does not match");
    else if (one->signature.algorithm == DKIM_RSA_SHA256 && bits < DKIM_RSA_BITS_MIN)
        stop(one, DKIM_POLICY,
             arena_printf(message->arena, "an RSA key of only %u bits", bits));
    else
        stop(one, DKIM_PASS, "");
}

void signed_one_end(struct signed_one *one)
{
    verify_key_free(&one->key);
}
