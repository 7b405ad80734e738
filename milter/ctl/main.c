/* main: global options, the sentence that was said, its run. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include "base/daemon.h"
#include "base/names.h"
#include "base/xalloc.h"
#include "milter/ctl/ctl.h"
#include "milter/ctl/help.h"

#define CONFIG_PATH "/etc/postgate/postgate.cf"

struct call {
    char **words; /* without the global options */
    size_t count;
    bool wants_help, wants_version;
};

/* Takes the global options out, wherever they stand before a "--". */
static int take_options(int argc, char **argv, struct ctl *ctl, struct call *call)
{
    bool is_over = false;

    call->words = xcalloc((size_t)argc + 1, sizeof(*call->words));
    for (int i = 1; i < argc; i++) {
        is_over = is_over || strcmp(argv[i], "--") == 0;
        if (!is_over && strcmp(argv[i], "-c") == 0) {
            if (++i == argc) {
                ctl_say("-c needs the name of a file behind it");
                return -1;
            }
            ctl->config_path = argv[i];
        } else if (!is_over && strcmp(argv[i], "--json") == 0) {
            ctl->is_json = true;
        } else if (!is_over && (strcmp(argv[i], "--help") == 0 || strcmp(argv[i], "-h") == 0)) {
            call->wants_help = true;
        } else if (!is_over && strcmp(argv[i], "-V") == 0) {
            call->wants_version = true;
        } else {
            call->words[call->count++] = argv[i];
        }
    }
    return 0;
}

/* The sentence that argv begins with, the longest one; *words_r: how many words that are. */
static const struct sentence *find(const struct call *call, size_t *words_r)
{
    const struct sentence *best = NULL;
    bool all;

    *words_r = 0;
    for (const struct sentence *s = sentences; s->grammar; s++) {
        size_t words = sentence_matches(s, call->words, call->count, &all);

        if (all && words > *words_r) {
            best = s;
            *words_r = words;
        }
    }
    return best;
}

/* The sentences that begin as these words do, on stderr; or what was not understood. */
static int say_usage(const struct call *call)
{
    struct str out = STR_EMPTY;
    const char *nearest;
    size_t words = call->count;

    while (words > 0 && help_sentences(&out, call->words, words) == 0)
        words--;
    nearest = words == 0 && call->count > 0
                  ? names_nearest_in(sentence_nouns, span_of(call->words[0]))
                  : NULL;
    if (nearest)
        ctl_say("there is no sentence that begins with `%s`; did you mean %s?", call->words[0],
                nearest);
    else if (call->count > words)
        ctl_say("`%s` is not understood here", call->words[words]);
    else if (words > 0)
        ctl_say("`%s` goes on as one of these", call->words[0]);
    if (nearest) {
        char *noun = xstrdup(nearest);
        help_sentences(&out, &noun, 1);
        xfree(&noun);
    } else if (words == 0) {
        str_adds(&out, help_usage);
        help_sentences(&out, NULL, 0);
    }
    fputs(str_cstr(&out), stderr);
    str_clear(&out);
    return EXIT_USAGE;
}

static int run(struct ctl *ctl, const struct sentence *sentence, const struct call *call,
               size_t words)
{
    struct arguments arguments;
    struct err err = {""};
    int code;

    if (arguments_parse(&arguments, sentence, call->words + words, call->count - words, &err) ==
        -1) {
        ctl_say("%s", err.text);
        fprintf(stderr, "usage: milter-ctl %s\n", sentence->grammar);
        return EXIT_USAGE;
    }
    if (!(sentence->flags & SENTENCE_NO_SETTINGS) && ctl_load_settings(ctl) == -1)
        code = EXIT_INVALID;
    else
        code = sentence->run(ctl, &arguments);
    arguments_clear(&arguments);
    settings_free(&ctl->settings);
    return code;
}

static int print_help(const struct call *call)
{
    struct str out = STR_EMPTY;

    if (call->count == 0)
        str_printf(&out, "%s\n", help_usage);
    if (help_sentences(&out, call->words, call->count) == 0)
        help_sentences(&out, NULL, 0);
    fputs(str_cstr(&out), stdout);
    str_clear(&out);
    return EXIT_OK;
}

static int obey(struct ctl *ctl, const struct call *call)
{
    const struct sentence *sentence;
    size_t words;

    if (call->wants_version) {
        printf("%s\n", daemon_version());
        return EXIT_OK;
    }
    if (call->wants_help)
        return print_help(call);
    sentence = find(call, &words);
    if (sentence)
        return run(ctl, sentence, call, words);
    return say_usage(call);
}

/* Output that could not be written is not success. */
static int finish(int code)
{
    if (fflush(stdout) == 0 && !ferror(stdout))
        return code;
    ctl_say("standard output could not be written");
    return code == EXIT_OK ? EXIT_PARTIAL : code;
}

int main(int argc, char **argv)
{
    struct ctl ctl = {.config_path = CONFIG_PATH};
    struct call call = {0};
    int code = EXIT_USAGE;

    ctl.is_terminal = isatty(STDOUT_FILENO);
    ctl.has_colour = ctl.is_terminal && !getenv("NO_COLOR");
    if (take_options(argc, argv, &ctl, &call) == 0)
        code = obey(&ctl, &call);
    xfree(&call.words);
    return finish(code);
}
