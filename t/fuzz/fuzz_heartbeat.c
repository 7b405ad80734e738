/* Heartbeats: any object that is signed by the node gives fields of known shape or an error; what is not signed gives none. */
#include <stdlib.h>

#include "policyd/cluster/heartbeat.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const struct identity *node(void)
{
    static struct identity node = {.cluster = "fuzz", .id = "0123456789abcdef"};

    if (node.sign.public[0] == 0 && node.sign.public[1] == 0)
        sign_key_new(&node.sign);
    return &node;
}

static void add_signature(struct str *text, struct span json)
{
    struct str all = STR_EMPTY;
    uint8_t signature[SIGN_SIZE];

    str_adds(&all, "postgate-heartbeat 1\nfuzz\n");
    str_add(&all, json);
    sign_bytes(&node()->sign, str_span(&all), signature);
    str_add(text, json);
    str_addc(text, '\n');
    hash_hex(text, signature, sizeof signature);
    str_clear(&all);
}

static void read_it(struct span bytes, bool is_signed)
{
    const struct heartbeat_of of = {"fuzz", "0123456789abcdef", node()->sign.public};
    struct heartbeat h;
    struct err err = {{0}};
    int result = heartbeat_read(bytes, &of, &h, &err);

    if ((result == 0) != (h.root != NULL) || (result < 0) != (err.text[0] != '\0'))
        abort();
    if (result == 0 && (!is_signed || h.seq == 0 || strlen(h.boot) != NODE_ID_SIZE - 1))
        abort();
    heartbeat_clear(&h);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct span bytes = span_from(data, size);
    struct str text = STR_EMPTY;

    read_it(bytes, false);
    add_signature(&text, bytes);
    read_it(str_span(&text), true);
    str_clear(&text);
    return 0;
}
