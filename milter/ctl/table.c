/* table: rows side by side, each column as wide as its widest cell. */
#include <stdio.h>
#include <stdlib.h>
#include "base/sinks.h"
#include "milter/ctl/print.h"

#define BOLD  "\033[1m"
#define PLAIN "\033[0m"

void table_begin(struct table *table, const struct ctl *ctl, const struct column *columns)
{
    *table = (struct table){.ctl = ctl, .columns = columns, .rows = json_array()};
}

void table_row(void *ctx, json_t *row)
{
    struct table *table = ctx;

    if (table->ctl->is_json)
        print_json(row);
    else
        json_array_append(table->rows, row);
}

static void add_value(struct str *out, const json_t *value)
{
    json_t *element;
    size_t i;

    if (json_is_string(value))
        sink_terminal(out, span_from(json_string_value(value), json_string_length(value)));
    else if (json_is_integer(value))
        str_printf(out, "%lld", (long long)json_integer_value(value));
    else if (json_is_real(value))
        str_printf(out, "%.1f", json_real_value(value));
    else if (json_is_boolean(value))
        str_adds(out, json_is_true(value) ? "yes" : "no");
    json_array_foreach(value, i, element)
    {
        if (i > 0)
            str_adds(out, ", ");
        if (!json_is_array(element))
            add_value(out, element);
    }
}

/* Characters, not bytes; wide ones count as one, which only bends a column. */
static size_t width(const struct str *text)
{
    size_t count = 0;

    for (size_t i = 0; i < text->len; i++)
        count += ((unsigned char)text->ptr[i] & 0xc0) != 0x80;
    return count;
}

static size_t count_columns(const struct column *columns)
{
    size_t count = 0;

    while (count < COLUMNS_MAX && columns[count].title)
        count++;
    return count;
}

/* Columns grow only: rows that come later stand below those that are printed. */
static void measure(struct table *table, size_t count)
{
    size_t *widths = table->widths;
    struct str cell = STR_EMPTY;
    json_t *row;
    size_t i;

    for (size_t c = 0; c < count; c++)
        if (widths[c] < strlen(table->columns[c].title))
            widths[c] = strlen(table->columns[c].title);
    json_array_foreach(table->rows, i, row) for (size_t c = 0; c < count; c++)
    {
        str_reset(&cell);
        add_value(&cell, json_object_get(row, table->columns[c].key));
        if (width(&cell) > widths[c])
            widths[c] = width(&cell);
    }
    str_clear(&cell);
}

static void add_cell(struct str *line, const struct str *cell, size_t wide, bool is_number)
{
    int pad = (int)(wide - width(cell));

    if (line->len > 0)
        str_adds(line, "  ");
    if (is_number)
        str_printf(line, "%*s", pad, "");
    str_add(line, str_span(cell));
    if (!is_number)
        str_printf(line, "%*s", pad, "");
}

/* One line of the table: the titles when row is NULL. */
static void print_line(const struct table *table, size_t count, const json_t *row)
{
    struct str line = STR_EMPTY, cell = STR_EMPTY;

    for (size_t c = 0; c < count; c++) {
        str_reset(&cell);
        if (row)
            add_value(&cell, json_object_get(row, table->columns[c].key));
        else
            str_adds(&cell, table->columns[c].title);
        add_cell(&line, &cell, table->widths[c], table->columns[c].is_number);
    }
    while (line.len > 0 && line.ptr[line.len - 1] == ' ')
        str_truncate(&line, line.len - 1);
    if (!row && table->ctl->has_colour)
        printf(BOLD "%s" PLAIN "\n", str_cstr(&line));
    else
        printf("%s\n", str_cstr(&line));
    str_clear(&line);
    str_clear(&cell);
}

void table_flush(struct table *table)
{
    size_t count = count_columns(table->columns), i;
    json_t *row;

    if (json_array_size(table->rows) == 0)
        return;
    measure(table, count);
    if (!table->has_titles)
        print_line(table, count, NULL);
    table->has_titles = true;
    json_array_foreach(table->rows, i, row) print_line(table, count, row);
    json_array_clear(table->rows);
}

void table_end(struct table *table, const char *when_empty)
{
    if (!table->ctl->is_json && !table->has_titles && json_array_size(table->rows) == 0 &&
        when_empty)
        ctl_say("%s", when_empty);
    table_flush(table);
    json_decref(table->rows);
    table->rows = NULL;
}
