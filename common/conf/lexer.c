/* lexer: cuts postgate.cf into settings, line by line, without knowing their names. */
#include "conf/lexer.h"
#include "base/str.h"

void conf_lexer_init(struct conf_lexer *lexer, struct span text, struct arena *arena)
{
    lexer->rest = text;
    lexer->line = 1;
    lexer->arena = arena;
}

static bool is_blank(char c)
{
    return c == ' ' || c == '\t';
}

static bool is_nothing(struct span line)
{
    struct span text = span_trim(line);

    return text.len == 0 || text.ptr[0] == '#';
}

/* Takes one physical line off the front. False at the end of the file. */
static bool take_line(struct conf_lexer *lexer, struct span *line_r)
{
    if (!lexer->rest.ptr || lexer->rest.len == 0)
        return false;
    span_cut(&lexer->rest, '\n', line_r);
    lexer->line++;
    return true;
}

/* The next line that says something; *number_r is its number. */
static bool take_saying(struct conf_lexer *lexer, struct span *line_r, uint32_t *number_r)
{
    do {
        *number_r = lexer->line;
        if (!take_line(lexer, line_r))
            return false;
    } while (is_nothing(*line_r));
    return true;
}

/* Joins what continues `line`, and leaves the first line that does not. */
static struct span take_continued(struct conf_lexer *lexer, struct span line)
{
    struct str whole = STR_EMPTY;
    struct conf_lexer ahead = *lexer;
    struct span more, joined;
    uint32_t number;

    str_add(&whole, span_trim(line));
    while (take_saying(&ahead, &more, &number) && is_blank(more.ptr[0])) {
        str_addc(&whole, ' ');
        str_add(&whole, span_trim(more));
        *lexer = ahead;
    }
    joined = arena_span(lexer->arena, str_span(&whole));
    str_clear(&whole);
    return joined;
}

static int no_equals(struct span whole, struct err *err)
{
    struct span name = whole, rest = whole;

    if (span_cut(&rest, ':', &name) && rest.ptr && span_trim(name).len < 64)
        return err_set(err, "there is no `=` here; write `%.*s = ...`, not `%.*s: ...`",
                       SPAN_ARG(span_trim(name)), SPAN_ARG(span_trim(name)));
    if (whole.len > 64)
        whole.len = 64;
    return err_set(err, "there is no `=` in `%.*s`; a setting is written `name = value`",
                   SPAN_ARG(whole));
}

int conf_lexer_next(struct conf_lexer *lexer, struct conf_line *line_r, struct err *err)
{
    struct span line, whole;

    *line_r = (struct conf_line){.line = lexer->line};
    if (!take_saying(lexer, &line, &line_r->line))
        return 0;
    if (is_blank(line.ptr[0]))
        return err_set(err,
                       "this line begins with a blank, so it continues the one before, but "
                       "there is none; remove the blank");
    whole = take_continued(lexer, line);
    line_r->value = whole;
    span_cut(&line_r->value, '=', &line_r->name);
    if (!line_r->value.ptr)
        return no_equals(whole, err);
    line_r->name = span_trim(line_r->name);
    line_r->value = span_trim(line_r->value);
    if (line_r->name.len == 0)
        return err_set(err, "there is no name before `=`; a setting is written `name = value`");
    return 1;
}
