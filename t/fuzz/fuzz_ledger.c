/* What lies in Redis beside the signed entries: a row of `heads`, a payload in pieces, a change of a list. Read or refused; what is read prints to what reads the
 * same. The first byte says which. */
#include <stdlib.h>

#include "policyd/cluster/apply.h"
#include "policyd/cluster/cluster.h"
#include "policyd/cluster/ledger_inside.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* Nothing is fetched here. */
struct policy_db *cluster_db(void)
{
    return NULL;
}

int ledger_redis_piece(const char *hash, struct str *out, struct err *err)
{
    (void)hash;
    (void)out;
    return err_set(err, "there is none");
}

int ledger_write_piece(const char *hash, struct span bytes, struct err *err)
{
    (void)hash;
    (void)bytes;
    return err_set(err, "there is none");
}

static void fuzz_head(struct span bytes)
{
    struct ledger_head head = {0};

    if (ledger_head_parse(bytes, &head) && (head.number == 0 || head.base == 0 ||
                                            head.base > head.number || strlen(head.hash) != 64))
        abort();
}

static void fuzz_pieces(struct span bytes)
{
    struct ledger_pieces pieces;

    if (ledger_pieces_parse(bytes, &pieces, NULL) == 1 &&
        (pieces.count == 0 || pieces.count > LEDGER_MAX_PARTS ||
         pieces.bytes > LEDGER_PAYLOAD_MAX))
        abort();
    ledger_pieces_clear(&pieces);
}

static void fuzz_list(struct span bytes)
{
    struct arena *arena = arena_new();
    struct list_payload list, again;
    struct str text = STR_EMPTY;

    if (list_payload_read(bytes, arena, &list, NULL) == 0) {
        list_payload_print(&text, &list);
        if (list_payload_read(str_span(&text), arena, &again, NULL) != 0 ||
            again.count != list.count || again.type != list.type || again.verb != list.verb)
            abort();
        for (size_t i = 0; i < list.count; i++)
            if (!span_equal(list.items[i], again.items[i]))
                abort();
    }
    str_clear(&text);
    arena_free(&arena);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static void (*const targets[])(struct span bytes) = {fuzz_head, fuzz_pieces, fuzz_list};

    if (size > 0)
        targets[data[0] % 3](span_from(data + 1, size - 1));
    return 0;
}
