/* rules_check: `rules check` and `rules test`, without a daemon. */
#include "milter/ctl/nouns.h"
#include "milter/ctl/rules.h"

int rules_check_run(struct ctl *ctl, const struct arguments *arguments)
{
    struct rules_source source;
    enum control_exit code = rules_source_read(ctl, arguments_get(arguments, "FILE"), &source);

    if (code == EXIT_OK)
        code = rules_source_check(ctl, &source);
    if (code == EXIT_OK)
        ctl_say("%s: no errors; %zu rules, %zu lists, %zu tests", source.name,
                source.rules->rule_count, source.rules->list_count, source.rules->test_count);
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
