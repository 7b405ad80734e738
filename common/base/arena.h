/* Memory for one lifetime (connection, transaction, rule set): allocated piece by piece, freed at once. */
#ifndef BASE_ARENA_H
#define BASE_ARENA_H
#include "base/span.h"

struct arena;

struct arena *arena_new(void);
void arena_free(struct arena **arena);
void arena_reset(
    struct arena *arena); /* everything allocated from it is gone; keeps one block */
void *arena_alloc(struct arena *arena, size_t size); /* zeroed, aligned for any type */
void *arena_array(struct arena *arena, size_t count, size_t size);
char *arena_strdup(struct arena *arena, const char *s);
struct span arena_span(struct arena *arena,
                       struct span s); /* copy, terminated by a NUL beyond len */
char *arena_printf(struct arena *arena, const char *fmt, ...)
    __attribute__((format(printf, 2, 3)));
size_t arena_used(const struct arena *arena); /* bytes handed out, for budgets */
#endif
