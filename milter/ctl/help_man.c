/* help_man: milter-ctl.8 and the completion for bash, printed from the table of sentences. */
#include "milter/ctl/arguments.h"
#include "milter/ctl/help.h"

static const char man_head[] =
    ".TH MILTER\\-CTL 8 \"\" \"Postgate\" \"Postgate\"\n"
    ".SH NAME\nmilter\\-ctl \\- look after Postgate: rules, lists, domains, quarantine, "
    "decisions\n"
    ".SH SYNOPSIS\n.B milter\\-ctl\n.RB [ \\-c\n.IR FILE ]\n.RB [ \\-\\-json ]\n.I SENTENCE\n"
    ".SH DESCRIPTION\n"
    "What is said to\n.B milter\\-ctl\nis a sentence: a thing, what to do with it, and with "
    "what. It asks\n"
    ".BR postgate\\-policyd (8)\nover the sockets in the setting\n.BR control_dir ,\n"
    "which asks\n.BR postgate\\-milter (8)\nfor what is the milter's.\n"
    ".BR \"rules check\" ,\n.BR \"rules test\" ,\n.B facts\nand\n.B config\nneed no daemon.\n"
    ".PP\n"
    "Data goes to standard output, messages to standard error. What came from outside is "
    "escaped on a terminal.\n"
    "Who may say what is decided by groups: members of\n.B postgate\\-read\nlook, those of\n"
    ".B postgate\\-operate\nalso change lists and see and release what is in quarantine, "
    "those of\n.B postgate\\-admin\nalso change rules and domains; root may say everything.\n"
    ".SH OPTIONS\n"
    ".TP\n.BI \\-c \" FILE\"\nSettings, instead of /etc/postgate/postgate.cf.\n"
    ".TP\n.B \\-\\-json\nOne JSON object a line, ASCII, each with \"v\": 1, the version of "
    "their shape.\n"
    ".TP\n.B \\-\\-help\nHelp, also on a sentence that is begun.\n"
    ".TP\n.B \\-\\-\nWhat follows is no option.\n";

static const char man_tail[] =
    ".SH \"EXIT STATUS\"\n"
    ".TP\n.B 0\nDone.\n.TP\n.B 1\nDiffers, or degraded.\n.TP\n.B 2\nNo such sentence, or "
    "something is missing in it.\n"
    ".TP\n.B 3\nInvalid input; nothing was changed.\n.TP\n.B 4\nThe daemon, or "
    "Redis, cannot be reached; nothing was changed.\n"
    ".TP\n.B 5\nDone in part, or it cannot be known whether it was.\n"
    ".SH FILES\n/etc/postgate/postgate.cf, /etc/postgate/rules, /run/postgate/policyd.read, "
    ".operate, .admin\n"
    ".SH ENVIRONMENT\n.TP\n.B NO_COLOR\nNo colours, also on a terminal.\n"
    ".SH \"SEE ALSO\"\n.BR postgate.cf (5),\n.BR postgate\\-rules (5),\n.BR postgate\\-milter "
    "(8),\n.BR postgate\\-policyd (8)\n";

static void add_roff(struct str *out, struct span text)
{
    if (text.len > 0 && (text.ptr[0] == '.' || text.ptr[0] == '\''))
        str_adds(out, "\\&");
    for (size_t i = 0; i < text.len; i++) {
        if (text.ptr[i] == '-' || text.ptr[i] == '\\')
            str_addc(out, '\\');
        str_addc(out, text.ptr[i] == '\\' ? 'e' : text.ptr[i]);
    }
}

/* A grammar with its words bold and its parameters in italics. */
static void add_grammar(struct str *out, const char *grammar)
{
    struct span rest = span_of(grammar), word;
    bool is_first = true;

    str_adds(out, ".TP\n");
    while (span_cut(&rest, ' ', &word)) {
        const char *bare = word.ptr + strspn(word.ptr, "[");

        str_adds(out, is_first ? "" : " ");
        str_adds(out, *bare >= 'A' && *bare <= 'Z' ? "\\fI" : "\\fB");
        add_roff(out, word);
        str_adds(out, "\\fR");
        is_first = false;
    }
    str_addc(out, '\n');
}

static void add_sentence(struct str *out, const struct sentence *sentence)
{
    add_grammar(out, sentence->grammar);
    str_addc(out, (char)(sentence->help[0] >= 'a' && sentence->help[0] <= 'z'
                             ? sentence->help[0] - 32
                             : sentence->help[0]));
    add_roff(out, span_of(sentence->help + 1));
    str_adds(out, ".\n");
    if (sentence->detail) {
        add_roff(out, span_of(sentence->detail));
        str_addc(out, '\n');
    }
}

