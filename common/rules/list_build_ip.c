/* list_build_ip.c - an image of networks: sorts them and cuts the address space into ranges, over which list_build_tree.c lays its trees. */
#include <stdlib.h>
#include "base/xalloc.h"
#include "rules/list_format.h"

/* IPv4 lives at ::ffff:0:0/96. */
#define V4_PREFIX 96
#define V4_FIRST  0x0000ffff00000000u
#define V4_LAST   0x0000ffffffffffffu

struct sweep {
    const struct list_net *nets;
    struct list_range *ranges;
    size_t count;
    uint32_t open
        [130]; /* items around the place, the innermost last: at most one of each prefix length */
    size_t depth;
};

static int compare_keys(struct list_key6 a, struct list_key6 b)
{
    if (a.high != b.high)
        return a.high < b.high ? -1 : 1;
    return a.low < b.low ? -1 : a.low > b.low;
}

static int compare_nets(const void *a, const void *b)
{
    const struct list_net *left = a, *right = b;
    int order = compare_keys(list_key_of(left->ip), list_key_of(right->ip));

    return order != 0 ? order : (left->prefix > right->prefix) - (left->prefix < right->prefix);
}

static struct list_key6 last_of(const struct list_net *net)
{
    struct list_key6 last = list_key_of(net->ip);

    if (net->prefix < 64)
        last.high |= UINT64_MAX >> net->prefix;
    if (net->prefix <= 64)
        last.low = UINT64_MAX;
    else if (net->prefix < 128)
        last.low |= UINT64_MAX >> (net->prefix - 64);
    return last;
}

/* The key behind; false when there is none. */
static bool next_key(struct list_key6 *key)
{
    key->low++;
    if (key->low == 0)
        key->high++;
    return key->low != 0 || key->high != 0;
}

static void begin_range(struct sweep *s, struct list_key6 first, uint32_t cover)
{
    if (s->count > 0 && compare_keys(s->ranges[s->count - 1].first, first) == 0)
        s->count--;
    s->ranges[s->count++] = (struct list_range){first, cover, 0};
}

static uint32_t innermost(const struct sweep *s)
{
    return s->depth > 0 ? s->open[s->depth - 1] : LIST_NONE;
}

/* Closes what ends before `key`, or everything. */
static void close_before(struct sweep *s, const struct list_key6 *key)
{
    while (s->depth > 0) {
        struct list_key6 after = last_of(&s->nets[innermost(s)]);
        bool has_after;

        if (key != NULL && compare_keys(after, *key) >= 0)
            return;
        s->depth--;
        has_after = next_key(&after);
        if (has_after)
            begin_range(s, after, innermost(s));
    }
}

static void sweep_nets(struct sweep *s, struct list_net *nets, size_t count)
{
    struct list_key6 zero = {0, 0};

    s->nets = nets;
    s->ranges = xreallocarray(NULL, 2 * count + 1, sizeof *s->ranges);
    begin_range(s, zero, LIST_NONE);
    for (size_t i = 0; i < count; i++) {
        struct list_key6 first = list_key_of(nets[i].ip);
        close_before(s, &first);
        nets[i].parent = innermost(s);
        begin_range(s, first, (uint32_t)i);
        s->open[s->depth++] = (uint32_t)i;
    }
    close_before(s, NULL);
}

/* The last range that begins at or before key; the first begins at zero. */
static size_t range_at(const struct sweep *s, struct list_key6 key)
{
    size_t low = 0, high = s->count;

    while (high - low > 1) {
        size_t middle = low + (high - low) / 2;
        if (compare_keys(s->ranges[middle].first, key) <= 0)
            low = middle;
        else
            high = middle;
    }
    return low;
}

/* The ranges from `first` (whose place is known) on, as far as `end`; the one around `first` is cut there. */
static size_t take_from(const struct sweep *s, uint64_t first, size_t end,
                        struct list_range *out)
{
    struct list_key6 key = {0, first};
    size_t at = range_at(s, key), count = 0;

