/* print: rows of the daemons as JSON lines or records for people. */
#include "milter/ctl/print.h"
#include <stdio.h>
#include <stdlib.h>
#include "base/sinks.h"

#define DEPTH_MAX 6  /* of nested values; deeper ones are printed as JSON */
#define NAME_MIN  12 /* width of the names' column */
#define NAME_MAX  28
#define BOLD      "\033[1m"
#define PLAIN     "\033[0m"

void print_json(json_t *row)
{
    json_t *object = json_pack("{s:i}", "v", PRINT_VERSION);

    json_object_update(object, row);
    json_dumpf(object, stdout, JSON_COMPACT | JSON_ENSURE_ASCII);
    putchar('\n');
    json_decref(object);
}

/* The text of a string without line ends at its end. */
static struct span text_of(const json_t *value)
{
    struct span text = span_from(json_string_value(value), json_string_length(value));

    while (text.len > 0 && text.ptr[text.len - 1] == '\n')
        text.len--;
    return text;
}

static bool has_lines(const json_t *value)
{
    size_t at;

    return json_is_string(value) && span_find(text_of(value), SPAN("\n"), &at);
}

/* A scalar, escaped; anything else as JSON. */
static void add_scalar(struct str *out, const json_t *value)
{
    char *text;

    if (json_is_string(value)) {
        sink_terminal(out, text_of(value));
        return;
    }
    if (json_is_boolean(value)) {
        str_adds(out, json_is_true(value) ? "yes" : "no");
        return;
    }
    text = json_dumps(value, JSON_ENCODE_ANY | JSON_ENSURE_ASCII | JSON_COMPACT);
    str_adds(out, text ? text : "");
    free(text);
}

static bool is_empty(const json_t *value)
{
    return json_is_null(value) || (json_is_string(value) && json_string_length(value) == 0) ||
           (json_is_array(value) && json_array_size(value) == 0) ||
           (json_is_object(value) && json_object_size(value) == 0);
}

static void add_indent(struct str *out, int depth)
{
    str_printf(out, "%*s", depth * 2, "");
}

/* How an object's members are printed: how deep, their names' width, and whether names are words for people (_ is a blank) or
 * names of facts, which stay as rules write them. */
struct shape {
    int depth;
    size_t width;
    bool is_facts;
};

static void add_name(struct str *out, const char *name, const struct shape *shape)
{
    size_t start;

    add_indent(out, shape->depth);
    start = out->len;
    for (; *name; name++)
        if (*name == '_' && !shape->is_facts)
            str_addc(out, ' ');
        else
            sink_terminal(out, span_from(name, 1));
    str_addc(out, ':');
    while (out->len - start <= shape->width)
        str_addc(out, ' ');
}

static void add_object(struct str *out, json_t *object, int depth, bool is_facts);

static void add_elements(struct str *out, json_t *array, const struct shape *shape)
{
    json_t *element;
    size_t i;

    json_array_foreach(array, i, element)
    {
        if (json_is_object(element) && shape->depth < DEPTH_MAX) {
            if (i > 0)
                str_addc(out, '\n');
            add_object(out, element, shape->depth, true);
            continue;
        }
        add_indent(out, shape->depth);
        add_scalar(out, element);
        str_addc(out, '\n');
    }
}

static bool is_on_one_line(const json_t *value, int depth)
{
    if (depth >= DEPTH_MAX || json_is_object(value) || has_lines(value))
        return depth >= DEPTH_MAX;
    return !json_is_array(value) ||
           (json_array_size(value) == 1 && !json_is_object(json_array_get(value, 0)));
}

static void add_lines(struct str *out, const json_t *value, int depth)
{
    struct span rest = text_of(value), line;

    while (span_cut(&rest, '\n', &line)) {
        add_indent(out, depth);
        sink_terminal(out, line);
        str_addc(out, '\n');
    }
}

static void add_member(struct str *out, const char *name, json_t *value,
                       const struct shape *shape)
{
    struct shape inner = {shape->depth + 1, 0, true};

    add_name(out, name, shape);
    if (is_on_one_line(value, shape->depth)) {
        str_addc(out, ' ');
        add_scalar(out, json_is_array(value) && shape->depth < DEPTH_MAX
                            ? json_array_get(value, 0)
                            : value);
        str_addc(out, '\n');
        return;
    }
    while (out->len > 0 && out->ptr[out->len - 1] == ' ')
        str_truncate(out, out->len - 1);
    str_addc(out, '\n');
    if (json_is_object(value))
        add_object(out, value, inner.depth, true);
    else if (json_is_string(value))
        add_lines(out, value, inner.depth);
    else
        add_elements(out, value, &inner);
}

static size_t widest_name(json_t *object)
{
    size_t widest = NAME_MIN;
    const char *name;
    json_t *value;

    json_object_foreach(object, name, value)
    {
        if (!is_empty(value) && strlen(name) > widest)
            widest = strlen(name);
    }
    return widest < NAME_MAX ? widest : NAME_MAX;
}

static void add_object(struct str *out, json_t *object, int depth, bool is_facts)
{
    struct shape shape = {depth, widest_name(object), is_facts};
    const char *name;
    json_t *value;

    json_object_foreach(object, name, value)
    {
        if (!is_empty(value))
            add_member(out, name, value, &shape);
    }
}

void print_record(const struct ctl *ctl, const char *title, json_t *row)
{
    struct str out = STR_EMPTY;

    if (title)
        str_printf(&out, "%s%s%s\n", ctl->has_colour ? BOLD : "", title,
                   ctl->has_colour ? PLAIN : "");
    add_object(&out, row, title ? 1 : 0, false);
    fputs(str_cstr(&out), stdout);
    str_clear(&out);
}

void print_row(void *ctx, json_t *row)
{
    const struct ctl *ctl = ctx;

    if (ctl->is_json)
        print_json(row);
    else
        print_record(ctl, NULL, row);
}

void print_bytes(const struct ctl *ctl, struct span bytes)
{
    struct str out = STR_EMPTY;
    struct span line;

    if (!ctl->is_terminal) {
        fwrite(bytes.ptr, 1, bytes.len, stdout);
        return;
    }
    if (span_ends(bytes, SPAN("\n")))
        bytes.len--;
    while (bytes.len > 0 && span_cut(&bytes, '\n', &line)) {
        sink_terminal(&out, line);
        str_addc(&out, '\n');
    }
    fputs(str_cstr(&out), stdout);
    str_clear(&out);
}

void print_coloured(const struct ctl *ctl, struct span text,
                    enum colour (*colour_of)(struct span line))
{
    struct str out = STR_EMPTY;
    struct span line;

    if (!ctl->has_colour) {
        print_bytes(ctl, text);
        return;
    }
    if (span_ends(text, SPAN("\n")))
        text.len--;
    while (text.len > 0 && span_cut(&text, '\n', &line)) {
        enum colour colour = colour_of(line);

        if (colour != COLOUR_NONE)
            str_printf(&out, "\033[%dm", (int)colour);
        sink_terminal(&out, line);
        str_adds(&out, colour != COLOUR_NONE ? PLAIN "\n" : "\n");
    }
    fputs(str_cstr(&out), stdout);
    str_clear(&out);
}
