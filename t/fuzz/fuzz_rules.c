/* fuzz_rules: any bytes as a rules file; it compiles, or says what is wrong, and the printed words are plain text. */
#include <stdlib.h>

#include "rules/ruleset.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* Only line ends among the controls: what comes in cannot break a terminal. */
static void check_plain(struct span text)
{
    for (size_t i = 0; i < text.len; i++)
        if ((unsigned char)text.ptr[i] < ' ' && text.ptr[i] != '\n')
            abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct problems problems = {.arena = NULL};
    struct str out = STR_EMPTY;
    struct ruleset *rules = ruleset_compile(span_from(data, size), "f", &problems);

    if ((rules == NULL) != (problems.errors > 0))
        abort();
    if (rules != NULL)
        ruleset_is_applicable(rules, &problems);
    problems_print(&out, &problems);
    check_plain(str_span(&out));
    ruleset_unpin(&rules);
    problems_clear(&problems);
    str_clear(&out);
    return 0;
}
