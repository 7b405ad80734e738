/* Memory for one lifetime: a list of blocks, handed out from the front one, freed together. */
#include "base/arena.h"

#include <stdalign.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/log.h"
#include "base/xalloc.h"

#define ARENA_BLOCK_SIZE 4096

struct block {
    struct block *next;
    size_t size; /* of data */
    size_t used;
    alignas(max_align_t) char data[];
};

struct arena {
    struct block
        *blocks; /* the front one is being filled; the last one is of ARENA_BLOCK_SIZE */
    size_t used;
};

static struct block *block_new(size_t size)
{
    struct block *block = xmalloc(sizeof(*block) + size);

    block->next = NULL;
    block->size = size;
    block->used = 0;
    return block;
}

struct arena *arena_new(void)
{
    struct arena *arena = xcalloc(1, sizeof(*arena));

    arena->blocks = block_new(ARENA_BLOCK_SIZE);
    return arena;
}

void arena_reset(struct arena *arena)
{
    while (arena->blocks->next != NULL) {
        struct block *block = arena->blocks;

        arena->blocks = block->next;
        free(block);
    }
    arena->blocks->used = 0;
    arena->used = 0;
}

void arena_free(struct arena **arena)
{
    if (*arena == NULL)
        return;
    arena_reset(*arena);
    free((*arena)->blocks);
    xfree(arena);
}

/* Large pieces get a block of their own behind the front one, so that the front one goes on being filled. */
static struct block *block_for(struct arena *arena, size_t size)
{
    struct block *front = arena->blocks;
    struct block *block;

    if (front->size - front->used >= size)
        return front;
    block = block_new(size > ARENA_BLOCK_SIZE ? size : ARENA_BLOCK_SIZE);
    if (size > ARENA_BLOCK_SIZE / 4 && front->next != NULL) {
        block->next = front->next;
        front->next = block;
    } else {
        block->next = front;
        arena->blocks = block;
    }
    return block;
}

void *arena_alloc(struct arena *arena, size_t size)
{
    size_t mask = alignof(max_align_t) - 1;
    struct block *block;
    char *piece;

    if (size > SIZE_MAX / 4)
        log_fatal("an allocation of %zu bytes was asked of an arena", size);
    size = ((size > 0 ? size : 1) + mask) & ~mask;
    block = block_for(arena, size);
    piece = block->data + block->used;
    block->used += size;
    arena->used += size;
    return memset(piece, 0, size);
}

void *arena_array(struct arena *arena, size_t count, size_t size)
{
    size_t total;

    if (__builtin_mul_overflow(count, size, &total))
        log_fatal("an array of %zu times %zu bytes was asked of an arena", count, size);
    return arena_alloc(arena, total);
}

char *arena_strdup(struct arena *arena, const char *s)
{
    size_t size = strlen(s) + 1;

    return memcpy(arena_alloc(arena, size), s, size);
}

struct span arena_span(struct arena *arena, struct span s)
{
    char *copy = arena_alloc(arena, s.len + 1);

    if (s.len > 0)
        memcpy(copy, s.ptr, s.len);
    return span_from(copy, s.len);
}

char *arena_printf(struct arena *arena, const char *fmt, ...)
{
    va_list args, again;
    char *text;
    int len;

    va_start(args, fmt);
    va_copy(again, args);
    len = vsnprintf(NULL, 0, fmt, args);
    va_end(args);
    if (len < 0)
        log_fatal("the format \"%s\" cannot be printed", fmt);
    text = arena_alloc(arena, (size_t)len + 1);
    vsnprintf(text, (size_t)len + 1, fmt, again);
    va_end(again);
    return text;
}

size_t arena_used(const struct arena *arena)
{
    return arena->used;
}
