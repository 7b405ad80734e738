/* explain: a recorded decision, by its code or by Postfix's queue id. */
#include "milter/ctl/nouns.h"
#include "milter/ctl/print.h"

int explain_run(struct ctl *ctl, const struct arguments *arguments)
{
    struct control_sink sink = {print_row, NULL, ctl};
    struct ctl_question question = {
        .command = "explain", .role = ROLE_READ, .sink = &sink, .milter_too = true};

    question.args = json_pack("{s:o}", "what",
                              control_text(span_of(arguments_get(arguments, "CODE|QUEUE-ID"))));
    return ctl_ask(ctl, &question, NULL);
}
