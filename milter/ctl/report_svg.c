/* report_svg: stacked bars of what was delivered, stopped and refused. */
#include "milter/ctl/report_svg.h"
#include <stdint.h>
#include "base/sinks.h"

#define LEFT_TIME  70
#define LEFT_NAMES 270
#define RIGHT      30
#define TOP        86
#define HEIGHT     300 /* of the bars over time */
#define BELOW      46
#define LINE       26 /* a name */
#define TICKS      5
#define LABELS     12 /* of the time axis, at most */
#define NAME_CHARS 30
#define BAR_MOST   80

static const struct layer {
    const char *key, *label, *colour;
} layers[] = {
    {"delivered", "messages delivered", "#3b75af"},
    {"stopped", "messages stopped", "#e07b39"},
    {"refused", "recipients refused", "#9aa3ad"},
};
#define LAYER_COUNT (sizeof layers / sizeof layers[0])

static uint64_t number(const json_t *row, const char *key)
{
    json_int_t value = json_integer_value(json_object_get(row, key));

    return value > 0 ? (uint64_t)value : 0;
}

static uint64_t sum(const json_t *row)
{
    uint64_t all = 0;

    for (size_t i = 0; i < LAYER_COUNT; i++)
        all += number(row, layers[i].key);
    return all;
}

static bool is_total(const json_t *row)
{
    return json_is_true(json_object_get(row, "is_total"));
}

static struct span key_of(const json_t *row)
{
    return span_of(json_string_value(json_object_get(row, "key")));
}

/* The rows without the total: how many, and the largest of them. */
static size_t count_rows(const struct picture *p, uint64_t *most_r)
{
    size_t count = 0, i;
    json_t *row;

    *most_r = 0;
    json_array_foreach(p->rows, i, row)
    {
        if (is_total(row))
            continue;
        count++;
        if (sum(row) > *most_r)
            *most_r = sum(row);
    }
    return count;
}

/* 1, 2 or 5 and zeros, so that at most TICKS of them reach the largest. */
static uint64_t tick_step(uint64_t most)
{
    static const uint64_t factors[] = {1, 2, 5};

    for (uint64_t ten = 1; ten < UINT64_MAX / 100; ten *= 10)
        for (size_t i = 0; i < 3; i++)
            if (ten * factors[i] * TICKS >= most)
                return ten * factors[i];
    return most;
}

static uint64_t axis_end(uint64_t most)
{
    uint64_t step = tick_step(most);

    return most == 0 ? 1 : (most + step - 1) / step * step;
}

static void add_text(struct str *out, double x, double y, const char *anchor, struct span text)
{
    str_printf(out, "<text x=\"%.1f\" y=\"%.1f\" text-anchor=\"%s\">", x, y, anchor);
    sink_xml(out, text);
    str_adds(out, "</text>\n");
}

static void add_number(struct str *out, double x, double y, const char *anchor, uint64_t value)
{
    char text[24];

    snprintf(text, sizeof text, "%llu", (unsigned long long)value);
    add_text(out, x, y, anchor, span_of(text));
}

static void add_legend(struct str *out)
{
    int x = LEFT_TIME;

    for (size_t i = 0; i < LAYER_COUNT; i++, x += 170) {
        str_printf(out, "<rect x=\"%d\" y=\"50\" width=\"12\" height=\"12\" fill=\"%s\"/>\n", x,
                   layers[i].colour);
        add_text(out, x + 18, 60.5, "start", span_of(layers[i].label));
    }
}

static void begin(struct str *out, const struct picture *p, size_t height)
{
    str_printf(out,
               "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"%d\" height=\"%zu\" "
               "viewBox=\"0 0 %d %zu\" font-family=\"sans-serif\" font-size=\"12\" "
               "fill=\"#333\">\n<rect width=\"100%%\" height=\"100%%\" fill=\"#fff\"/>\n",
               REPORT_SVG_WIDTH, height, REPORT_SVG_WIDTH, height);
    str_printf(out, "<text x=\"%d\" y=\"30\" font-size=\"16\" font-weight=\"bold\">",
               LEFT_TIME);
    sink_xml(out, span_of(p->title));
    str_adds(out, "</text>\n");
    add_legend(out);
}

/* What the mouse finds. */
static void add_title(struct str *out, const json_t *row)
{
    str_adds(out, "<title>");
    sink_xml(out, key_of(row));
    for (size_t i = 0; i < LAYER_COUNT; i++)
        str_printf(out, ", %s: %llu", layers[i].label,
                   (unsigned long long)number(row, layers[i].key));
    str_adds(out, "</title>\n");
}

struct area {
    double x, y, w, h;
};

/* One of its sides is 0. */
static void add_line(struct str *out, struct area at, const char *colour)
{
    str_printf(out, "<line x1=\"%.1f\" y1=\"%.1f\" x2=\"%.1f\" y2=\"%.1f\" stroke=\"%s\"/>\n",
               at.x, at.y, at.x + at.w, at.y + at.h, colour);
}

