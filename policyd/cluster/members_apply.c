/* What an entry of the ledger `members` says, checked and put into the table: a row of the table below for each verb. */
#include <jansson.h>
#include <stdio.h>

#include "base/log.h"
#include "base/names.h"
#include "base/xalloc.h"
#include "policyd/cluster/cluster.h"
#include "policyd/cluster/members_inside.h"
#include "store/cluster_key.h"

#define BEGIN_NODES_MAX 16

/* Free it with json_decref; NULL with a text. */
static json_t *parse(struct span payload, struct err *err)
{
    json_error_t error;
    json_t *root = json_loadb(payload.ptr, payload.len, JSON_REJECT_DUPLICATES, &error);

    if (json_is_object(root) && json_is_string(json_object_get(root, "verb")))
        return root;
    json_decref(root);
    err_set(err, "not a JSON object with a verb");
    return NULL;
}

static struct span text_of(const json_t *object, const char *name)
{
    const json_t *value = json_object_get(object, name);

    return json_is_string(value)
               ? span_from(json_string_value(value), json_string_length(value))
               : SPAN("");
}

/* An id of a node or a key: 16 hexadecimal digits in lower case. */
static bool read_id(struct span text, char id_r[NODE_ID_SIZE])
{
    if (text.len != NODE_ID_SIZE - 1)
        return false;
    for (size_t i = 0; i < text.len; i++)
        if (strchr("0123456789abcdef", text.ptr[i]) == NULL || text.ptr[i] == '\0')
            return false;
    memcpy(id_r, text.ptr, text.len);
    id_r[text.len] = '\0';
    return true;
}

/* Goes to terminals and into file names of nobody; one word of printable ASCII. */
static bool read_name(struct span text, char name_r[NODE_NAME_SIZE])
{
    if (text.len == 0 || text.len >= NODE_NAME_SIZE)
        return false;
    for (size_t i = 0; i < text.len; i++)
        if (text.ptr[i] <= 0x20 || text.ptr[i] >= 0x7f)
            return false;
    memcpy(name_r, text.ptr, text.len);
    name_r[text.len] = '\0';
    return true;
}

int members_read_node(const json_t *object, struct member *member_r, struct err *err)
{
    json_int_t number = json_integer_value(json_object_get(object, "number"));

    *member_r = (struct member){.number = (uint16_t)number};
    if (!read_id(text_of(object, "id"), member_r->id))
        return err_set(err, "the id of a node is 16 hexadecimal digits");
    if (!read_name(text_of(object, "name"), member_r->name))
        return err_set(err, "the name of node %s is not 1 to %d printable characters",
                       member_r->id, NODE_NAME_SIZE - 1);
    if (number < 0 || number > MEMBERS_MAX)
        return err_set(err, "the number of node %s is not from 1 to %d", member_r->name,
                       MEMBERS_MAX);
    if (!hash_unhex(text_of(object, "sign"), member_r->sign_public, SIGN_PUBLIC_SIZE) ||
        !hash_unhex(text_of(object, "seal"), member_r->seal_public, SEAL_PUBLIC_SIZE))
        return err_set(err, "the keys of node %s are not 64 hexadecimal digits each",
                       member_r->name);
    return 0;
}

static int put_node(const struct envelope *e, const json_t *object, struct err *err)
{
    struct member member;

    if (members_read_node(object, &member, err) < 0)
        return -1;
    if (member.number == 0)
        return err_set(err, "the node %s has no number", member.name);
    member.since_ms = e->time_ms;
    return members_put(&member, err);
}

static int put_signer(const json_t *text, struct err *err)
{
    uint8_t public_key[SIGN_PUBLIC_SIZE];
    struct span hex = json_is_string(text)
                          ? span_from(json_string_value(text), json_string_length(text))
                          : SPAN("");

    if (!hash_unhex(hex, public_key, SIGN_PUBLIC_SIZE))
        return err_set(err, "a signing key is not 64 hexadecimal digits");
    return members_put_signer(public_key, err);
}

