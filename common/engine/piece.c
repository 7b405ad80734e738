/* piece.c - counts what snapshots share. */
#include <stdatomic.h>
#include "base/xalloc.h"
#include "engine/piece.h"

struct piece {
    atomic_uint references;
    char *name;
    void *thing;
    void (*release)(void *thing);
};

struct piece *piece_new(const char *name, void *thing, void (*release)(void *thing))
{
    struct piece *piece = xcalloc(1, sizeof *piece);

    atomic_init(&piece->references, 1);
    piece->name = xstrdup(name);
    piece->thing = thing;
    piece->release = release;
    return piece;
}

struct piece *piece_pin(struct piece *piece)
{
    atomic_fetch_add(&piece->references, 1);
    return piece;
}

void piece_unpin(struct piece **piece)
{
    struct piece *gone = *piece;

    *piece = NULL;
    if (gone == NULL || atomic_fetch_sub(&gone->references, 1) != 1)
        return;
    gone->release(gone->thing);
    xfree(&gone->name);
    xfree(&gone);
}

void *piece_thing(const struct piece *piece)
{
    return piece->thing;
}

const char *piece_name(const struct piece *piece)
{
    return piece->name;
}
