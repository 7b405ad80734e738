/* The table of sentences: consistent, wholly helped, and what is printed from it is what is committed. */
#include "t/lib/suite.h"
#include "base/file.h"
#include "base/xalloc.h"
#include "milter/ctl/ctl.h"
#include "milter/ctl/help.h"

/* A value of each type of parameter that passes its check. */
static const struct {
    const char *type, *value;
} examples[] = {
    {"FILE", "-"},
    {"FILE|N", "3"},
    {"N", "3"},
    {"TEXT", "a note"},
    {"NAME", "partners"},
    {"ITEM", "192.0.2.0/24"},
    {"DOMAIN", "example.com"},
    {"HOPS", "192.0.2.1,mail.example.com:2525"},
    {"CODE|QUEUE-ID", "M7K2-9QF4-T3WX"},
    {"ID", "x"},
    {"STATE", "held"},
    {"IP", "192.0.2.1"},
    {"TIME", "2h"},
    {"DAY", "2026-11-22"},
    {"NET", "192.0.2.0/24"},
    {"VERDICTS", "reject,defer"},
    {"WHAT", "sender-domain"},
    {"DURATION", "15m"},
    {"NODE", "gate2"},
    {"HOST", "mail.example"},
    {"SELECTOR", "s1"},
    {"ALGORITHM", "ed25519"},
    {"ADDRESS", "<>"},
    {"PATH", "proxy"},
    {"USER", "bob"},
    {"ATTR=VALUE", "sender=a@b.example"},
    {"FACT", "client"},
    {"WORD", "rules"},
};

static const char *example_of(struct span type)
{
    for (size_t i = 0; i < COUNT_OF(examples); i++)
        if (span_is(type, examples[i].type))
            return examples[i].value;
    return NULL;
}

static char *copy(struct span text)
{
    return xstrndup(text.ptr, text.len);
}

/* A call with everything that the grammar has. */
static size_t make_call(const struct sentence *sentence, char *argv[2 * SLOTS_MAX],
                        size_t *words_r)
{
    struct slot slots[SLOTS_MAX];
    size_t count = sentence_slots(sentence, slots), argc = 0;

    *words_r = 0;
    for (size_t i = 0; i < count; i++) {
        const char *value = example_of(slots[i].type);

        if (slots[i].kind != SLOT_PARAMETER)
            argv[argc++] = copy(slots[i].name);
        *words_r += slots[i].kind == SLOT_WORD;
        if (slots[i].kind == SLOT_WORD || slots[i].kind == SLOT_FLAG)
            continue;
        ck_assert_msg(value != NULL, "%s: no example of %.*s", sentence->grammar,
                      SPAN_ARG(slots[i].type));
        argv[argc++] = xstrdup(value);
    }
    return argc;
}

START_TEST(every_sentence_parses)
{
    for (const struct sentence *s = sentences; s->grammar; s++) {
        char *argv[2 * SLOTS_MAX];
        struct arguments arguments;
        struct err err = {""};
        size_t words, argc = make_call(s, argv, &words);
        bool all;

        ck_assert_msg(sentence_matches(s, argv, argc, &all) == words && all, "%s", s->grammar);
        ck_assert_msg(arguments_parse(&arguments, s, argv + words, argc - words, &err) == 0,
                      "%s: %s", s->grammar, err.text);
        arguments_clear(&arguments);
        while (argc > 0)
            xfree(&argv[--argc]);
    }
}
END_TEST

START_TEST(every_sentence_is_whole_and_distinct)
{
    for (const struct sentence *s = sentences; s->grammar; s++) {
        struct slot slots[SLOTS_MAX];
        size_t count = sentence_slots(s, slots);
        char *words[SLOTS_MAX];
        size_t said = 0;
        bool all;

        ck_assert_msg(s->run != NULL && s->help && *s->help, "%s", s->grammar);
        ck_assert_msg(s->help[strlen(s->help) - 1] != '.', "%s: the help ends in a dot",
                      s->grammar);
        ck_assert_msg(!s->detail || s->detail[strlen(s->detail) - 1] == '.',
                      "%s: the detail ends in no dot", s->grammar);
        for (size_t i = 0; i < count; i++) {
            if (slots[i].kind == SLOT_WORD)
                words[said++] = copy(slots[i].name);
            else if (slots[i].kind != SLOT_FLAG)
                ck_assert_msg(parameter_find(slots[i].type) != NULL, "%s: what is %.*s?",
                              s->grammar, SPAN_ARG(slots[i].type));
        }
        for (const struct sentence *other = sentences; other != s; other++)
            ck_assert_msg(sentence_matches(other, words, said, &all) < said || !all,
                          "%s and %s", s->grammar, other->grammar);
        while (said > 0)
            xfree(&words[--said]);
    }
}
END_TEST

START_TEST(nouns_are_those_of_the_table)
{
    struct slot slots[SLOTS_MAX];
    int unused;

    for (const struct sentence *s = sentences; s->grammar; s++) {
        sentence_slots(s, slots);
        ck_assert_msg(names_value(sentence_nouns, slots[0].name, &unused), "%s", s->grammar);
    }
    for (const struct name_value *noun = sentence_nouns; noun->name; noun++) {
        char *word = xstrdup(noun->name);
        struct str out = STR_EMPTY;

        ck_assert_msg(help_sentences(&out, &word, 1) > 0, "%s", noun->name);
        str_clear(&out);
        xfree(&word);
    }
}
END_TEST

START_TEST(parameters_are_used_and_helped)
{
    for (const struct parameter *p = parameters; p->name; p++) {
        bool is_used = false;

        ck_assert_msg(p->help && *p->help && p->check, "%s", p->name);
        for (const struct sentence *s = sentences; s->grammar; s++) {
            struct slot slots[SLOTS_MAX];
            size_t count = sentence_slots(s, slots);

            for (size_t i = 0; i < count; i++)
                is_used = is_used || span_is(slots[i].type, p->name);
        }
        ck_assert_msg(is_used, "no sentence has %s", p->name);
    }
}
END_TEST

START_TEST(help_names_every_sentence)
{
    struct str out = STR_EMPTY, man = STR_EMPTY;

    help_sentences(&out, NULL, 0);
    help_man(&man);
    for (const struct sentence *s = sentences; s->grammar; s++)
        ck_assert_msg(strstr(str_cstr(&out), s->grammar) && strstr(str_cstr(&out), s->help),
                      "%s", s->grammar);
    ck_assert(man.len > 3000);
    str_clear(&out);
    str_clear(&man);
}
END_TEST

static void compare(const char *path, void (*print)(struct str *out))
{
    struct str want = STR_EMPTY, got = STR_EMPTY;
    struct err err = {""};

    print(&want);
    ck_assert_msg(file_read(path, 1 << 20, &got, &err) == 0, "%s", err.text);
    ck_assert_msg(span_equal(str_span(&want), str_span(&got)),
                  "%s is not what the table prints; `make docs` writes it anew", path);
    str_clear(&want);
    str_clear(&got);
}

START_TEST(committed_files_are_those_printed)
{
    compare("milter/ctl/milter-ctl.8", help_man);
    compare("contrib/completion/milter-ctl", help_completion);
}
END_TEST

SUITE_MAIN("ctl/sentences", every_sentence_parses, every_sentence_is_whole_and_distinct,
           nouns_are_those_of_the_table, parameters_are_used_and_helped,
           help_names_every_sentence, committed_files_are_those_printed)