    out[count++] = (struct list_range){key, s->ranges[at].cover, 0};
    for (at++; at < end; at++)
        out[count++] = s->ranges[at];
    return count;
}

/* IPv4 has a tree of its own; the other one is what lies before and behind. */
static size_t take_family(const struct sweep *s, bool is_v4, struct list_range *out)
{
    size_t v4_begin = range_at(s, (struct list_key6){0, V4_FIRST - 1}) + 1;
    size_t v4_end = range_at(s, (struct list_key6){0, V4_LAST}) + 1, count;

    if (is_v4)
        return take_from(s, V4_FIRST, v4_end, out);
    memcpy(out, s->ranges, v4_begin * sizeof *out);
    count = take_from(s, V4_LAST + 1, s->count, out + v4_begin);
    if (out[v4_begin].cover != out[v4_begin - 1].cover)
        return v4_begin + count;
    /* What lies behind IPv4 goes on as before it: no reason for a range that begins within a /64. */
    memmove(out + v4_begin, out + v4_begin + 1, (count - 1) * sizeof *out);
    return v4_begin + count - 1;
}

/* Leaves out the ranges that no item covers where the item before them can say itself where it ends. */
static size_t drop_gaps(const struct sweep *s, struct list_range *ranges, size_t count,
                        bool is_v4)
{
    size_t kept = 1;

    for (size_t i = 1; i < count; i++) {
        struct list_range *before = &ranges[kept - 1];
        if (ranges[i].cover == LIST_NONE && before->cover != LIST_NONE) {
            const struct list_net *net = &s->nets[before->cover];
            struct list_key6 end = last_of(net);
            if (next_key(&end) && compare_keys(end, ranges[i].first) == 0) {
                before->length = net->prefix - (is_v4 ? V4_PREFIX : 0);
                continue;
            }
        }
        ranges[kept++] = ranges[i];
    }
    return kept;
}

static void add_family(struct str *out, size_t start, const struct sweep *s, bool is_v4)
{
    struct list_range *ranges = xreallocarray(NULL, s->count + 1 + LIST_BLOCK, sizeof *ranges);
    size_t count = drop_gaps(s, ranges, take_family(s, is_v4, ranges), is_v4);

    for (; count % LIST_BLOCK != 0; count++)
        ranges[count] = ranges[count - 1];
    list_build_tree(out, start, ranges, count, is_v4);
    xfree(&ranges);
}

static size_t drop_doubles(struct list_net *nets, size_t count)
{
    size_t kept = 0;

    for (size_t i = 0; i < count; i++)
        if (kept == 0 || compare_nets(&nets[kept - 1], &nets[i]) != 0)
            nets[kept++] = nets[i];
    return kept;
}

static int parse_nets(struct list_net *nets, const struct span *items, size_t count,
                      struct err *err)
{
    for (size_t i = 0; i < count; i++) {
        struct ipnet net;
        if (ipnet_parse(items[i], &net, err) < 0)
            return -1;
        memcpy(nets[i].ip, net.ip.byte, sizeof nets[i].ip);
        nets[i].prefix = net.prefix;
        nets[i].parent = LIST_NONE;
    }
    return 0;
}

int list_build_nets(struct str *out, const struct span *items, size_t count, struct err *err)
{
    size_t start = out->len - sizeof(struct list_header);
    struct list_net *nets = xreallocarray(NULL, count + 1, sizeof *nets);
    struct sweep s = {.count = 0};

    if (parse_nets(nets, items, count, err) < 0) {
        xfree(&nets);
        return -1;
    }
    qsort(nets, count, sizeof *nets, compare_nets);
    count = drop_doubles(nets, count);
    memcpy(out->ptr + start + offsetof(struct list_header, count), &(uint64_t){count},
           sizeof(uint64_t));
    if (count > 0) {
        sweep_nets(&s, nets, count);
        list_add_section(out, start, SECTION_NETS, nets, count);
        add_family(out, start, &s, true);
        add_family(out, start, &s, false);
    }
    xfree(&s.ranges);
    xfree(&nets);
    return 0;
}
