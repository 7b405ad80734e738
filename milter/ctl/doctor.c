/* doctor: what the gate depends on, tried out one by one. */
#include "milter/ctl/nouns.h"
#include "milter/ctl/print.h"

static const struct column columns[] = {{"STATE", "state", false},
                                        {"SUBJECT", "subject", false},
                                        {"FINDING", "text", false},
                                        {NULL, NULL, false}};

int doctor_run(struct ctl *ctl, const struct arguments *arguments)
{
    struct table table;
    struct control_sink sink = {table_row, NULL, &table};
    struct ctl_question question = {
        .command = "doctor", .role = ROLE_READ, .sink = &sink, .milter_too = true};
    enum control_exit code;

    (void)arguments;
    table_begin(&table, ctl, columns);
    code = ctl_ask(ctl, &question, NULL);
    table_end(&table, NULL);
    return code;
}
