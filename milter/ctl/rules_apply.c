/* rules_apply: `rules diff` and `rules apply`: what would change, and the change. */
#include <stdio.h>
#include "milter/ctl/diff.h"
#include "milter/ctl/nouns.h"
#include "milter/ctl/print.h"
#include "milter/ctl/rules.h"
#include "milter/ctl/rules_cluster.h"

/* One side of a difference: a revision or a file. */
struct side {
    char name[300];
    struct fetched revision;
    struct rules_source source;
};

static struct span side_text(const struct side *side)
{
    return side->source.text.ptr ? str_span(&side->source.text)
                                 : str_span(&side->revision.text);
}

static enum control_exit load_revision(const struct ctl *ctl, uint64_t number,
                                       struct side *side)
{
    enum control_exit code = fetched_get(ctl, number, &side->revision);

    if (!side->revision.row)
        snprintf(side->name, sizeof(side->name), "nothing in force");
    else
        snprintf(side->name, sizeof(side->name), "revision %llu%s",
                 (unsigned long long)fetched_number(&side->revision),
                 number == 0 ? " (in force)" : "");
    return code;
}

static enum control_exit load_file(struct ctl *ctl, const char *path, struct side *side)
{
    enum control_exit code = rules_source_read(ctl, path, &side->source);

    snprintf(side->name, sizeof(side->name), "%.290s", side->source.name);
    return code;
}

static void side_clear(struct side *side)
{
    fetched_clear(&side->revision);
    rules_source_clear(&side->source);
}

static bool is_number(const char *text, uint64_t *number_r)
{
    return text && span_to_u64(span_of(text), INT64_MAX, number_r);
}

/* rules diff [FILE|N] [N]: what stands for which side is told in the table of sentences. */
static enum control_exit load_sides(struct ctl *ctl, const struct arguments *arguments,
                                    struct side *from, struct side *to)
{
    const char *first = arguments_get(arguments, "FILE|N"),
               *second = arguments_get(arguments, "N");
    uint64_t a = 0, b = 0;
    bool first_is_number = is_number(first, &a);
    enum control_exit code;

    is_number(second, &b);
    code = load_revision(ctl, first_is_number ? a : b, from);
    if (code != EXIT_OK)
        return code;
    return first_is_number ? load_revision(ctl, b, to) : load_file(ctl, first, to);
}

static enum colour change_colour(struct span line)
{
    if (span_starts(line, SPAN("-")))
        return COLOUR_RED;
    return span_starts(line, SPAN("+")) ? COLOUR_GREEN : COLOUR_NONE;
}

/* True when they differ. */
static bool print_difference(const struct ctl *ctl, const struct side *from,
                             const struct side *to)
{
    struct str out = STR_EMPTY;
    bool differs = diff_print(&out, side_text(from), side_text(to), from->name, to->name);
    json_t *row;

    if (ctl->is_json) {
        row = json_pack("{s:s,s:o,s:b,s:o}", "from", from->name, "to",
                        control_text(span_of(to->name)), "differs", (int)differs, "difference",
                        control_text(str_span(&out)));
        print_json(row);
        json_decref(row);
    } else {
        print_coloured(ctl, str_span(&out), change_colour);
    }
    str_clear(&out);
    return differs;
}

int rules_diff_run(struct ctl *ctl, const struct arguments *arguments)
{
    struct side from = {0}, to = {0};
    enum control_exit code = load_sides(ctl, arguments, &from, &to);

    if (code == EXIT_OK && print_difference(ctl, &from, &to))
        code = EXIT_DIFFERS;
    side_clear(&from);
    side_clear(&to);
    return code;
}

static struct span give_text(void *ctx)
{
    struct span *left = ctx, piece = *left;

    *left = span_from(NULL, 0);
    return piece;
}

struct publishing {
    const struct ctl *ctl;
    uint64_t revision; /* the new one; 0: none yet */
};

/* policyd checks again; what it finds and we did not is worth showing. */
static void take_answer(void *ctx, json_t *row)
{
    static const char *const texts[] = {"problems", "failures"};
    struct publishing *publishing = ctx;
    const struct ctl *ctl = publishing->ctl;
    json_t *revision = json_object_get(row, "revision");

    if (json_is_integer(revision))
        publishing->revision = (uint64_t)json_integer_value(revision);
    if (ctl->is_json)
        print_json(row);
    for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]) && !ctl->is_json; i++) {
        json_t *text = json_object_get(row, texts[i]);

        if (json_is_string(text))
            ctl_say_lines(span_of(json_string_value(text)));
    }
}

/* Somebody else was first: what that changed. */
static void show_first(struct ctl *ctl, const struct side *from)
{
    struct side now = {0};

    if (load_revision(ctl, 0, &now) == EXIT_OK && now.revision.row &&
        fetched_number(&now.revision) != fetched_number(&from->revision)) {
        ctl_say("what was changed meanwhile:");
        print_difference(ctl, from, &now);
    }
    side_clear(&now);
}

static enum control_exit publish(struct ctl *ctl, const struct side *from,
                                 const struct side *to, const struct arguments *arguments)
{
    struct publishing publishing = {ctl, 0};
    struct control_sink sink = {take_answer, NULL, &publishing};
    struct span text = side_text(to);
    struct ctl_question question = {.command = "rules.apply",
                                    .role = ROLE_ADMIN,
                                    .body = give_text,
                                    .body_ctx = &text,
                                    .sink = &sink};
    const char *timeout = arguments_get(arguments, "--timeout");
    uint64_t seconds = RULES_WAIT_S;
    enum control_exit code;

    question.args = json_pack("{s:o,s:I}", "note",
                              control_text(span_of(arguments_get(arguments, "--note"))), "base",
                              (json_int_t)fetched_number(&from->revision));
    code = ctl_ask(ctl, &question, NULL);
    if (code == EXIT_DIFFERS)
        show_first(ctl, from);
    if (code != EXIT_OK || !arguments_has(arguments, "--wait"))
        return code;
    if (timeout != NULL)
        rules_duration(timeout, &seconds);
    return rules_wait(ctl, publishing.revision, seconds);
}

static enum control_exit try_first(struct ctl *ctl, const struct side *from,
                                   const struct side *to, const struct arguments *arguments)
{
    const struct rules_trial trial = {.node = arguments_get(arguments, "--canary"),
                                      .duration = arguments_get(arguments, "--for"),
                                      .note = arguments_get(arguments, "--note"),
                                      .base = fetched_number(&from->revision),
                                      .text = side_text(to)};

    return rules_try(ctl, &trial);
}

static enum control_exit check(struct ctl *ctl, struct side *to)
{
    enum control_exit code = rules_source_check(ctl, &to->source);

    if (code == EXIT_OK && to->source.is_beyond_us)
        return EXIT_INVALID;
    return code == EXIT_OK ? rules_source_test(ctl, &to->source, true) : code;
}

int rules_apply_run(struct ctl *ctl, const struct arguments *arguments)
{
    struct side from = {0}, to = {0};
    enum control_exit code = load_file(ctl, arguments_get(arguments, "FILE"), &to);

    if (code == EXIT_OK)
        code = check(ctl, &to);
    if (code == EXIT_OK)
        code = load_revision(ctl, 0, &from);
    if (code == EXIT_OK && !print_difference(ctl, &from, &to) && from.revision.row)
        ctl_say("%s is this very text; nothing was changed", from.name);
    else if (code == EXIT_OK)
        code = arguments_has(arguments, "--canary") ? try_first(ctl, &from, &to, arguments)
                                                    : publish(ctl, &from, &to, arguments);
    side_clear(&from);
    side_clear(&to);
    return code;
}
