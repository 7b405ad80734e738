/* dkim_header.c - splits a header into its fields and selects those that are signed. */
#include "mail/dkim_header.h"
#include "base/xalloc.h"
#include "mail/header.h"
#include "mail/tags.h"

static int fold(char c)
{
    return c >= 'A' && c <= 'Z' ? c + ('a' - 'A') : (unsigned char)c;
}

static int compare_names(struct span a, struct span b)
{
    size_t len = a.len < b.len ? a.len : b.len;

    for (size_t i = 0; i < len; i++)
        if (fold(a.ptr[i]) != fold(b.ptr[i]))
            return fold(a.ptr[i]) - fold(b.ptr[i]);
    return (a.len > b.len) - (a.len < b.len);
}

static struct span name_of(const struct dkim_field *fields, uint32_t at)
{
    return header_name_trim(fields[at].name);
}

/* Two sorted runs, [begin, middle) and [middle, end), into to. Of equal names the left one goes first. */
static void merge(const struct dkim_field *fields, const uint32_t *from, uint32_t *to,
                  const size_t run[3])
{
    size_t left = run[0], right = run[1];

    for (size_t at = run[0]; at < run[2]; at++) {
        bool is_left = left < run[1] &&
                       (right >= run[2] || compare_names(name_of(fields, from[left]),
                                                         name_of(fields, from[right])) <= 0);

        to[at] = is_left ? from[left++] : from[right++];
    }
}

/* By name; equal ones stay in order. qsort() would ask the system how much memory it has, which the sandbox forbids. */
static uint32_t *sort_by_name(const struct dkim_field *fields, size_t count,
                              struct arena *arena)
{
    uint32_t *from = arena_array(arena, count + 1, sizeof *from);
    uint32_t *to = arena_array(arena, count + 1, sizeof *to);

    for (size_t i = 0; i < count; i++)
        from[i] = (uint32_t)i;
    for (size_t width = 1; width < count; width *= 2) {
        uint32_t *sorted = to;

        for (size_t i = 0; i < count; i += 2 * width) {
            size_t middle = i + width < count ? i + width : count;
            size_t end = i + 2 * width < count ? i + 2 * width : count;

            merge(fields, from, to, (const size_t[3]){i, middle, end});
        }
        to = from;
        from = sorted;
    }
    return from;
}

void dkim_header_index(const struct dkim_field *fields, size_t count, struct arena *arena,
                       struct dkim_header *header_r)
{
    const uint32_t *by_name = sort_by_name(fields, count, arena);
    struct dkim_group *groups = arena_array(arena, count + 1, sizeof *groups);
    size_t group_count = 0;

    for (size_t i = 0; i < count; i++) {
        struct span name = name_of(fields, by_name[i]);

        if (group_count == 0 || !span_iequal(groups[group_count - 1].name, name))
            groups[group_count++] = (struct dkim_group){name, (uint32_t)i, 0};
        groups[group_count - 1].count++;
    }
    *header_r = (struct dkim_header){.count = count,
                                     .fields = fields,
                                     .group_count = group_count,
                                     .groups = groups,
                                     .by_name = by_name};
}

/* Takes a line off the front, without its line end. */
static struct span take_line(struct span *rest)
{
    struct span line;

    span_cut(rest, '\n', &line);
    if (rest->ptr != NULL && line.len > 0 && line.ptr[line.len - 1] == '\r')
        line.len--;
    return line;
}

/* The field that begins here, with the lines that continue it; an empty line ends the header, whatever follows it. */
static struct span take_field(struct span *rest)
{
    struct span field = take_line(rest);

    while (field.len > 0 && rest->len > 0 && (*rest->ptr == ' ' || *rest->ptr == '\t')) {
        struct span line = take_line(rest);

        field.len = (size_t)(line.ptr + line.len - field.ptr);
    }
    return field;
}

/* Of the fields before the empty line, counted first so that they can stand in one piece. */
static size_t split(struct span message, struct dkim_field *fields, struct span *body_r)
{
    struct span rest = message;
    size_t count = 0;

    while (rest.len > 0) {
        struct span value = take_field(&rest), name;

        if (value.len == 0)
            break;
        if (!span_cut(&value, ':', &name) || value.ptr == NULL)
            continue;
        if (fields != NULL && count < DKIM_FIELDS_MAX)
            fields[count] = (struct dkim_field){name, value};
        count++;
    }
    *body_r = rest.ptr != NULL ? rest : SPAN("");
    return count;
}

void dkim_header_read(struct span message, struct arena *arena, struct dkim_header *header_r,
                      struct span *body_r)
{
    size_t all = split(message, NULL, body_r);
    size_t count = all < DKIM_FIELDS_MAX ? all : DKIM_FIELDS_MAX;
    struct dkim_field *fields = arena_array(arena, count + 1, sizeof *fields);

    split(message, fields, body_r);
    dkim_header_index(fields, count, arena, header_r);
    header_r->is_cut = all > count;
}

const struct dkim_group *dkim_header_group(const struct dkim_header *header, struct span name)
{
    size_t low = 0, high = header->group_count;

    while (low < high) {
        size_t middle = low + (high - low) / 2;
        int diff = compare_names(name, header->groups[middle].name);

        if (diff == 0)
            return &header->groups[middle];
        if (diff < 0)
            high = middle;
        else
            low = middle + 1;
    }
    return NULL;
}

/* The lowest field of the group that is not taken yet, or DKIM_NO_FIELD. */
static size_t take_lowest(const struct dkim_header *header, const struct dkim_group *group,
                          uint32_t *taken, size_t skip)
{
    while (*taken < group->count) {
        size_t at = header->by_name[group->first + group->count - ++*taken];

        if (at != skip)
            return at;
    }
    return DKIM_NO_FIELD;
}

bool dkim_header_select(const struct dkim_header *header, struct span names,
                        enum dkim_canon canon, size_t skip, struct str *out)
{
    uint32_t *taken = xcalloc(header->group_count + 1, sizeof *taken);
    struct span name;
    size_t count = 0;

    while (count <= DKIM_NAMES_MAX && tags_piece(&names, ':', &name)) {
        const struct dkim_group *group = dkim_header_group(header, name);
        size_t at = group == NULL
                        ? DKIM_NO_FIELD
                        : take_lowest(header, group, &taken[group - header->groups], skip);

        count++;
        if (at == DKIM_NO_FIELD)
            continue;
        dkim_canon_field(out, canon, header->fields[at].name, header->fields[at].value);
        str_adds(out, "\r\n");
    }
    xfree(&taken);
    return count <= DKIM_NAMES_MAX;
}