void help_man(struct str *out)
{
    str_adds(out, man_head);
    str_adds(out, ".SH SENTENCES\n");
    for (const struct sentence *s = sentences; s->grammar; s++)
        add_sentence(out, s);
    str_adds(out, ".SH PARAMETERS\n");
    for (const struct parameter *p = parameters; p->name; p++) {
        add_grammar(out, p->name);
        str_addc(out,
                 (char)(p->help[0] >= 'a' && p->help[0] <= 'z' ? p->help[0] - 32 : p->help[0]));
        add_roff(out, span_of(p->help + 1));
        str_adds(out, ".\n");
    }
    str_adds(out, man_tail);
}

static const char completion_head[] =
    "# Completion of milter-ctl for bash; printed by `milter-ctl help --completion` from its "
    "table of sentences.\n"
    "_milter_ctl()\n{\n"
    "    local current=${COMP_WORDS[COMP_CWORD]} said=\"\" word i\n"
    "    for ((i = 1; i < COMP_CWORD; i++)); do\n"
    "        word=${COMP_WORDS[i]}\n"
    "        if [[ $word == -c ]]; then ((i++)); elif [[ $word != -* ]]; then said+=\"$word "
    "\"; fi\n"
    "    done\n"
    "    case $said in\n";

static const char completion_tail[] = "    esac\n"
                                      "    [[ ${#COMPREPLY[@]} -gt 0 || $current == -* ]] || "
                                      "COMPREPLY=($(compgen -f -- \"$current\"))\n"
                                      "}\n"
                                      "complete -o filenames -F _milter_ctl milter-ctl\n";

static void add_case(struct str *out, struct span said, bool is_prefix, struct span words)
{
    if (words.len == 0)
        return;
    str_adds(out, "    \"");
    str_add(out, said);
    str_printf(out, "\"%s) COMPREPLY=($(compgen -W \"", is_prefix ? "*" : "");
    str_add(out, words);
    str_adds(out, "\" -- \"$current\")) ;;\n");
}

/* All first words, each once; with a noun, its verbs. */
static void collect_words(struct str *words, struct span noun)
{
    struct slot slots[SLOTS_MAX];
    struct span last = SPAN("");

    for (const struct sentence *s = sentences; s->grammar; s++) {
        size_t count = sentence_slots(s, slots), at = noun.len > 0;

        if (at >= count || slots[at].kind != SLOT_WORD ||
            (at == 1 && !span_equal(slots[0].name, noun)) || span_equal(slots[at].name, last))
            continue;
        last = slots[at].name;
        str_adds(words, words->len > 0 ? " " : "");
        str_add(words, last);
    }
}

static void add_options_case(struct str *out, const struct sentence *sentence)
{
    struct slot slots[SLOTS_MAX];
    struct str said = STR_EMPTY, options = STR_EMPTY;
    size_t count = sentence_slots(sentence, slots);

    for (size_t i = 0; i < count; i++) {
        struct str *where = slots[i].kind == SLOT_WORD ? &said : &options;

        if (slots[i].kind == SLOT_PARAMETER)
            continue;
        str_add(where, slots[i].name);
        str_addc(where, ' ');
    }
    add_case(out, str_span(&said), true, span_trim(str_span(&options)));
    str_clear(&said);
    str_clear(&options);
}

static void add_nouns(struct str *out)
{
    struct slot slots[SLOTS_MAX];
    struct str said = STR_EMPTY, words = STR_EMPTY;
    struct span last = SPAN("");

    for (const struct sentence *s = sentences; s->grammar; s++) {
        sentence_slots(s, slots);
        if (span_equal(slots[0].name, last))
            continue;
        last = slots[0].name;
        str_reset(&said);
        str_reset(&words);
        str_add(&said, last);
        str_addc(&said, ' ');
        collect_words(&words, last);
        add_case(out, str_span(&said), false, str_span(&words));
    }
    str_clear(&said);
    str_clear(&words);
}

void help_completion(struct str *out)
{
    struct str words = STR_EMPTY;

    str_adds(out, completion_head);
    collect_words(&words, SPAN(""));
    str_adds(&words, " -c --json --help");
    add_case(out, SPAN(""), false, str_span(&words));
    add_nouns(out);
    for (const struct sentence *s = sentences; s->grammar; s++)
        add_options_case(out, s);
    str_adds(out, completion_tail);
    str_clear(&words);
}
