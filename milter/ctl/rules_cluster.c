/* rules_cluster: `rules apply --wait` and `--canary`, `rules canary`. */
#include "milter/ctl/rules_cluster.h"
#include "milter/ctl/nouns.h"
#include "milter/ctl/print.h"

static const struct column columns[] = {{"NODE", "node", false},
                                        {"RULES", "state", false},
                                        {"REVISION", "applied", true},
                                        {"WHY", "why", false},
                                        {NULL, NULL, false}};

enum control_exit rules_wait(struct ctl *ctl, uint64_t revision, uint64_t seconds)
{
    struct table table;
    struct control_sink sink = {table_row, NULL, &table};
    struct ctl_question question = {.command = "rules.wait", .role = ROLE_READ, .sink = &sink};
    enum control_exit code;

    question.args = json_pack("{s:I,s:I}", "revision", (json_int_t)revision, "seconds",
                              (json_int_t)seconds);
    table_begin(&table, ctl, columns);
    code = ctl_ask(ctl, &question, NULL);
    table_end(&table, NULL);
    return code;
}

bool rules_duration(const char *text, uint64_t *seconds_r)
{
    static const struct name_value units[] = {{"s", 1}, {"m", 60}, {"h", 3600}, {NULL, 0}};
    size_t digits = strspn(text, "0123456789");
    int unit;

    if (!names_value(units, span_of(text + digits), &unit) ||
        !span_to_u64(span_from(text, digits), 1000000, seconds_r))
        return false;
    *seconds_r *= (uint64_t)unit;
    return *seconds_r > 0;
}

static struct span give_text(void *ctx)
{
    struct span *left = ctx, piece = *left;

    *left = span_from(NULL, 0);
    return piece;
}

enum control_exit rules_try(struct ctl *ctl, const struct rules_trial *trial)
{
    struct span text = trial->text;
    struct ctl_question question = {.command = "rules.canary-begin",
                                    .role = ROLE_ADMIN,
                                    .body = give_text,
                                    .body_ctx = &text};
    uint64_t seconds;

    question.args =
        json_pack("{s:o,s:I,s:o}", "node", control_text(span_of(trial->node)), "base",
                  (json_int_t)trial->base, "note", control_text(span_of(trial->note)));
    if (trial->duration != NULL && rules_duration(trial->duration, &seconds))
        json_object_set_new(question.args, "for_s", json_integer((json_int_t)seconds));
    return ctl_ask(ctl, &question, NULL);
}

int rules_canary_run(struct ctl *ctl, const struct arguments *arguments)
{
    struct control_sink sink = {print_row, NULL, ctl};
    struct ctl_question question = {
        .command = "rules.canary", .role = ROLE_READ, .sink = &sink};

    if (arguments_has(arguments, "--stop")) {
        question.command = "rules.canary-stop";
        question.role = ROLE_ADMIN;
    }
    return ctl_ask(ctl, &question, NULL);
}
