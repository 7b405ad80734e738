/* The two records of a join: printed, and read with every field checked. */
#include "policyd/cluster/join_text.h"

#include <jansson.h>

#include "base/sinks.h"
#include "policyd/cluster/members_inside.h"

static void add_hex(struct str *out, const uint8_t *bytes, size_t len)
{
    hash_hex(out, bytes, len);
    str_addc(out, '\n');
}

static void mac_ask(const struct join_token *token, const struct member *m,
                    uint8_t mac_r[HASH_SHA256_SIZE])
{
    struct str text = STR_EMPTY;

    str_printf(&text, "postgate join 1\n%s\n%s\n%s\n%s\n", token->cluster, token->id, m->id,
               m->name);
    add_hex(&text, m->sign_public, SIGN_PUBLIC_SIZE);
    add_hex(&text, m->seal_public, SEAL_PUBLIC_SIZE);
    hash_hmac(token->key, str_span(&text), mac_r);
    str_clear(&text);
}

static void mac_answer(const struct join_token *token, const char *id, struct span sealed,
                       uint8_t mac_r[HASH_SHA256_SIZE])
{
    struct str text = STR_EMPTY;

    str_printf(&text, "postgate joined 1\n%s\n%s\n%s\n", token->cluster, token->id, id);
    str_add(&text, sealed);
    hash_hmac(token->key, str_span(&text), mac_r);
    str_clear(&text);
}

static void print_json(struct str *out, json_t *object)
{
    char *text = json_dumps(object, JSON_COMPACT | JSON_ENSURE_ASCII | JSON_SORT_KEYS);

    str_adds(out, text);
    free(text);
    json_decref(object);
}

static json_t *hex_text(const uint8_t *bytes, size_t len)
{
    struct str hex = STR_EMPTY;
    json_t *text;

    hash_hex(&hex, bytes, len);
    text = json_string(str_cstr(&hex));
    str_clear(&hex);
    return text;
}

void join_ask_print(struct str *out, const struct join_token *token,
                    const struct member *member)
{
    uint8_t mac[HASH_SHA256_SIZE];

    mac_ask(token, member, mac);
    print_json(out, json_pack("{s:s,s:s,s:o,s:o,s:o}", "id", member->id, "name", member->name,
                              "sign", hex_text(member->sign_public, SIGN_PUBLIC_SIZE), "seal",
                              hex_text(member->seal_public, SEAL_PUBLIC_SIZE), "mac",
                              hex_text(mac, sizeof mac)));
}

static json_t *parse(struct span text, struct err *err)
{
    json_t *root = text.len > JOIN_TEXT_MAX
                       ? NULL
                       : json_loadb(text.ptr, text.len, JSON_REJECT_DUPLICATES, NULL);

    if (json_is_object(root))
        return root;
    json_decref(root);
    err_set(err, "not a JSON object of at most %d bytes", JOIN_TEXT_MAX);
    return NULL;
}

static struct span text_of(const json_t *root, const char *name)
{
    const json_t *value = json_object_get(root, name);

    return json_is_string(value)
               ? span_from(json_string_value(value), json_string_length(value))
               : SPAN("");
}

static bool is_authentic(const json_t *root, const uint8_t mac[HASH_SHA256_SIZE])
{
    uint8_t said[HASH_SHA256_SIZE];

    return hash_unhex(text_of(root, "mac"), said, sizeof said) &&
           hash_equal(said, mac, sizeof said);
}

int join_ask_parse(struct span text, const struct join_token *token, struct member *member_r,
                   struct err *err)
{
    json_t *root;
    uint8_t mac[HASH_SHA256_SIZE];
    int result;

    memset(member_r, 0, sizeof *member_r);
    root = parse(text, err);
    if (root == NULL)
        return -1;
    result = members_read_node(root, member_r, err);
    if (result == 0) {
        mac_ask(token, member_r, mac);
        if (!is_authentic(root, mac))
            result = err_set(err, "it was not made with this token");
        member_r->number = 0;
    }
    json_decref(root);
    return result;
}

static void seal_context(struct str *out, const struct join_token *token, const char *id)
{
    str_printf(out, "joined %s %s", token->id, id);
}

void join_answer_print(struct str *out, const struct join_token *token,
                       const struct member *member, struct span key_text)
{
    struct str context = STR_EMPTY, sealed = STR_EMPTY, base64 = STR_EMPTY;
    uint8_t mac[HASH_SHA256_SIZE];

    seal_context(&context, token, member->id);
    seal_to(&sealed, member->seal_public, str_span(&context), key_text);
    hash_base64(&base64, str_span(&sealed));
    mac_answer(token, member->id, str_span(&base64), mac);
    print_json(out, json_pack("{s:s,s:s,s:o}", "id", member->id, "sealed", str_cstr(&base64),
                              "mac", hex_text(mac, sizeof mac)));
    str_clear(&base64);
    str_clear(&sealed);
    str_clear(&context);
}

/* What the mac of a refusal covers; what is sealed is base64 and has no blank. */
static void mac_refusal(const struct join_token *token, const char *id, struct span why,
                        uint8_t mac_r[HASH_SHA256_SIZE])
{
    struct str text = STR_EMPTY;

    str_adds(&text, "refused ");
    str_add(&text, why);
    mac_answer(token, id, str_span(&text), mac_r);
    str_clear(&text);
}

void join_refusal_print(struct str *out, const struct join_token *token,
                        const struct member *member, const char *why)
{
    struct str text = STR_EMPTY;
    uint8_t mac[HASH_SHA256_SIZE];

    sink_utf8(&text, span_of(why));
    mac_refusal(token, member->id, str_span(&text), mac);
    print_json(out, json_pack("{s:s,s:s,s:o}", "id", member->id, "refused", str_cstr(&text),
                              "mac", hex_text(mac, sizeof mac)));
    str_clear(&text);
}

static int open_sealed(struct str *key_text, const json_t *root, const struct join_token *token,
                       const struct identity *own, struct err *err)
{
    struct str context = STR_EMPTY, sealed = STR_EMPTY;
    int result = 1;

    seal_context(&context, token, own->id);
    if (!hash_unbase64(text_of(root, "sealed"), &sealed) ||
        !seal_open(key_text, &own->seal, str_span(&context), str_span(&sealed)))
        result = err_set(err, "the answer in Redis is not sealed to this node");
    str_clear(&sealed);
    str_clear(&context);
    return result;
}

static int open_answer(struct str *key_text, const json_t *root, const struct join_token *token,
                       const struct identity *own, struct err *err)
{
    struct span refused = text_of(root, "refused");
    uint8_t mac[HASH_SHA256_SIZE];

    if (!span_is(text_of(root, "id"), own->id))
        return 0;
    if (refused.len > 0)
        mac_refusal(token, own->id, refused, mac);
    else
        mac_answer(token, own->id, text_of(root, "sealed"), mac);
    if (!is_authentic(root, mac)) {
        err_set(err, "the answer in Redis was not made by whoever gave the token");
        return 0;
    }
    if (refused.len > 0)
        return err_set(err, "refused: %.*s", SPAN_ARG(refused));
    return open_sealed(key_text, root, token, own, err);
}

int join_answer_open(struct str *key_text, struct span text, const struct join_token *token,
                     const struct identity *own, struct err *err)
{
    json_t *root;
    int result;

    err_reset(err);
    root = parse(text, err);
    if (root == NULL)
        return 0;
    result = open_answer(key_text, root, token, own, err);
    json_decref(root);
    return result;
}
