/* shelf.c - drawers of entries, each searched from its front: they are short. */
#include "base/xalloc.h"
#include "policyd/cluster/shelf.h"

#define FIRST_ROOM 4
#define HEAD       (SHELF_KEY_SIZE + 2) /* key, u16 length */

struct drawer {
    struct shelf_entry *entries;
    size_t count, room;
    bool is_changed;
};

struct shelf {
    size_t drawer_count, most, next_changed, changed_count;
    struct drawer *drawers;
};

struct shelf *shelf_new(size_t drawers, size_t room)
{
    struct shelf *shelf = xcalloc(1, sizeof *shelf);

    shelf->drawer_count = drawers;
    shelf->most = room;
    shelf->drawers = xcalloc(drawers, sizeof *shelf->drawers);
    return shelf;
}

void shelf_free(struct shelf **shelf)
{
    if (*shelf == NULL)
        return;
    for (size_t i = 0; i < (*shelf)->drawer_count; i++) {
        struct drawer *d = &(*shelf)->drawers[i];
        for (size_t k = 0; k < d->count; k++)
            str_clear(&d->entries[k].value);
        xfree(&d->entries);
    }
    xfree(&(*shelf)->drawers);
    xfree(shelf);
}

size_t shelf_drawer(const struct shelf *shelf, const uint8_t key[SHELF_KEY_SIZE])
{
    return ((size_t)key[0] << 8 | key[1]) % shelf->drawer_count;
}

size_t shelf_count(const struct shelf *shelf, size_t drawer)
{
    return shelf->drawers[drawer].count;
}

struct shelf_entry *shelf_at(struct shelf *shelf, size_t drawer, size_t index)
{
    return &shelf->drawers[drawer].entries[index];
}

struct shelf_entry *shelf_find(struct shelf *shelf, const uint8_t key[SHELF_KEY_SIZE])
{
    struct drawer *d = &shelf->drawers[shelf_drawer(shelf, key)];

    for (size_t i = 0; i < d->count; i++)
        if (memcmp(d->entries[i].key, key, SHELF_KEY_SIZE) == 0)
            return &d->entries[i];
    return NULL;
}

void shelf_touch(struct shelf *shelf, size_t drawer)
{
    struct drawer *d = &shelf->drawers[drawer];

    shelf->changed_count += d->is_changed ? 0 : 1;
    d->is_changed = true;
}

struct shelf_entry *shelf_put(struct shelf *shelf, const uint8_t key[SHELF_KEY_SIZE])
{
    size_t drawer = shelf_drawer(shelf, key);
    struct drawer *d = &shelf->drawers[drawer];
    struct shelf_entry *entry;

    if (d->count == shelf->most)
        return NULL;
    if (d->count == d->room) {
        d->room = d->room == 0 ? FIRST_ROOM : 2 * d->room;
        d->entries = xreallocarray(d->entries, d->room, sizeof *d->entries);
    }
    entry = &d->entries[d->count++];
    memset(entry, 0, sizeof *entry);
    memcpy(entry->key, key, SHELF_KEY_SIZE);
    shelf_touch(shelf, drawer);
    return entry;
}

void shelf_drop(struct shelf *shelf, size_t drawer, size_t index)
{
    struct drawer *d = &shelf->drawers[drawer];

    str_clear(&d->entries[index].value);
    d->entries[index] = d->entries[--d->count];
    shelf_touch(shelf, drawer);
}

static void write_drawer(const struct drawer *d, struct str *out)
{
    for (size_t i = 0; i < d->count; i++) {
        size_t len = d->entries[i].value.len;
        if (len > SHELF_MAX_VALUE)
            continue;
        str_add(out, span_from(d->entries[i].key, SHELF_KEY_SIZE));
        str_addc(out, (char)(len >> 8));
        str_addc(out, (char)(len & 0xff));
        str_add(out, str_span(&d->entries[i].value));
    }
}

bool shelf_take_changed(struct shelf *shelf, size_t *drawer_r, struct str *out)
{
    if (shelf->changed_count == 0)
        return false;
    while (!shelf->drawers[shelf->next_changed].is_changed)
        shelf->next_changed = (shelf->next_changed + 1) % shelf->drawer_count;
    *drawer_r = shelf->next_changed;
    shelf->drawers[*drawer_r].is_changed = false;
    shelf->changed_count--;
    write_drawer(&shelf->drawers[*drawer_r], out);
    return true;
}

void shelf_restore(struct shelf *shelf, size_t drawer, struct span bytes)
{
    while (bytes.len >= HEAD) {
        const uint8_t *at = (const uint8_t *)bytes.ptr;
        size_t len = (size_t)at[SHELF_KEY_SIZE] << 8 | at[SHELF_KEY_SIZE + 1];
        struct shelf_entry *entry;
        if (len > SHELF_MAX_VALUE || len > bytes.len - HEAD)
            return;
        if (shelf_drawer(shelf, at) == drawer && shelf_find(shelf, at) == NULL &&
            (entry = shelf_put(shelf, at)) != NULL)
            str_add(&entry->value, span_from(at + HEAD, len));
        bytes = span_from(bytes.ptr + HEAD + len, bytes.len - HEAD - len);
    }
}