static int apply_begin(const struct envelope *e, const json_t *root, struct err *err)
{
    const json_t *signers = json_object_get(root, "signers"),
                 *nodes = json_object_get(root, "nodes");

    if (e->number != 1)
        return err_set(err, "only the first entry begins a cluster");
    if (json_array_size(signers) == 0 || json_array_size(signers) > MEMBERS_SIGNERS_MAX ||
        json_array_size(nodes) > BEGIN_NODES_MAX)
        return err_set(err, "a cluster begins with 1 to %d signers and at most %d nodes",
                       MEMBERS_SIGNERS_MAX, BEGIN_NODES_MAX);
    for (size_t i = 0; i < json_array_size(signers); i++)
        if (put_signer(json_array_get(signers, i), err) < 0)
            return -1;
    for (size_t i = 0; i < json_array_size(nodes); i++)
        if (put_node(e, json_array_get(nodes, i), err) < 0)
            return -1;
    return 0;
}

static int apply_node(const struct envelope *e, const json_t *root, struct err *err)
{
    return put_node(e, root, err);
}

static int apply_forget(const struct envelope *e, const json_t *root, struct err *err)
{
    struct identity own;
    char id[NODE_ID_SIZE];

    (void)e;
    if (!read_id(text_of(root, "id"), id))
        return err_set(err, "the id of the node to forget is not 16 hexadecimal digits");
    members_put_forgotten(id);
    if (identity_get(&own) && strcmp(own.id, id) == 0)
        log_warn("cluster: this node was forgotten; say `milter-ctl cluster leave`, then join "
                 "again if it is to come back");
    return 0;
}

/* The heads at a retirement; *limits_r is the caller's. */
static int read_limits(const json_t *heads, struct signer_limit **limits_r, size_t *count_r,
                       struct err *err)
{
    size_t count = 0;
    const char *subject;
    json_t *value;

    *limits_r = NULL;
    if (json_object_size(heads) > MEMBERS_SUBJECTS_MAX)
        return err_set(err, "heads of more than %d subjects", MEMBERS_SUBJECTS_MAX);
    *limits_r = xcalloc(json_object_size(heads) + 1, sizeof **limits_r);
    json_object_foreach((json_t *)(uintptr_t)heads, subject, value)
    {
        if (strlen(subject) > LEDGER_SUBJECT_MAX || !json_is_integer(value) ||
            json_integer_value(value) < 0)
            return err_set(err, "heads are not numbers of subjects");
        snprintf((*limits_r)[count].subject, LEDGER_SUBJECT_MAX + 1, "%s", subject);
        (*limits_r)[count++].number = (uint64_t)json_integer_value(value);
    }
    *count_r = count;
    return 0;
}

static int retire(const struct envelope *e, const json_t *root, const char *keyid,
                  struct err *err)
{
    struct signer_limit *limits;
    struct identity own;
    size_t count = 0;

    if (read_limits(json_object_get(root, "heads"), &limits, &count, err) < 0) {
        xfree(&limits);
        return -1;
    }
    limits = xreallocarray(limits, count + 1, sizeof *limits);
    snprintf(limits[count].subject, sizeof limits->subject, "members");
    limits[count++].number = e->number; /* this entry is the old key's last word */
    if (members_retire(keyid, limits, count, err) < 0)
        return -1;
    if (identity_get(&own) && own.has_signing_key) {
        char id[SIGN_ID_SIZE];

        sign_id(own.signing.public, id);
        if (strcmp(id, keyid) == 0)
            identity_retire_signing();
    }
    return 0;
}

static int apply_signer(const struct envelope *e, const json_t *root, struct err *err)
{
    const json_t *old = json_object_get(root, "retire");

    if (json_array_size(old) > MEMBERS_SIGNERS_MAX)
        return err_set(err, "more than %d keys to retire", MEMBERS_SIGNERS_MAX);
    if (put_signer(json_object_get(root, "public"), err) < 0)
        return -1;
    for (size_t i = 0; i < json_array_size(old); i++) {
        const json_t *id = json_array_get(old, i);
        char keyid[SIGN_ID_SIZE];

        if (!json_is_string(id) || !read_id(span_of(json_string_value(id)), keyid))
            return err_set(err, "a key to retire is not named by 16 hexadecimal digits");
        if (retire(e, root, keyid, err) < 0)
            return -1;
    }
    return 0;
}

/* Opens what is sealed to this node; 0 when nothing is. */
static int open_key(const json_t *sealed, uint64_t generation, uint8_t master_r[HASH_KEY_SIZE],
                    struct err *err)
{
    struct identity own;
    struct str context = STR_EMPTY, bytes = STR_EMPTY, plain = STR_EMPTY;
    struct span text;
    int result = 1;

