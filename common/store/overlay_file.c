/* Prints and reads the overlay of a list. */
#include "store/overlay_file.h"

#include "store/list_items.h"
#include "store/text_lines.h"

void overlay_file_print(struct str *out, enum list_type type, const struct list_change *changes,
                        size_t count)
{
    str_printf(out, "postgate-overlay 1 %s %zu\n", names_name(list_type_names, (int)type),
               count);
    for (size_t i = 0; i < count; i++) {
        str_addc(out, changes[i].is_removed ? '-' : '+');
        str_add(out, changes[i].item);
        str_addc(out, '\n');
    }
    str_adds(out, "end\n");
}

static int read_head(struct text_lines *lines, enum list_type type, uint64_t *count_r,
                     struct err *err)
{
    struct span field[4];
    int found;

    if (text_lines_fields(lines, "postgate-overlay", field, 4, err) < 0)
        return -1;
    if (!span_is(field[1], "1"))
        return text_lines_bad(lines, "is of a version that is not known here", err);
    if (!names_value(list_type_names, field[2], &found) || found != (int)type)
        return text_lines_bad(lines, "is of another type than its list", err);
    if (!span_to_u64(field[3], LIST_CHANGES_MAX, count_r))
        return text_lines_bad(lines, "has too many changes", err);
    return 0;
}

/* Only what is canonical: a list image never holds anything else. */
static int read_change(struct text_lines *lines, enum list_type type, struct arena *arena,
                       struct list_change *change_r, struct err *err)
{
    struct str canonical = STR_EMPTY;
    struct span line, item;
    bool is_good;

    if (text_lines_next(lines, &line, err) < 0)
        return -1;
    if (line.len < 2 || line.len > LIST_MAX_ITEM + 1 ||
        (line.ptr[0] != '+' && line.ptr[0] != '-'))
        return text_lines_bad(lines, "should be +ITEM or -ITEM", err);
    item = span_skip(line, 1);
    is_good = memchr(item.ptr, '\0', item.len) == NULL &&
              list_item_canonical(type, item, &canonical, NULL) == 0 &&
              span_equal(str_span(&canonical), item);
    str_clear(&canonical);
    if (!is_good)
        return text_lines_bad(lines, "is no item as lists keep them", err);
    *change_r = (struct list_change){arena_span(arena, item), line.ptr[0] == '-'};
    return 0;
}

int overlay_file_parse(struct span text, enum list_type type, struct arena *arena,
                       struct list_change **changes_r, size_t *count_r, struct err *err)
{
    struct text_lines lines = {.what = "overlay", .rest = text};
    uint64_t count;

    if (text.len > OVERLAY_FILE_MAX)
        return err_set(err, "overlay: has more than %d bytes", OVERLAY_FILE_MAX);
    if (read_head(&lines, type, &count, err) < 0)
        return -1;
    /* Each change takes three bytes at least, so a short file cannot ask for much memory. */
    if (count > text.len / 3)
        return text_lines_bad(&lines, "announces more changes than the file holds", err);
    *changes_r = arena_array(arena, (size_t)count + 1, sizeof(**changes_r));
    *count_r = (size_t)count;
    for (size_t i = 0; i < count; i++)
        if (read_change(&lines, type, arena, &(*changes_r)[i], err) < 0)
            return -1;
    return text_lines_end(&lines, err);
}
