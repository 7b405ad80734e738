/* list_overlay.c - changes laid over an image: what was added and what was taken away are two small images of their own. */
#include <stdlib.h>
#include "base/xalloc.h"
#include "rules/list_find.h"

struct overlay_part {
    struct str bytes;
    struct list_image *image;
};
struct list_overlay {
    struct overlay_part added, removed;
};

static void part_build(struct overlay_part *part, enum list_type type, const struct span *items,
                       size_t count)
{
    struct err err;

    err_reset(&err);
    /* Items are canonical by contract; a part that cannot be built is empty rather than half. */
    if (list_image_build(&part->bytes, type, items, count, &err) == 0)
        part->image = list_image_open(str_span(&part->bytes), &err);
}

static void part_clear(struct overlay_part *part)
{
    list_image_close(&part->image);
    str_clear(&part->bytes);
}

struct ordered {
    const struct list_change *change;
    size_t at;
};

static int compare_ordered(const void *a, const void *b)
{
    const struct ordered *left = a, *right = b;
    int order = span_compare(left->change->item, right->change->item);

    return order != 0 ? order : (left->at > right->at) - (left->at < right->at);
}

struct list_overlay *list_overlay_new(enum list_type type, const struct list_change *changes,
                                      size_t count)
{
    struct list_overlay *overlay = xcalloc(1, sizeof *overlay);
    struct ordered *ordered = xreallocarray(NULL, count + 1, sizeof *ordered);
    struct span *items = xreallocarray(NULL, count + 1, sizeof *items);
    size_t added = 0, removed = 0;

    for (size_t i = 0; i < count; i++)
        ordered[i] = (struct ordered){&changes[i], i};
    qsort(ordered, count, sizeof *ordered, compare_ordered);
    /* added items are put in from the front, removed ones from the back */
    for (size_t i = 0; i < count; i++) {
        struct span item = ordered[i].change->item;
        if (i + 1 < count && span_equal(item, ordered[i + 1].change->item))
            continue; /* not the last word on it */
        if (ordered[i].change->is_removed)
            items[count - ++removed] = item;
        else
            items[added++] = item;
    }
    part_build(&overlay->added, type, items, added);
    part_build(&overlay->removed, type, items + count - removed, removed);
    xfree(&ordered);
    xfree(&items);
    return overlay;
}

void list_overlay_free(struct list_overlay **overlay)
{
    if (*overlay == NULL)
        return;
    part_clear(&(*overlay)->added);
    part_clear(&(*overlay)->removed);
    xfree(overlay);
}

static const struct list_image *added_of(const struct list_overlay *overlay)
{
    return overlay != NULL ? overlay->added.image : NULL;
}

static const struct list_image *removed_of(const struct list_overlay *overlay)
{
    return overlay != NULL ? overlay->removed.image : NULL;
}

/* The longest network of the image around ip that was not removed. */
static uint32_t find_kept(const struct list_image *image, const struct list_image *removed,
                          const struct ip *ip)
{
    uint32_t at = image != NULL ? list_find_ip(image, ip) : LIST_NONE;

    while (at != LIST_NONE && removed != NULL &&
           list_find_net(removed, &image->nets[at]) != LIST_NONE)
        at = image->nets[at].parent;
    return at;
}

bool list_holds_ip(const struct list_image *image, const struct list_overlay *overlay,
                   const struct ip *ip, struct str *item_r)
{
    const struct list_image *added = added_of(overlay);
    uint32_t kept = find_kept(image, removed_of(overlay), ip);
    uint32_t extra = added != NULL ? list_find_ip(added, ip) : LIST_NONE;
    bool is_extra = extra != LIST_NONE &&
                    (kept == LIST_NONE || added->nets[extra].prefix > image->nets[kept].prefix);

    if (kept == LIST_NONE && extra == LIST_NONE)
        return false;
    if (item_r != NULL)
        list_image_item(is_extra ? added : image, is_extra ? extra : kept, item_r);
    return true;
}

/* What of the value may stand in a list: itself; .x for each domain above; the @domain of an address. */
#define LEVELS_MAX                                                                             \
    127 /* labels of a domain (RFC 1035 section 2.3.4); of rubbish with more, the last ones */
#define PROBES_MAX (LEVELS_MAX + 2)
struct probe {
    struct span text;
    unsigned depth; /* list_depth of it */
    bool is_below;  /* list_is_below of it */
};
struct probes {
    char folded[LIST_MAX_ITEM];
    size_t count;
    struct probe each[PROBES_MAX]; /* the most specific first */
};

