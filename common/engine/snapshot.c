/* snapshot.c - the current snapshot: pinned by who decides with it, swapped whole by who loads a new one. */
#include <pthread.h>
#include "base/xalloc.h"
#include "engine/piece.h"
#include "engine/routes.h"

struct snapshot_memory {
    size_t count;
    struct piece **pieces;
    struct list_content *contents; /* of lists.each */
};

/* The only mutable state all threads share; the lock is held for a pointer and a count. */
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static struct snapshot *current;

struct snapshot *snapshot_new(void)
{
    struct snapshot *snapshot = xcalloc(1, sizeof *snapshot);

    snapshot->memory = xcalloc(1, sizeof *snapshot->memory);
    snapshot->references = 1;
    return snapshot;
}

void snapshot_hold(struct snapshot *snapshot, struct piece **piece)
{
    struct snapshot_memory *memory = snapshot->memory;

    memory->pieces = xreallocarray(memory->pieces, memory->count + 1, sizeof(struct piece *));
    memory->pieces[memory->count++] = *piece;
    *piece = NULL;
}

struct list_content *snapshot_bind(struct snapshot *snapshot, struct ruleset *rules)
{
    struct list_content *contents = xcalloc(rules->list_count + 1, sizeof *contents);

    snapshot->rules = rules;
    snapshot->memory->contents = contents;
    snapshot->lists =
        (struct lists){.rules = rules, .count = rules->list_count, .each = contents};
    return contents;
}

struct piece *snapshot_piece(const struct snapshot *snapshot, const char *name)
{
    for (size_t i = 0; snapshot != NULL && i < snapshot->memory->count; i++) {
        if (strcmp(piece_name(snapshot->memory->pieces[i]), name) == 0)
            return snapshot->memory->pieces[i];
    }
    return NULL;
}

static void snapshot_free(struct snapshot *snapshot)
{
    for (size_t i = 0; i < snapshot->memory->count; i++)
        piece_unpin(&snapshot->memory->pieces[i]);
    xfree(&snapshot->memory->pieces);
    xfree(&snapshot->memory->contents);
    xfree(&snapshot->memory);
    xfree(&snapshot);
}

const struct snapshot *snapshot_pin(void)
{
    struct snapshot *pinned;

    pthread_mutex_lock(&lock);
    pinned = current;
    if (pinned != NULL)
        pinned->references++;
    pthread_mutex_unlock(&lock);
    return pinned;
}

void snapshot_unpin(const struct snapshot **snapshot)
{
    /* Counting is the one thing that changes in a snapshot. */
    union {
        const struct snapshot *pinned;
        struct snapshot *gone;
    } u = {*snapshot};
    bool is_last;

    *snapshot = NULL;
    if (u.gone == NULL)
        return;
    pthread_mutex_lock(&lock);
    is_last = --u.gone->references == 0;
    pthread_mutex_unlock(&lock);
    if (is_last)
        snapshot_free(u.gone);
}

void snapshot_swap(struct snapshot **next)
{
    const struct snapshot *old;

    pthread_mutex_lock(&lock);
    old = current;
    current = *next;
    pthread_mutex_unlock(&lock);
    *next = NULL;
    snapshot_unpin(&old);
}

void snapshot_learn_routing(const struct snapshot *snapshot, struct facts *recipient)
{
    routes_learn(snapshot->routes, recipient);
}
