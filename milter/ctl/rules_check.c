/* rules_check: `rules check` and `rules test`, without a daemon. */
#include "milter/ctl/nouns.h"
#include "milter/ctl/print.h"
#include "milter/ctl/rules.h"

static void say_counts(const struct ctl *ctl, const struct rules_source *source)
{
    const struct ruleset *rules = source->rules;
    json_t *row;

    ctl_say("%s: %s; %zu rules, %zu lists, %zu tests", source->name,
            source->is_beyond_us ? "written for another version" : "no errors",
            rules->rule_count, rules->list_count, rules->test_count);
    if (!ctl->is_json)
        return;
    row = json_pack("{s:o,s:b,s:I,s:I,s:I}", "file", control_text(span_of(source->name)),
                    "applicable", (int)!source->is_beyond_us, "rules",
                    (json_int_t)rules->rule_count, "lists", (json_int_t)rules->list_count,
                    "tests", (json_int_t)rules->test_count);
    print_json(row);
    json_decref(row);
}

int rules_check_run(struct ctl *ctl, const struct arguments *arguments)
{
    struct rules_source source;
    enum control_exit code = rules_source_read(ctl, arguments_get(arguments, "FILE"), &source);

    if (code == EXIT_OK)
        code = rules_source_check(ctl, &source);
    if (code == EXIT_OK)
        say_counts(ctl, &source);
    rules_source_clear(&source);
    return code;
}

int rules_test_run(struct ctl *ctl, const struct arguments *arguments)
{
    struct rules_source source;
    enum control_exit code = rules_source_read(ctl, arguments_get(arguments, "FILE"), &source);

    if (code == EXIT_OK)
        code = rules_source_check(ctl, &source);
    if (code == EXIT_OK)
        code = rules_source_test(ctl, &source, false);
    rules_source_clear(&source);
    return code;
}