static void add_bar(struct str *out, const struct layer *layer, struct area at)
{
    if (at.w > 0 && at.h > 0)
        str_printf(out,
                   "<rect x=\"%.2f\" y=\"%.2f\" width=\"%.2f\" height=\"%.2f\" "
                   "fill=\"%s\"/>\n",
                   at.x, at.y, at.w, at.h, layer->colour);
}

static void add_value_axis(struct str *out, uint64_t end)
{
    uint64_t step = tick_step(end);

    for (uint64_t value = 0; value <= end; value += step) {
        double y = TOP + HEIGHT - (double)value / (double)end * HEIGHT;
        add_line(out, (struct area){LEFT_TIME, y, REPORT_SVG_WIDTH - RIGHT - LEFT_TIME, 0},
                 value == 0 ? "#666" : "#e3e3e3");
        add_number(out, LEFT_TIME - 8, y + 4, "end", value);
    }
}

static void add_column(struct str *out, const json_t *row, double x, double wide, uint64_t end)
{
    double y = TOP + HEIGHT, bar = wide * 0.8 < BAR_MOST ? wide * 0.8 : BAR_MOST;

    str_adds(out, "<g>");
    add_title(out, row);
    for (size_t i = 0; i < LAYER_COUNT; i++) {
        double h = (double)number(row, layers[i].key) / (double)end * HEIGHT;
        y -= h;
        add_bar(out, &layers[i], (struct area){x + (wide - bar) / 2, y, bar, h});
    }
    str_adds(out, "</g>\n");
}

static void draw_time(struct str *out, const struct picture *p)
{
    uint64_t most, end;
    size_t count = count_rows(p, &most), every = (count + LABELS - 1) / LABELS, i;
    double wide = (double)(REPORT_SVG_WIDTH - LEFT_TIME - RIGHT) / (double)(count ? count : 1);
    json_t *row;

    end = axis_end(most);
    begin(out, p, TOP + HEIGHT + BELOW);
    add_value_axis(out, end);
    json_array_foreach(p->rows, i, row)
    {
        double x = LEFT_TIME + (double)i * wide;
        struct span key = key_of(row);
        if (is_total(row))
            continue;
        add_column(out, row, x, wide, end);
        if (i % every != 0)
            continue;
        add_text(out, x + wide / 2, TOP + HEIGHT + 18, "middle",
                 span_from(key.ptr + 5, key.len < 10 ? 0 : 5));
        if (key.len > 11)
            add_text(out, x + wide / 2, TOP + HEIGHT + 33, "middle", span_skip(key, 11));
    }
}

/* A long name is cut between characters. */
static void add_name(struct str *out, double y, struct span name)
{
    struct str shown = STR_EMPTY;
    size_t chars = 0, i;

    for (i = 0; i < name.len; i++) {
        chars += ((unsigned char)name.ptr[i] & 0xc0) != 0x80;
        if (chars > NAME_CHARS)
            break;
    }
    str_add(&shown, span_from(name.ptr, i));
    if (i < name.len)
        str_adds(&shown, "\xe2\x80\xa6");
    add_text(out, LEFT_NAMES - 10, y, "end", str_span(&shown));
    str_clear(&shown);
}

static void add_row(struct str *out, const json_t *row, double y, uint64_t end)
{
    double room = REPORT_SVG_WIDTH - LEFT_NAMES - RIGHT - 60, x = LEFT_NAMES;

    str_adds(out, "<g>");
    add_title(out, row);
    add_name(out, y + LINE * 0.66, key_of(row));
    for (size_t i = 0; i < LAYER_COUNT; i++) {
        double w = (double)number(row, layers[i].key) / (double)end * room;
        add_bar(out, &layers[i], (struct area){x, y + LINE * 0.18, w, LINE * 0.64});
        x += w;
    }
    add_number(out, x + 6, y + LINE * 0.66, "start", sum(row));
    str_adds(out, "</g>\n");
}

static void draw_names(struct str *out, const struct picture *p)
{
    uint64_t most;
    size_t count = count_rows(p, &most), i;
    double y = TOP;
    json_t *row;

    begin(out, p, TOP + count * LINE + 20);
    json_array_foreach(p->rows, i, row)
    {
        if (is_total(row))
            continue;
        add_row(out, row, y, most > 0 ? most : 1);
        y += LINE;
    }
    add_line(out, (struct area){LEFT_NAMES, TOP, 0, y - TOP}, "#666");
}

void report_svg(struct str *out, const struct picture *picture)
{
    if (picture->is_by_time)
        draw_time(out, picture);
    else
        draw_names(out, picture);
    str_adds(out, "</svg>\n");
}