    if (!identity_get(&own) || (text = text_of(sealed, own.id)).len == 0)
        return 0;
    str_printf(&context, "cluster key %llu", (unsigned long long)generation);
    if (!hash_unbase64(text, &bytes) ||
        !seal_open(&plain, &own.seal, str_span(&context), str_span(&bytes)) ||
        plain.len != HASH_KEY_SIZE)
        result = err_set(err, "what is sealed to this node cannot be opened");
    else
        memcpy(master_r, plain.ptr, HASH_KEY_SIZE);
    if (plain.cap > 0)
        explicit_bzero(&own, sizeof own);
    str_wipe(&plain);
    str_clear(&bytes);
    str_clear(&context);
    return result;
}

/* The newest first, one before it. */
static int store_key(const struct cluster_key *old, uint64_t generation,
                     const uint8_t master[HASH_KEY_SIZE], struct err *err)
{
    struct cluster_key next = *old;

    next.of[1] = old->of[0];
    next.of[0].generation = generation;
    memcpy(next.of[0].master, master, HASH_KEY_SIZE);
    next.count = old->count > 0 ? 2 : 1;
    if (cluster_key_store(cluster_settings(), &next, err) < 0)
        return -1;
    log_info("cluster: the shared key of generation %llu is in use",
             (unsigned long long)generation);
    return 0;
}

static int apply_key(const struct envelope *e, const json_t *root, struct err *err)
{
    json_int_t generation = json_integer_value(json_object_get(root, "generation"));
    struct cluster_key old;
    uint8_t master[HASH_KEY_SIZE];
    int result;

    (void)e;
    if (generation < 1)
        return err_set(err, "a key needs its generation, from 1");
    if (cluster_key_load(cluster_settings(), &old, err) < 0)
        return -1;
    if (old.count > 0 && old.of[0].generation >= (uint64_t)generation)
        return 0; /* applied before, or older than what this node got when it joined */
    result = open_key(json_object_get(root, "sealed"), (uint64_t)generation, master, err);
    if (result == 1)
        result = store_key(&old, (uint64_t)generation, master, err);
    else if (result == 0)
        log_warn("cluster: the shared key of generation %lld was not sealed to this node; say "
                 "`milter-ctl cluster rotate-key` once more where the signing key lies",
                 (long long)generation);
    explicit_bzero(master, sizeof master);
    return result;
}

static const struct {
    const char *verb;
    int (*apply)(const struct envelope *e, const json_t *root, struct err *err);
} verbs[] = {
    {"begin", apply_begin},   {"node", apply_node}, {"forget", apply_forget},
    {"signer", apply_signer}, {"key", apply_key},
};

int members_apply(const struct envelope *e, struct span payload, struct err *err)
{
    json_t *root = parse(payload, err);
    struct span verb;
    int result = 0;
    size_t i = 0;

    if (root == NULL)
        return -1;
    verb = text_of(root, "verb");
    while (i < sizeof verbs / sizeof *verbs && !span_is(verb, verbs[i].verb))
        i++;
    if (i < sizeof verbs / sizeof *verbs)
        result = verbs[i].apply(e, root, err);
    else
        log_warn("cluster: entry %llu of members says %.32s, which a later release knows; it "
                 "is skipped",
                 (unsigned long long)e->number, verb.ptr);
    json_decref(root);
    return result;
}

bool members_first_signer(const struct envelope *e, struct span payload,
                          uint8_t public_r[SIGN_PUBLIC_SIZE])
{
    struct err err;
    json_t *root = parse(payload, &err);
    const json_t *signers = json_object_get(root, "signers");
    bool is_found = false;

    for (size_t i = 0; i < json_array_size(signers) && i < MEMBERS_SIGNERS_MAX && !is_found;
         i++) {
        const json_t *text = json_array_get(signers, i);
        char id[SIGN_ID_SIZE];

        if (!json_is_string(text) ||
            !hash_unhex(span_of(json_string_value(text)), public_r, SIGN_PUBLIC_SIZE))
            continue;
        sign_id(public_r, id);
        is_found = strcmp(id, e->signer) == 0;
    }
    json_decref(root);
    return is_found;
}
