/* copy_choose.c - rendezvous hash: the same nodes give the same choice everywhere, and one that leaves moves only what it had. */
#include "base/hash.h"
#include "policyd/cluster/quarantine_copies.h"

int quarantine_copies_choose(const char *id, const struct copy_candidate *nodes, size_t count)
{
    static const uint64_t seed[2] = {0x706f7374, 0x67617465};
    uint64_t best = 0;
    int chosen = -1;

    for (size_t i = 0; i < count; i++) {
        struct str text = STR_EMPTY;
        uint64_t hash;

        str_printf(&text, "%s %s", id, nodes[i].node);
        hash = hash_table64(seed, str_span(&text));
        str_clear(&text);
        if (nodes[i].is_able && (chosen == -1 || hash > best)) {
            best = hash;
            chosen = (int)i;
        }
    }
    return chosen;
}
