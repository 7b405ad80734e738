/* window.c - a sliding window in 60 parts, packed. */
#include "policyd/cluster/window.h"

#define PART_SIZE   5
#define AMOUNT_SIZE 6
#define MS          1000

int64_t window_width(int64_t window_s)
{
    int64_t width = window_s * MS / WINDOW_PARTS;

    return width > 0 ? width : 1;
}

int64_t window_part(int64_t window_s, int64_t wall_ms)
{
    return wall_ms / window_width(window_s);
}

static int64_t get(const char *at, size_t size)
{
    int64_t number = 0;

    for (size_t i = 0; i < size; i++)
        number = number << 8 | (uint8_t)at[i];
    return number;
}

static void put(char *at, size_t size, int64_t number)
{
    for (size_t i = size; i-- > 0; number >>= 8)
        at[i] = (char)(number & 0xff);
}

static bool is_within(int64_t part, int64_t now)
{
    return part > now - WINDOW_ENTRIES && part <= now;
}

static size_t entries_of(struct span cell, size_t size, size_t most)
{
    return cell.len % size == 0 && cell.len / size <= most ? cell.len / size : 0;
}

/* Keeps the entries whose part (at offset in each) is within the window of now. */
static void forget(struct str *cell, size_t size, size_t most, size_t offset, int64_t now)
{
    size_t count = entries_of(str_span(cell), size, most), kept = 0;

    for (size_t i = 0; i < count; i++)
        if (is_within(get(cell->ptr + i * size + offset, PART_SIZE), now))
            memmove(cell->ptr + kept++ * size, cell->ptr + i * size, size);
    str_truncate(cell, kept * size);
}

static int64_t bounded_sum(int64_t a, int64_t b)
{
    return a > WINDOW_MAX_AMOUNT - b ? WINDOW_MAX_AMOUNT : a + b;
}

/* Entries are as many as there are different parts within one window: never more than WINDOW_ENTRIES. */
void window_add(struct str *cell, int64_t now, int64_t part, int64_t amount)
{
    char entry[WINDOW_ENTRY_SIZE];
    char *at;

    amount = amount < 0 ? 0 : amount > WINDOW_MAX_AMOUNT ? WINDOW_MAX_AMOUNT : amount;
    forget(cell, WINDOW_ENTRY_SIZE, WINDOW_ENTRIES, 0, now);
    if (!is_within(part, now))
        return;
    for (size_t i = 0; i < cell->len; i += WINDOW_ENTRY_SIZE) {
        at = cell->ptr + i;
        if (get(at, PART_SIZE) != part)
            continue;
        amount = bounded_sum(get(at + PART_SIZE, AMOUNT_SIZE), amount);
        put(at + PART_SIZE, AMOUNT_SIZE, amount);
        return;
    }
    put(entry, PART_SIZE, part);
    put(entry + PART_SIZE, AMOUNT_SIZE, amount);
    if (cell->len < WINDOW_ENTRIES * WINDOW_ENTRY_SIZE)
        str_add(cell, span_from(entry, sizeof entry));
}

int64_t window_sum(struct span cell, int64_t now)
{
    size_t count = entries_of(cell, WINDOW_ENTRY_SIZE, WINDOW_ENTRIES);
    int64_t sum = 0;

    for (size_t i = 0; i < count; i++) {
        const char *at = cell.ptr + i * WINDOW_ENTRY_SIZE;
        if (is_within(get(at, PART_SIZE), now))
            sum = bounded_sum(sum, get(at + PART_SIZE, AMOUNT_SIZE));
    }
    return sum;
}

static char *find_member(const struct str *cell, const uint8_t *member)
{
    for (size_t i = 0; i < cell->len; i += WINDOW_SEEN_SIZE)
        if (memcmp(cell->ptr + i, member, WINDOW_MEMBER_SIZE) == 0)
            return cell->ptr + i;
    return NULL;
}

bool window_note(struct str *cell, int64_t now, int64_t part,
                 const uint8_t member[WINDOW_MEMBER_SIZE])
{
    char seen[WINDOW_SEEN_SIZE];
    char *at;

    forget(cell, WINDOW_SEEN_SIZE, WINDOW_MEMBERS, WINDOW_MEMBER_SIZE, now);
    if (!is_within(part, now))
        return true;
    at = find_member(cell, member);
    if (at != NULL) {
        if (get(at + WINDOW_MEMBER_SIZE, PART_SIZE) < part)
            put(at + WINDOW_MEMBER_SIZE, PART_SIZE, part);
        return true;
    }
    if (cell->len >= WINDOW_MAX_BYTES)
        return false;
    memcpy(seen, member, WINDOW_MEMBER_SIZE);
    put(seen + WINDOW_MEMBER_SIZE, PART_SIZE, part);
    str_add(cell, span_from(seen, sizeof seen));
    return true;
}

/* What is no more within the window counts as not there. */
static bool is_member(struct span cell, int64_t now, const uint8_t *member)
{
    size_t count = entries_of(cell, WINDOW_SEEN_SIZE, WINDOW_MEMBERS);

    for (size_t i = 0; i < count; i++) {
        const char *at = cell.ptr + i * WINDOW_SEEN_SIZE;
        if (memcmp(at, member, WINDOW_MEMBER_SIZE) == 0)
            return is_within(get(at + WINDOW_MEMBER_SIZE, PART_SIZE), now);
    }
    return false;
}

int64_t window_count(struct span cell, int64_t now, const uint8_t *members, size_t count)
{
    size_t seen = entries_of(cell, WINDOW_SEEN_SIZE, WINDOW_MEMBERS);
    int64_t sum = 0;

    for (size_t i = 0; i < seen; i++)
        sum += is_within(get(cell.ptr + i * WINDOW_SEEN_SIZE + WINDOW_MEMBER_SIZE, PART_SIZE),
                         now);
    for (size_t i = 0; i < count; i++)
        sum += !is_member(cell, now, members + i * WINDOW_MEMBER_SIZE);
    return sum;
}
