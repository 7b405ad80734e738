/* Grammars cut into slots, and calls fitted into them. */
#include "t/lib/suite.h"
#include "base/str.h"
#include "base/xalloc.h"
#include "milter/ctl/arguments.h"

#define WORDS_MAX 12

static const struct {
    const char *grammar,
        *want; /* kind letter, name, ? optional, + repeated, = type of an option */
} grammars[] = {
    {"status", "Wstatus"},
    {"list add NAME ITEM... [--force]", "Wlist Wadd PNAME PITEM+ F--force?"},
    {"config [--all] [--man]", "Wconfig F--all? F--man?"},
    {"domain add DOMAIN --route HOPS", "Wdomain Wadd PDOMAIN O--route=HOPS"},
    {"m FILE [--recipient ADDRESS]... [--path PATH]",
     "Wm PFILE O--recipient=ADDRESS?+ O--path=PATH?"},
    {"rules diff [FILE|N] [N]", "Wrules Wdiff PFILE|N? PN?"},
    {"help [WORD]... [--man]", "Whelp PWORD?+ F--man?"},
};

static void print_slot(struct str *out, const struct slot *slot)
{
    str_addc(out, " WPFO"[slot->kind]);
    str_add(out, slot->name);
    if (slot->kind == SLOT_OPTION) {
        str_addc(out, '=');
        str_add(out, slot->type);
    }
    str_adds(out, slot->is_optional ? "?" : "");
    str_adds(out, slot->is_repeated ? "+" : "");
}

START_TEST(grammars_are_cut)
{
    for (size_t i = 0; i < COUNT_OF(grammars); i++) {
        struct sentence sentence = {.grammar = grammars[i].grammar};
        struct slot slots[SLOTS_MAX];
        struct str got = STR_EMPTY;
        size_t count = sentence_slots(&sentence, slots);

        for (size_t k = 0; k < count; k++) {
            str_adds(&got, k > 0 ? " " : "");
            print_slot(&got, &slots[k]);
        }
        ck_assert_str_eq(str_cstr(&got), grammars[i].want);
        str_clear(&got);
    }
}
END_TEST

static const struct {
    const char *name, *grammar;
    const char *argv[WORDS_MAX];
    const char *want; /* NAME=value ..., or ! and a part of the error */
} calls[] = {
    {"nothing wanted", "status", {NULL}, ""},
    {"one too many", "status", {"now", NULL}, "!`now` is one word too many"},
    {"parameters in order", "x NAME ITEM...", {"a", "b", "c", NULL}, "NAME=a ITEM=b ITEM=c "},
    {"missing parameter", "x NAME ITEM...", {"a", NULL}, "!ITEM is missing"},
    {"flag anywhere",
     "x NAME ITEM... [--force]",
     {"a", "--force", "b", NULL},
     "NAME=a --force= ITEM=b "},
    {"unknown flag", "x NAME [--force]", {"a", "--fore", NULL}, "!there is no --fore"},
    {"flag twice",
     "x NAME [--force]",
     {"a", "--force", "--force", NULL},
     "!--force is given twice"},
    {"option",
     "x DOMAIN --route HOPS",
     {"a.example", "--route", "b:25", NULL},
     "DOMAIN=a.example --route=b:25 "},
    {"option missing", "x DOMAIN --route HOPS", {"a.example", NULL}, "!--route is missing"},
    {"option without value",
     "x DOMAIN --route HOPS",
     {"a.example", "--route", NULL},
     "!--route needs HOPS"},
    {"option repeated",
     "x [--recipient ADDRESS]...",
     {"--recipient", "a", "--recipient", "b", NULL},
     "--recipient=a --recipient=b "},
    {"behind --",
     "x NAME ITEM... [--force]",
     {"a", "--", "--force", NULL},
     "NAME=a ITEM=--force "},
    {"a lone -", "x NAME [FILE]", {"a", "-", NULL}, "NAME=a FILE=- "},
    {"a number", "x N", {"12", NULL}, "N=12 "},
    {"no number", "x N", {"0", NULL}, "!N: `0` is not a number"},
    {"a file or a number", "x [FILE|N] [N]", {"3", "4", NULL}, "FILE|N=3 N=4 "},
    {"an address",
     "x [--client IP]",
     {"--client", "2001:db8::1", NULL},
     "--client=2001:db8::1 "},
    {"no address",
     "x [--client IP]",
     {"--client", "mail.example", NULL},
     "!`mail.example` is not an IP address"},
    {"a path", "x [--path PATH]", {"--path", "staging", NULL}, "--path=staging "},
    {"no path", "x [--path PATH]", {"--path", "stage", NULL}, "!is not one of"},
    {"no attribute", "x ATTR=VALUE...", {"recipient", NULL}, "!is not ATTR=VALUE"},
    {"an attribute with =",
     "x ATTR=VALUE...",
     {"sender=a=b@c", NULL},
     "ATTR=VALUE=sender=a=b@c "},
    {"no domain", "x DOMAIN", {"a..b", NULL}, "!`a..b` is not a domain"},
    {"no list name", "x NAME", {"a b", NULL}, "!is no name of a list"},
    {"two lines", "x [--note TEXT]", {"--note", "a\nb", NULL}, "!more than one line"},
    {"a state", "x [--state STATE]", {"--state", "held", NULL}, "--state=held "},
    {"no state", "x [--state STATE]", {"--state", "gone", NULL}, "!is not one of"},
    {"a bad hop", "x --route HOPS", {"--route", "a:0", NULL}, "!--route"},
};

static void check_call(size_t i)
{
    struct sentence sentence = {.grammar = calls[i].grammar};
    struct arguments arguments;
    struct str got = STR_EMPTY;
    struct err err = {""};
    char *argv[WORDS_MAX];
    size_t argc = 0;

    for (; calls[i].argv[argc]; argc++)
        argv[argc] = xstrdup(calls[i].argv[argc]);
    if (arguments_parse(&arguments, &sentence, argv, argc, &err) == 0) {
        for (size_t k = 0; k < arguments.count; k++)
            str_printf(&got, "%.*s=%s ", SPAN_ARG(arguments.list[k].name),
                       arguments.list[k].value);
        ck_assert_msg(strcmp(str_cstr(&got), calls[i].want) == 0, "%s: %s", calls[i].name,
                      str_cstr(&got));
        arguments_clear(&arguments);
    } else {
        ck_assert_msg(calls[i].want[0] == '!' && strstr(err.text, calls[i].want + 1), "%s: %s",
                      calls[i].name, err.text);
    }
    while (argc > 0)
        xfree(&argv[--argc]);
    str_clear(&got);
}

START_TEST(calls_are_fitted)
{
    for (size_t i = 0; i < COUNT_OF(calls); i++)
        check_call(i);
}
END_TEST

SUITE_MAIN("ctl/arguments", grammars_are_cut, calls_are_fitted)
