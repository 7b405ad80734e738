/* help: the table of sentences as help. */
#include "milter/ctl/help.h"
#include <stdio.h>
#include "base/xalloc.h"
#include "milter/ctl/nouns.h"
#include "milter/ctl/print.h"

#define COLUMN 46 /* where the help of a short sentence begins */

const char help_usage[] = "usage: milter-ctl [-c FILE] [--json] SENTENCE\n"
                          "  -c FILE   settings, instead of /etc/postgate/postgate.cf\n"
                          "  --json    one object a line, for programs\n"
                          "  --help    this, or help on the sentence that is begun\n"
                          "exit: 0 done, 1 differs or degraded, 2 usage, 3 invalid input, 4 "
                          "daemon or Redis unreachable, 5 partial\n";

static void add_sentence(struct str *out, const struct sentence *sentence)
{
    size_t length = strlen(sentence->grammar);

    str_printf(out, "  %s", sentence->grammar);
    if (length + 2 < COLUMN)
        str_printf(out, "%*s", (int)(COLUMN - length - 2), "");
    else
        str_printf(out, "\n%*s", COLUMN, "");
    str_printf(out, "%s\n", sentence->help);
}

size_t help_sentences(struct str *out, char *const *words, size_t count)
{
    size_t found = 0;
    bool all;

    for (const struct sentence *s = sentences; s->grammar; s++) {
        if (sentence_matches(s, words, count, &all) < count)
            continue;
        add_sentence(out, s);
        found++;
    }
    return found;
}

/* On one sentence also its details and the types of its parameters. */
static void add_details(struct str *out, char *const *words, size_t count)
{
    const struct sentence *only = NULL;
    struct slot slots[SLOTS_MAX];
    bool all;

    for (const struct sentence *s = sentences; s->grammar; s++)
        if (sentence_matches(s, words, count, &all) == count)
            only = only ? sentences : s;
    if (!only || only == sentences)
        return;
    if (only->detail)
        str_printf(out, "\n%s\n", only->detail);
    count = sentence_slots(only, slots);
    for (size_t i = 0; i < count; i++) {
        const struct parameter *parameter = parameter_find(slots[i].type);

        if (parameter)
            str_printf(out, "  %-14s %s\n", parameter->name, parameter->help);
    }
}

static void print_help(struct str *out, char *const *words, size_t count)
{
    if (count == 0)
        str_printf(out, "%s\n", help_usage);
    if (help_sentences(out, words, count) == 0)
        help_sentences(out, words, 0);
    else if (count > 0)
        add_details(out, words, count);
}

int help_run(struct ctl *ctl, const struct arguments *arguments)
{
    struct str out = STR_EMPTY;
    char **words = xcalloc(arguments->count + 1, sizeof(*words));
    size_t count = 0, at = 0;
    const char *word;

    (void)ctl;
    while ((word = arguments_next(arguments, "WORD", &at)))
        words[count++] = xstrdup(word);
    if (arguments_has(arguments, "--man"))
        help_man(&out);
    else if (arguments_has(arguments, "--completion"))
        help_completion(&out);
    else
        print_help(&out, words, count);
    fputs(str_cstr(&out), stdout);
    while (count > 0)
        xfree(&words[--count]);
    xfree(&words);
    str_clear(&out);
    return EXIT_OK;
}
