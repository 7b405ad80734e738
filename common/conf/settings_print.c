/* settings_print: the values in force, as lines of postgate.cf and as JSON. */
#include "base/sinks.h"
#include "conf/settings_table.h"

static bool is_set(const struct settings *settings, size_t row)
{
    return settings->lines[row] != 0;
}

void settings_print(struct str *out, const struct settings *settings, bool only_changed)
{
    for (size_t i = 0; settings_table[i].name; i++) {
        if (only_changed && !is_set(settings, i))
            continue;
        str_printf(out, "%s = ", settings_table[i].name);
        settings_table_print(&settings_table[i], settings, out);
        str_addc(out, '\n');
    }
}

static void add_member(struct str *out, const char *name, struct span value)
{
    str_printf(out, ",\"%s\":", name);
    sink_json(out, value);
}

void settings_print_json(struct str *out, const struct settings *settings)
{
    struct str value = STR_EMPTY;

    for (size_t i = 0; settings_table[i].name; i++) {
        const struct setting_row *row = &settings_table[i];

        str_reset(&value);
        settings_table_print(row, settings, &value);
        str_adds(out, "{\"v\":1");
        add_member(out, "name", span_of(row->name));
        add_member(out, "value", str_span(&value));
        add_member(out, "default", span_of(row->default_text));
        str_printf(out, ",\"line\":%u,\"used\":%s", settings->lines[i],
                   row->flags & SETTING_LATER ? "false" : "true");
        add_member(out, "help", span_of(row->help));
        str_adds(out, "}\n");
    }
    str_clear(&value);
}
