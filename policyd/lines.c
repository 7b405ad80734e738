/* lines.c - cuts text into lines. */
#include "base/xalloc.h"
#include "rules/list_image.h"
#include "policyd/lines.h"

int lines_split(struct span text, struct span **lines_r, size_t *count_r, struct err *err)
{
    struct span rest = text, line;
    size_t count = 0;

    for (size_t i = 0; i < text.len; i++)
        count += text.ptr[i] == '\n';
    if (count >= LIST_MAX_ITEMS)
        return err_set(err, "%zu lines; a list has at most %d items", count, LIST_MAX_ITEMS);
    *lines_r = xcalloc(count + 1, sizeof **lines_r);
    *count_r = 0;
    while (*count_r <= count && span_cut(&rest, '\n', &line))
        (*lines_r)[(*count_r)++] = line;
    return 0;
}
