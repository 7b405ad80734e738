/* Reads the text files of the published directory line by line. */
#include "store/text_lines.h"

int text_lines_bad(const struct text_lines *lines, const char *text, struct err *err)
{
    return err_set(err,
                   "%s, line %zu: %s; postgate-policyd alone writes this file, restart it to "
                   "have it written anew",
                   lines->what, lines->number, text);
}

int text_lines_next(struct text_lines *lines, struct span *line_r, struct err *err)
{
    const char *end =
        lines->rest.len == 0 ? NULL : memchr(lines->rest.ptr, '\n', lines->rest.len);
    size_t len;

    lines->number++;
    if (end == NULL)
        return text_lines_bad(lines, "the file ends too early", err);
    len = (size_t)(end - lines->rest.ptr);
    *line_r = span_from(lines->rest.ptr, len);
    lines->rest = span_from(end + 1, lines->rest.len - len - 1);
    return 1;
}

size_t text_fields(struct span line, struct span *fields_r, size_t max)
{
    struct span field;
    size_t count = 0;

    while (span_cut(&line, ' ', &field)) {
        if (count == max)
            return max + 1;
        fields_r[count++] = field;
    }
    return count;
}

int text_lines_fields(struct text_lines *lines, const char *word, struct span *fields_r,
                      size_t count, struct err *err)
{
    struct span line;
    struct err detail;

    if (text_lines_next(lines, &line, err) < 0)
        return -1;
    if (text_fields(line, fields_r, count) == count && span_is(fields_r[0], word))
        return 1;
    err_reset(&detail);
    err_set(&detail, "should be \"%s\" with %zu fields", word, count - 1);
    return text_lines_bad(lines, detail.text, err);
}

int text_lines_end(struct text_lines *lines, struct err *err)
{
    struct span line;

    if (text_lines_next(lines, &line, err) < 0)
        return -1;
    if (!span_is(line, "end") || lines->rest.len > 0)
        return text_lines_bad(lines, "the file should end here with \"end\"", err);
    return 0;
}
