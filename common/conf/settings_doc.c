/* settings_doc: etc/postgate.cf and postgate.cf(5), both printed from the table so that they cannot disagree with it. */
#include "conf/settings_table.h"

#define COMMENT_COLUMNS 96

/* text as comment lines, broken between words. */
static void add_comment(struct str *out, struct span text)
{
    struct span word;
    size_t column = 0;

    while (span_cut(&text, ' ', &word)) {
        if (column > 0 && column + 1 + word.len > COMMENT_COLUMNS) {
            str_addc(out, '\n');
            column = 0;
        }
        str_adds(out, column == 0 ? "# " : " ");
        str_add(out, word);
        column += word.len + (column == 0 ? 2 : 1);
    }
    str_addc(out, '\n');
}

void settings_print_sample(struct str *out)
{
    add_comment(out, SPAN("Settings of Postgate, written as Postfix's main.cf is: name = "
                          "value; a line that begins "
                          "with a blank continues the one before; # begins a line of comment. "
                          "Every setting is "
                          "here with its default: take the # away and change what should "
                          "differ. The daemons read "
                          "this file when they start. `milter-ctl config` shows and checks it; "
                          "postgate.cf(5)."));
    for (const struct setting_row *row = settings_table; row->name; row++) {
        if (row->section)
            str_printf(out, "\n\n# ---- %s ----\n", row->section);
        str_addc(out, '\n');
        add_comment(out, span_of(row->help));
        str_printf(out, "#%s =%s%s\n", row->name, *row->default_text ? " " : "",
                   row->default_text);
    }
}

static const char man_head[] =
    ".TH POSTGATE.CF 5 \"\" \"Postgate\" \"Postgate\"\n"
    ".SH NAME\npostgate.cf \\- settings of Postgate\n"
    ".SH SYNOPSIS\n.B /etc/postgate/postgate.cf\n"
    ".SH DESCRIPTION\n"
    "What the daemons of Postgate and\n.BR milter\\-ctl (8)\nread when they start, or the file "
    "given with\n.BR \\-c .\n"
    "What the gate does with mail is not said here but in the rules, see\n.BR postgate\\-rules "
    "(5).\n"
    ".PP\n"
    "The file is written as Postfix's main.cf is:\n.I name\n=\n.IR value ,\n"
    "one a line. A line that begins with a blank continues the one before. Empty lines and "
    "lines that begin with #\n"
    "count for nothing. Values have no quotes, and names in them are not expanded.\n"
    "An unknown name, a bad value or a name that is set twice is an error that names file, "
    "line and what would be\n"
    "right; a daemon does not start with it.\n.B milter\\-ctl config\nchecks the file without "
    "a daemon.\n"
    ".PP\n"
    "A time is written with its unit: 500ms, 5s, 2m, 1h, 7d. A size is bytes, or has the unit "
    "KB, MB or GB (of 1024).\n"
    "A socket is written as Postfix does: unix:/PATH or inet:HOST:PORT. A path is absolute.\n"
    ".SH SETTINGS\n";

static const char man_tail[] =
    ".SH FILES\n"
    "/etc/postgate/postgate.cf, /etc/postgate/rules, /etc/postgate/lists/\n"
    ".SH SEE ALSO\n"
    ".BR postgate\\-milter (8),\n.BR postgate\\-policyd (8),\n.BR milter\\-ctl (8),\n.BR "
    "postgate\\-rules (5),\n"
    ".BR postconf (5)\n";

/* Text as roff reads it literally: backslashes and hyphens escaped, no line begins with a control character. */
static void add_roff(struct str *out, const char *text)
{
    if (*text == '.' || *text == '\'')
        str_adds(out, "\\&");
    for (; *text; text++) {
        if (*text == '-' || *text == '\\')
            str_addc(out, '\\');
        str_addc(out, *text == '\\' ? 'e' : *text);
    }
}

static void add_man_row(struct str *out, const struct setting_row *row)
{
    struct str bound = STR_EMPTY;

    str_adds(out, ".TP\n.BR ");
    add_roff(out, row->name);
    str_adds(out, " \" (default: ");
    add_roff(out, *row->default_text ? row->default_text : "empty");
    str_adds(out, ")\"\n");
    add_roff(out, row->help);
    str_adds(out, "\nWritten as ");
    add_roff(out, setting_type_shape(row->type));
    if (row->max != 0) {
        setting_type_print(row->type, row->min, &bound);
        str_printf(out, ", from %s", str_cstr(&bound));
        str_reset(&bound);
        setting_type_print(row->type, row->max, &bound);
        str_printf(out, " to %s", str_cstr(&bound));
    }
    str_adds(out, ".\n");
    str_clear(&bound);
}

void settings_print_man(struct str *out)
{
    str_adds(out, man_head);
    for (const struct setting_row *row = settings_table; row->name; row++) {
        if (row->section) {
            str_adds(out, ".SS ");
            add_roff(out, row->section);
            str_addc(out, '\n');
        }
        add_man_row(out, row);
    }
    str_adds(out, man_tail);
}
