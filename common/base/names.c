/* Tables of names and numbers, and the nearest name for who mistyped one. */
#include "base/names.h"

#define NAME_MAX_COMPARED 64 /* longer names are nobody's typing error */

bool names_value(const struct name_value *table, struct span name, int *value_r)
{
    for (; table->name != NULL; table++) {
        if (span_is(name, table->name)) {
            *value_r = table->value;
            return true;
        }
    }
    return false;
}

const char *names_name(const struct name_value *table, int value)
{
    for (; table->name != NULL; table++)
        if (table->value == value)
            return table->name;
    return NULL;
}

void names_join(const struct name_value *table, struct str *out)
{
    for (size_t i = 0; table[i].name != NULL; i++) {
        if (i > 0)
            str_adds(out, table[i + 1].name != NULL ? ", " : " or ");
        str_adds(out, table[i].name);
    }
}

static size_t least(size_t a, size_t b)
{
    return a < b ? a : b;
}

/* Edit distance with neighbours swapped as one edit; both at most NAME_MAX_COMPARED bytes. */
static size_t distance(struct span a, struct span b)
{
    size_t rows[3][NAME_MAX_COMPARED + 1];
    size_t *older = rows[0], *old = rows[1], *now = rows[2];

    for (size_t j = 0; j <= b.len; j++)
        old[j] = j;
    for (size_t i = 1; i <= a.len; i++) {
        size_t *spare = older;

        now[0] = i;
        for (size_t j = 1; j <= b.len; j++) {
            size_t change = old[j - 1] + (a.ptr[i - 1] != b.ptr[j - 1]);

            now[j] = least(change, least(old[j], now[j - 1]) + 1);
            if (i > 1 && j > 1 && a.ptr[i - 1] == b.ptr[j - 2] && a.ptr[i - 2] == b.ptr[j - 1])
                now[j] = least(now[j], older[j - 2] + 1);
        }
        older = old;
        old = now;
        now = spare;
    }
    return old[b.len];
}

const char *names_nearest(struct span name, const char *(*candidate)(const void *ctx, size_t i),
                          const void *ctx)
{
    const char *best = NULL;
    const char *next;
    size_t limit = name.len / 3;

    if (name.len > NAME_MAX_COMPARED)
        return NULL;
    for (size_t i = 0; (next = candidate(ctx, i)) != NULL; i++) {
        struct span other = span_of(next);
        size_t d = other.len <= NAME_MAX_COMPARED ? distance(name, other) : SIZE_MAX;

        if (d > limit || (best != NULL && d == limit))
            continue;
        best = next;
        limit = d;
    }
    return best;
}

static const char *table_candidate(const void *ctx, size_t i)
{
    const struct name_value *table = ctx;

    return table[i].name;
}

const char *names_nearest_in(const struct name_value *table, struct span name)
{
    return names_nearest(name, table_candidate, table);
}
