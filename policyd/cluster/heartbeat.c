/* heartbeat.c - signs what this node says of itself, and takes apart what others say. */
#include "policyd/cluster/heartbeat.h"

#include <stdlib.h>
#include <string.h>

#define HEX_SIZE (2 * SIGN_SIZE)

/* Under a label of its own: a signature made for anything else does not fit. */
static void add_signed(struct str *out, const char *cluster, struct span json)
{
    str_printf(out, "postgate-heartbeat 1\n%s\n", cluster);
    str_add(out, json);
}

int heartbeat_sign(struct str *out, const struct identity *identity, const json_t *content,
                   struct err *err)
{
    char *json = json_dumps(content, JSON_COMPACT | JSON_ENSURE_ASCII);
    struct str text = STR_EMPTY;
    uint8_t signature[SIGN_SIZE];
    size_t length = json != NULL ? strlen(json) : HEARTBEAT_MAX;
    int state = 0;

    if (length + 1 + HEX_SIZE > HEARTBEAT_MAX) {
        state = err_set(err, "the heartbeat would have %zu bytes; %d are the most", length,
                        HEARTBEAT_MAX);
    } else {
        add_signed(&text, identity->cluster, span_from(json, length));
        sign_bytes(&identity->sign, str_span(&text), signature);
        str_add(out, span_from(json, length));
        str_addc(out, '\n');
        hash_hex(out, signature, sizeof signature);
    }
    str_clear(&text);
    free(json);
    return state;
}

static bool is_hex_id(const char *text)
{
    return strlen(text) == NODE_ID_SIZE - 1 &&
           strspn(text, "0123456789abcdef") == NODE_ID_SIZE - 1;
}

/* What is relied upon; all else is only shown. */
static int take_fields(struct heartbeat *h, struct err *err)
{
    const char *id = json_string_value(json_object_get(h->root, "id"));
    const char *boot = json_string_value(json_object_get(h->root, "boot"));
    const char *name = json_string_value(json_object_get(h->root, "name"));
    json_int_t seq = json_integer_value(json_object_get(h->root, "seq"));

    if (id == NULL || !is_hex_id(id) || boot == NULL || !is_hex_id(boot))
        return err_set(err, "id and boot should be 16 hexadecimal digits");
    if (name == NULL || name[0] == '\0' || strlen(name) >= NODE_NAME_SIZE)
        return err_set(err, "name should have 1 to %d bytes", NODE_NAME_SIZE - 1);
    if (seq <= 0)
        return err_set(err, "seq should be a number from 1 up");
    memcpy(h->id, id, NODE_ID_SIZE);
    memcpy(h->boot, boot, NODE_ID_SIZE);
    h->seq = (uint64_t)seq;
    return 0;
}

static int parse(struct span json, struct heartbeat *h, struct err *err)
{
    json_error_t why;

    h->root = json_loadb(json.ptr, json.len, JSON_REJECT_DUPLICATES, &why);
    if (!json_is_object(h->root))
        return err_set(err, "it is no JSON object: %s", h->root == NULL ? why.text : "");
    return take_fields(h, err);
}

static bool is_signed(struct span json, struct span hex, const struct heartbeat_of *of)
{
    struct str text = STR_EMPTY;
    uint8_t signature[SIGN_SIZE];
    bool is;

    add_signed(&text, of->cluster, json);
    is = hash_unhex(hex, signature, sizeof signature) &&
         sign_verify(of->sign_public, str_span(&text), signature);
    str_clear(&text);
    return is;
}

int heartbeat_read(struct span bytes, const struct heartbeat_of *of,
                   struct heartbeat *heartbeat_r, struct err *err)
{
    struct span json;

    *heartbeat_r = (struct heartbeat){0};
    if (bytes.len > HEARTBEAT_MAX || bytes.len < HEX_SIZE + 3)
        return err_set(err, "it has %zu bytes; a heartbeat has %d to %d", bytes.len,
                       HEX_SIZE + 3, HEARTBEAT_MAX);
    json = span_from(bytes.ptr, bytes.len - HEX_SIZE - 1);
    if (bytes.ptr[json.len] != '\n')
        return err_set(err, "there is no signature at its end");
    if (!is_signed(json, span_from(json.ptr + json.len + 1, HEX_SIZE), of))
        return err_set(err, "it is not signed by the key of that node");
    if (parse(json, heartbeat_r, err) != 0 || strcmp(heartbeat_r->id, of->id) != 0) {
        if (heartbeat_r->id[0] != '\0' && strcmp(heartbeat_r->id, of->id) != 0)
            err_set(err, "it is signed, but says it is of node %s", heartbeat_r->id);
        heartbeat_clear(heartbeat_r);
        return -1;
    }
    return 0;
}

void heartbeat_clear(struct heartbeat *heartbeat)
{
    json_decref(heartbeat->root);
    *heartbeat = (struct heartbeat){0};
}
