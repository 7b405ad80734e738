/* answer.c - from disposition to what the MTA is told. */
#include <stdio.h>
#include "base/sinks.h"
#include "mail/dsn.h"
#include "milter/answer.h"

#define CODE_ROOM 24 /* " [M7K2-9QF4-T3WX]" */

static const struct {
    enum disposition disposition;
    enum answer_kind kind;
    const char *dsn; /* when the rule gave none */
    const char *text;
} answers[] = {
    {DISPOSITION_DELIVER, ANSWER_CONTINUE, "", ""},
    {DISPOSITION_REJECT, ANSWER_REJECT, "5.7.1", "rejected by policy"},
    {DISPOSITION_DEFER, ANSWER_DEFER, "4.7.1", "deferred by policy"},
    {DISPOSITION_DISCARD, ANSWER_DISCARD, "", ""},
    {DISPOSITION_QUARANTINE, ANSWER_DISCARD, "",
     ""}, /* kept durably before; 250 and nothing delivered */
    {DISPOSITION_HOLD, ANSWER_HOLD, "", "held by policy"},
};

void answer_continue(struct answer *answer)
{
    *answer = (struct answer){.kind = ANSWER_CONTINUE};
}

static int default_smtp(const char *dsn)
{
    struct str reply = STR_EMPTY;
    struct dsn parsed = {.smtp_code = 451};

    str_printf(&reply, "%s x", dsn);
    (void)dsn_parse(str_span(&reply), 0, &parsed, NULL);
    str_clear(&reply);
    return parsed.smtp_code;
}

void answer_refuse(struct answer *answer, int smtp, const char *dsn, const char *text,
                   const char *decision_code)
{
    struct str safe = STR_EMPTY;

    *answer = (struct answer){.kind = dsn[0] == '5' ? ANSWER_REJECT : ANSWER_DEFER};
    answer->smtp = smtp != 0 ? smtp : default_smtp(dsn);
    snprintf(answer->dsn, sizeof answer->dsn, "%s", dsn);
    sink_reply(&safe, span_of(text), ANSWER_TEXT_MAX - CODE_ROOM);
    if (decision_code[0] != '\0')
        str_printf(&safe, " [%s]", decision_code);
    snprintf(answer->text, sizeof answer->text, "%s", str_cstr(&safe));
    str_clear(&safe);
}

void answer_outcome(struct answer *answer, enum disposition disposition,
                    const struct outcome *outcome, const char *decision_code)
{
    bool says_itself = outcome != NULL && outcome->code[0] != '\0';
    size_t row = 0;

    while (row + 1 < sizeof answers / sizeof *answers &&
           answers[row].disposition != disposition)
        row++;
    if (answers[row].kind == ANSWER_REJECT || answers[row].kind == ANSWER_DEFER) {
        const char *text = says_itself ? outcome->text.ptr : answers[row].text;
        answer_refuse(answer, 0, says_itself ? outcome->code : answers[row].dsn, text,
                      decision_code);
        return;
    }
    *answer = (struct answer){.kind = answers[row].kind};
    if (answers[row].text[0] != '\0' && decision_code[0] != '\0')
        snprintf(answer->text, sizeof answer->text, "%s [%s]", answers[row].text,
                 decision_code);
}
