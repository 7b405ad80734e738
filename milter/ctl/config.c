/* config: checks postgate.cf and shows what it says; also prints a fresh one and its man page. */
#include <stdio.h>
#include "milter/ctl/nouns.h"
#include "milter/ctl/print.h"

static int print_document(void (*print)(struct str *out))
{
    struct str out = STR_EMPTY;

    print(&out);
    fwrite(out.ptr, 1, out.len, stdout);
    str_clear(&out);
    return EXIT_OK;
}

static void print_settings(const struct ctl *ctl, const struct settings *settings,
                           bool only_set)
{
    struct str out = STR_EMPTY;

    if (ctl->is_json)
        settings_print_json(&out, settings);
    else
        settings_print(&out, settings, only_set);
    if (out.len > 0)
        print_bytes(ctl, str_span(&out));
    else
        ctl_say("every setting is at its default; milter-ctl config --all shows them");
    str_clear(&out);
}

int config_run(struct ctl *ctl, const struct arguments *arguments)
{
    struct settings *settings;
    struct str problems = STR_EMPTY;
    int result;

    if (arguments_has(arguments, "--sample"))
        return print_document(settings_print_sample);
    if (arguments_has(arguments, "--man"))
        return print_document(settings_print_man);
    result = settings_load(&settings, ctl->config_path, &problems);
    ctl_say_lines(str_span(&problems));
    if (result == 0)
        print_settings(ctl, settings, !arguments_has(arguments, "--all"));
    settings_free(&settings);
    str_clear(&problems);
    return result == 0 ? EXIT_OK : EXIT_INVALID;
}
