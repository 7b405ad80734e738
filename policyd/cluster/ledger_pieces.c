/* Payloads too large for one entry: {"parts":[SHA256,...],"bytes":N,"sha256":SHA256}, the pieces lying beside the entries by their hash. */
#include <jansson.h>
#include <stdio.h>

#include "base/xalloc.h"
#include "policyd/cluster/cluster.h"
#include "policyd/cluster/ledger_inside.h"

#define PREFIX "{\"parts\":["

static bool copy_hash(const json_t *text, char hash_r[ENVELOPE_HASH_SIZE])
{
    uint8_t digest[HASH_SHA256_SIZE];

    if (!json_is_string(text) || json_string_length(text) != ENVELOPE_HASH_SIZE - 1 ||
        !hash_unhex(span_of(json_string_value(text)), digest, sizeof digest))
        return false;
    memcpy(hash_r, json_string_value(text), ENVELOPE_HASH_SIZE);
    return true;
}

static bool read_pieces(const json_t *root, struct ledger_pieces *pieces)
{
    const json_t *parts = json_object_get(root, "parts");
    json_int_t bytes = json_integer_value(json_object_get(root, "bytes"));
    size_t count = json_array_size(parts);

    if (count == 0 || count > LEDGER_MAX_PARTS || bytes <= 0 || bytes > LEDGER_PAYLOAD_MAX ||
        !copy_hash(json_object_get(root, "sha256"), pieces->sha256))
        return false;
    pieces->bytes = (uint64_t)bytes;
    pieces->hashes = xcalloc(count, sizeof *pieces->hashes);
    for (; pieces->count < count; pieces->count++)
        if (!copy_hash(json_array_get(parts, pieces->count), pieces->hashes[pieces->count]))
            return false;
    return true;
}

int ledger_pieces_parse(struct span payload, struct ledger_pieces *pieces_r, struct err *err)
{
    json_t *root;
    bool is_good;

    *pieces_r = (struct ledger_pieces){0};
    if (!span_starts(payload, SPAN(PREFIX)))
        return 0;
    root = json_loadb(payload.ptr, payload.len, JSON_REJECT_DUPLICATES, NULL);
    is_good = root != NULL && read_pieces(root, pieces_r);
    if (root != NULL)
        json_decref(root);
    if (is_good)
        return 1;
    ledger_pieces_clear(pieces_r);
    return err_set(err, "its list of parts is malformed");
}

void ledger_pieces_clear(struct ledger_pieces *pieces)
{
    xfree(&pieces->hashes);
    *pieces = (struct ledger_pieces){0};
}

/* From policyd.db, else from Redis: then it is kept, so that this node can write it again. */
static int get_piece(const struct ledger_piece *piece, struct str *out, struct err *err)
{
    size_t before = out->len;
    int state = ledger_store_get_piece(cluster_db(), piece->subject, piece->hash, out, err);

    if (state == 0) {
        state = ledger_redis_piece(piece->hash, out, err);
        if (state == 0)
            state = err_set(err, "a part of it (%.16s...) is not in Redis", piece->hash);
    }
    if (state != 1)
        return -1;
    /* Also one that is there already: it is this entry's from now on. */
    return ledger_store_put_piece(cluster_db(), piece,
                                  span_from(out->ptr + before, out->len - before), err);
}

static int gather(const struct envelope *e, const struct ledger_pieces *pieces, struct str *out,
                  struct err *err)
{
    char hash[ENVELOPE_HASH_SIZE];

    for (size_t i = 0; i < pieces->count; i++) {
        const struct ledger_piece piece = {e->subject, e->number, pieces->hashes[i]};

        if (get_piece(&piece, out, err) < 0)
            return -1;
        if (out->len > pieces->bytes)
            return err_set(err, "its parts are more than it says");
    }
    hash_sha256_hex(str_span(out), hash);
    if (out->len != pieces->bytes || strcmp(hash, pieces->sha256) != 0)
        return err_set(err, "its parts are not what it says");
    return 0;
}

int ledger_payload(const struct envelope *e, struct str *own, struct span *payload_r,
                   struct err *err)
{
    struct ledger_pieces pieces;
    int state = ledger_pieces_parse(e->payload, &pieces, err);

    *payload_r = e->payload;
    if (state != 1)
        return state;
    state = gather(e, &pieces, own, err);
    ledger_pieces_clear(&pieces);
    *payload_r = str_span(own);
    return state;
}

int ledger_pieces_make(struct span subject, uint64_t number, struct span payload,
                       struct str *text, struct err *err)
{
    char hash[ENVELOPE_HASH_SIZE];

    if (payload.len <= LEDGER_PART)
        return 0;
    if (payload.len > LEDGER_PAYLOAD_MAX)
        return err_set(err, "%zu bytes; at most %d can be told to the cluster at once",
                       payload.len, LEDGER_PAYLOAD_MAX);
    str_adds(text, PREFIX);
    for (size_t at = 0; at < payload.len; at += LEDGER_PART) {
        size_t left = payload.len - at;
        struct span bytes =
            span_from(payload.ptr + at, left < LEDGER_PART ? left : LEDGER_PART);
        const struct ledger_piece piece = {subject, number, hash};

        hash_sha256_hex(bytes, hash);
        if (ledger_store_put_piece(cluster_db(), &piece, bytes, err) < 0)
            return -1;
        str_printf(text, "%s\"%s\"", at > 0 ? "," : "", hash);
    }
    hash_sha256_hex(payload, hash);
    str_printf(text, "],\"bytes\":%zu,\"sha256\":\"%s\"}", payload.len, hash);
    return 1;
}

static int write_piece(struct span subject, const char *hash, struct err *err)
{
    struct str bytes = STR_EMPTY;
    int state = ledger_store_get_piece(cluster_db(), subject, hash, &bytes, err);

    if (state == 0)
        state =
            err_set(err, "a part of an entry of %.*s is not in policyd.db", SPAN_ARG(subject));
    if (state == 1)
        state = ledger_write_piece(hash, str_span(&bytes), err);
    str_clear(&bytes);
    return state;
}

int ledger_pieces_write(struct span subject, struct span payload, struct err *err)
{
    struct ledger_pieces pieces;
    int state = ledger_pieces_parse(payload, &pieces, err);

    if (state < 0)
        return -1;
    state = 0;
    for (size_t i = 0; i < pieces.count && state == 0; i++)
        state = write_piece(subject, pieces.hashes[i], err);
    ledger_pieces_clear(&pieces);
    return state;
}
