/* problems.c - collects what is wrong with a rules file and prints it with the line and a caret. */
#include "rules/problems.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/sinks.h"
#include "base/utf8.h"

#define TEXT_SIZE  1024
#define LINE_SHOWN 160 /* bytes of a line that are printed; more are cut around the column */
#define LINE_AHEAD 60  /* of these, before the column */

void problems_init(struct problems *p, const char *file, struct span source)
{
    memset(p, 0, sizeof(*p));
    p->arena = arena_new();
    p->file = arena_strdup(p->arena, file != NULL ? file : "rules");
    p->source = arena_span(p->arena, source);
}

void problems_clear(struct problems *p)
{
    arena_free(&p->arena);
    memset(p, 0, sizeof(*p));
}

__attribute__((format(printf, 3, 0))) static void
note(struct problems *p, struct problem problem, const char *fmt, va_list args)
{
    char text[TEXT_SIZE];

    if (problem.is_warning)
        p->warnings++;
    else
        p->errors++;
    if (p->count == PROBLEMS_MAX)
        return;
    vsnprintf(text, sizeof(text), fmt, args);
    problem.text = arena_strdup(p->arena, text);
    p->list[p->count++] = problem;
}

void problems_error(struct problems *p, uint32_t line, uint32_t column, const char *fmt, ...)
{
    va_list args;

    va_start(args, fmt);
    note(p, (struct problem){.line = line, .column = column}, fmt, args);
    va_end(args);
}

void problems_warn(struct problems *p, uint32_t line, uint32_t column, const char *fmt, ...)
{
    va_list args;

    va_start(args, fmt);
    note(p, (struct problem){.is_warning = true, .line = line, .column = column}, fmt, args);
    va_end(args);
}

static struct span line_of(struct span source, uint32_t line)
{
    struct span part = {"", 0};

    for (uint32_t i = 0; i < line; i++)
        if (!span_cut(&source, '\n', &part))
            return SPAN("");
    return part;
}

/* Tabs become blanks, so that the caret stands where it should whatever the terminal's tab stops are. */
static void add_line(struct str *out, struct span line)
{
    struct span part;

    for (bool is_first = true; span_cut(&line, '\t', &part); is_first = false) {
        if (!is_first)
            str_addc(out, ' ');
        sink_terminal(out, part);
    }
}

static size_t characters(struct span text)
{
    size_t n = 0;

    for (; text.len > 0; n++)
        utf8_next(&text);
    return n;
}

/* Start of what is shown of a long line: some bytes before the column, at the beginning of a character. */
static size_t first_shown(struct span line, size_t at)
{
    size_t from = line.len > LINE_SHOWN && at > LINE_AHEAD ? at - LINE_AHEAD : 0;

    while (from > 0 && ((unsigned char)line.ptr[from] & 0xc0) == 0x80)
        from--;
    return from;
}

static void print_source(struct str *out, struct span line, uint32_t column)
{
    struct str before = STR_EMPTY;
    size_t at = column > 0 ? column - 1 : 0;
    size_t from, end;

    if (line.len > 0 && line.ptr[line.len - 1] == '\r')
        line.len--;
    at = at < line.len ? at : line.len;
    from = first_shown(line, at);
    end = line.len - from > LINE_SHOWN ? from + LINE_SHOWN : line.len;
    add_line(&before, span_from(line.ptr + from, at - from));
    str_adds(out, "    ");
    add_line(out, span_from(line.ptr + from, end - from));
    str_printf(out, "\n    %*s^\n", (int)characters(str_span(&before)), "");
    str_clear(&before);
}

static void print_one(struct str *out, const struct problems *p, const struct problem *problem)
{
    str_printf(out, "%s:%u:%u: %s: ", p->file, problem->line, problem->column,
               problem->is_warning ? "warning" : "error");
    sink_terminal(out, span_of(problem->text));
    str_addc(out, '\n');
    if (problem->line > 0)
        print_source(out, line_of(p->source, problem->line), problem->column);
}

/* By place; of one place in the order of finding, which the pointers keep. */
static int compare_place(const void *a, const void *b)
{
    const struct problem *left = *(const struct problem *const *)a;
    const struct problem *right = *(const struct problem *const *)b;

    if (left->line != right->line)
        return left->line < right->line ? -1 : 1;
    if (left->column != right->column)
        return left->column < right->column ? -1 : 1;
    return left < right ? -1 : 1;
}

void problems_print(struct str *out, const struct problems *p)
{
    const struct problem *order[PROBLEMS_MAX];
    size_t all = p->errors + p->warnings;

    for (size_t i = 0; i < p->count; i++)
        order[i] = &p->list[i];
    qsort(order, p->count, sizeof(order[0]), compare_place);
    for (size_t i = 0; i < p->count; i++)
        print_one(out, p, order[i]);
    if (all > p->count)
        str_printf(out, "%s: %zu more not shown\n", p->file, all - p->count);
}