static struct span fold(struct probes *p, struct span text)
{
    for (size_t i = 0; i < text.len; i++) {
        unsigned char c = (unsigned char)text.ptr[i];
        p->folded[i] = (char)(c + (((unsigned)c - 'A' < 26) << 5));
    }
    return span_from(p->folded, text.len);
}

static void add_probe(struct probes *p, struct span text, size_t depth, bool is_below)
{
    p->each[p->count].text = text;
    p->each[p->count].depth = depth < LIST_DEPTH_MAX ? (unsigned)depth : LIST_DEPTH_MAX;
    p->each[p->count++].is_below = is_below;
}

static void probe_domain(struct probes *p, struct span domain)
{
    size_t dots = 0;

    for (size_t i = 0; i < domain.len; i++)
        dots += domain.ptr[i] == '.';
    add_probe(p, domain, dots, domain.ptr[0] == '.');
    dots -= domain.ptr[0] == '.';
    for (size_t i = 1; dots > 0; i++) {
        if (domain.ptr[i] != '.')
            continue;
        if (dots <= LEVELS_MAX)
            add_probe(p, span_skip(domain, i), dots, true);
        dots--;
    }
    add_probe(p, SPAN("."), 1, true);
}

static void probe_address(struct probes *p, struct span address)
{
    const char *at = memrchr(address.ptr, '@', address.len);

    add_probe(p, address, 0, address.ptr[0] == '@');
    if (at != NULL && at > address.ptr)
        add_probe(p, span_from(at, address.len - (size_t)(at - address.ptr)), 0, true);
}

/* An address too long to be an item may still have a domain that is one. */
static struct span shortened(enum list_type type, struct span text)
{
    if (type == LIST_ADDRESS && text.len > LIST_MAX_ITEM)
        for (size_t i = text.len; i-- > text.len - LIST_MAX_ITEM;)
            if (text.ptr[i] == '@')
                return span_skip(text, i);
    return text;
}

static void make_probes(struct probes *p, enum list_type type, struct span text)
{
    p->count = 0;
    text = shortened(type, text);
    if (text.len == 0 || text.len > LIST_MAX_ITEM)
        return;
    text = fold(p, text);
    if (type == LIST_DOMAIN)
        probe_domain(p, text);
    else if (type == LIST_ADDRESS)
        probe_address(p, text);
    else
        add_probe(p, text, 0, false);
}

/* Is there any item like it? */
static bool may_hold(const struct list_image *image, const struct probe *probe)
{
    uint64_t depths;

    if (image == NULL || image->buckets == NULL)
        return false;
    depths = probe->is_below ? image->header->depths_below : image->header->depths_itself;
    return (depths >> probe->depth & 1) != 0;
}

static bool is_in(const struct list_image *image, const struct probe *probe)
{
    return may_hold(image, probe) &&
           list_find_text(image, probe->text, list_hash(image, probe->text));
}

/* All hashes first, so that the memory they lead to is fetched side by side. */
static void hash_probes(const struct list_image *image, const struct probes *p, uint64_t *hash,
                        bool *is_likely)
{
    for (size_t i = 0; i < p->count; i++) {
        is_likely[i] = may_hold(image, &p->each[i]);
        if (!is_likely[i])
            continue;
        hash[i] = list_hash(image, p->each[i].text);
        list_fetch_bucket(image, hash[i]);
    }
    for (size_t i = 0; i < p->count; i++)
        if (is_likely[i])
            list_fetch_items(image, hash[i]);
}

bool list_holds_text(const struct list_image *image, const struct list_overlay *overlay,
                     enum list_type type, struct span text, struct str *item_r)
{
    struct probes p;
    uint64_t hash[PROBES_MAX];
    bool is_likely[PROBES_MAX];

    make_probes(&p, type, text);
    hash_probes(image, &p, hash, is_likely);
    for (size_t i = 0; i < p.count; i++) {
        const struct probe *probe = &p.each[i];
        bool is_held = is_likely[i] && list_find_text(image, probe->text, hash[i]);
        if (is_held && is_in(removed_of(overlay), probe))
            is_held = false;
        if (!is_held && !is_in(added_of(overlay), probe))
            continue;
        if (item_r != NULL)
            str_add(item_r, probe->text);
        return true;
    }
    return false;
}
