/* arguments: cuts a sentence's grammar into slots and fits the words of a call into them. */
#include "milter/ctl/arguments.h"
#include "base/xalloc.h"

static bool is_option(const char *word)
{
    return word[0] == '-' && word[1] == '-' && word[2] != '\0';
}

/* Takes "..." and "]" off the end of a word, and "[" off its front. */
static struct span strip(struct span word, struct slot *slot, bool *closes_r)
{
    *closes_r = false;
    if (span_starts(word, SPAN("["))) {
        slot->is_optional = true;
        word = span_skip(word, 1);
    }
    for (;;) {
        if (span_ends(word, SPAN("..."))) {
            slot->is_repeated = true;
            word.len -= 3;
        } else if (span_ends(word, SPAN("]"))) {
            *closes_r = true;
            word.len--;
        } else {
            return word;
        }
    }
}

static void read_slot(struct span *rest, struct span word, struct slot *slot)
{
    bool closes, unused;
    struct span value;

    *slot = (struct slot){0};
    slot->name = strip(word, slot, &closes);
    slot->type = slot->name;
    slot->kind =
        slot->name.ptr[0] >= 'A' && slot->name.ptr[0] <= 'Z' ? SLOT_PARAMETER : SLOT_WORD;
    if (!span_starts(slot->name, SPAN("--")))
        return;
    slot->kind = SLOT_FLAG;
    if (closes || !span_cut(rest, ' ', &value))
        return;
    slot->kind = SLOT_OPTION;
    slot->type = strip(value, slot, &unused);
}

size_t sentence_slots(const struct sentence *sentence, struct slot slots_r[SLOTS_MAX])
{
    struct span rest = span_of(sentence->grammar), word;
    size_t count = 0;

    while (count < SLOTS_MAX && span_cut(&rest, ' ', &word))
        read_slot(&rest, word, &slots_r[count++]);
    return count;
}

size_t sentence_matches(const struct sentence *sentence, char *const *argv, size_t argc,
                        bool *all_r)
{
    struct slot slots[SLOTS_MAX];
    size_t count = sentence_slots(sentence, slots), words = 0, same = 0;

    while (words < count && slots[words].kind == SLOT_WORD)
        words++;
    while (same < words && same < argc && span_is(slots[same].name, argv[same]))
        same++;
    *all_r = same == words;
    return same;
}

struct fitting {
    struct arguments *arguments;
    struct slot slots[SLOTS_MAX];
    bool is_filled[SLOTS_MAX];
    size_t count;
    char *const *argv;
    size_t argc, at;
    struct err *err;
};

static int fill(struct fitting *fitting, size_t slot, const char *value)
{
    const struct parameter *parameter = parameter_find(fitting->slots[slot].type);
    struct arguments *arguments = fitting->arguments;

    if (fitting->is_filled[slot] && !fitting->slots[slot].is_repeated)
        return err_set(fitting->err, "%.*s is given twice",
                       SPAN_ARG(fitting->slots[slot].name));
    if (parameter && parameter->check && parameter->check(value, fitting->err) == -1)
        return err_prefix(fitting->err, "%.*s", SPAN_ARG(fitting->slots[slot].name));
    fitting->is_filled[slot] = true;
    arguments->list[arguments->count++] = (struct argument){fitting->slots[slot].name, value};
    return 0;
}

static int fit_option(struct fitting *fitting, const char *word)
{
    for (size_t i = 0; i < fitting->count; i++) {
        const struct slot *slot = &fitting->slots[i];

        if (slot->kind < SLOT_FLAG || !span_is(slot->name, word))
            continue;
        if (slot->kind == SLOT_FLAG)
            return fill(fitting, i, "");
        if (fitting->at == fitting->argc)
            return err_set(fitting->err, "%s needs %.*s behind it", word, SPAN_ARG(slot->type));
        return fill(fitting, i, fitting->argv[fitting->at++]);
    }
    return err_set(fitting->err, "there is no %s here", word);
}

/* The first parameter that is still empty, or one that takes any number. */
static int fit_word(struct fitting *fitting, const char *word)
{
    for (size_t i = 0; i < fitting->count; i++) {
        const struct slot *slot = &fitting->slots[i];

        if (slot->kind == SLOT_PARAMETER && (!fitting->is_filled[i] || slot->is_repeated))
            return fill(fitting, i, word);
    }
    if ((fitting->arguments->sentence->flags & SENTENCE_SECRET) != 0)
        return err_set(fitting->err,
                       "a secret does not belong on the command line, where other users can "
                       "see it and the shell keeps it; put it into a file and name that file");
    return err_set(fitting->err, "`%s` is one word too many", word);
}

static int check_complete(const struct fitting *fitting)
{
    for (size_t i = 0; i < fitting->count; i++) {
        const struct slot *slot = &fitting->slots[i];

        if (slot->kind != SLOT_WORD && !slot->is_optional && !fitting->is_filled[i])
            return err_set(fitting->err, "%.*s is missing", SPAN_ARG(slot->name));
    }
    return 0;
}

static int fit_all(struct fitting *fitting)
{
    bool has_options = true;

    while (fitting->at < fitting->argc) {
        const char *word = fitting->argv[fitting->at++];

        if (has_options && strcmp(word, "--") == 0) {
            has_options = false;
            continue;
        }
        if ((has_options && is_option(word) ? fit_option(fitting, word)
                                            : fit_word(fitting, word)) == -1)
            return -1;
    }
    return check_complete(fitting);
}

int arguments_parse(struct arguments *arguments_r, const struct sentence *sentence,
                    char *const *argv, size_t argc, struct err *err)
{
    struct fitting fitting = {.arguments = arguments_r, .argv = argv, .argc = argc, .err = err};

    arguments_r->sentence = sentence;
    arguments_r->count = 0;
    arguments_r->list = xcalloc(argc + 1, sizeof(*arguments_r->list));
    fitting.count = sentence_slots(sentence, fitting.slots);
    if (fit_all(&fitting) == 0)
        return 0;
    arguments_clear(arguments_r);
    return -1;
}

void arguments_clear(struct arguments *arguments)
{
    xfree(&arguments->list);
    arguments->count = 0;
}

const char *arguments_next(const struct arguments *arguments, const char *name, size_t *at)
{
    while (*at < arguments->count) {
        const struct argument *argument = &arguments->list[(*at)++];

        if (span_is(argument->name, name))
            return argument->value;
    }
    return NULL;
}

const char *arguments_get(const struct arguments *arguments, const char *name)
{
    size_t at = 0;

    return arguments_next(arguments, name, &at);
}

bool arguments_has(const struct arguments *arguments, const char *name)
{
    return arguments_get(arguments, name) != NULL;
}
