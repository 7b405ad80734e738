/* answer.c - writes an outcome as an answer of the policy protocol. */
#include "base/sinks.h"
#include "engine/drain.h"
#include "mail/dsn.h"
#include "policyd/answer.h"

struct answering;
static void add_permit(struct str *out, const struct answering *a);
static void add_reply(struct str *out, const struct answering *a);

static const struct answer_row {
    enum disposition disposition;
    const char *word; /* the whole answer, or NULL: add */
    void (*add)(struct str *out, const struct answering *a);
    const char *status, *text; /* when the rule gives none */
} answers[] = {
    {DISPOSITION_PASS, "DUNNO", NULL, NULL, NULL},
    {DISPOSITION_PERMIT, NULL, add_permit, NULL, NULL},
    {DISPOSITION_VERIFY, "reject_unverified_recipient", NULL, NULL, NULL},
    {DISPOSITION_REJECT, NULL, add_reply, "5.7.1", "refused"},
    {DISPOSITION_DEFER, NULL, add_reply, "4.7.1", "try again later"},
};
#define ANSWER_COUNT (sizeof answers / sizeof answers[0])

struct answering {
    const struct answer_row *row;
    const struct outcome *outcome;
    const struct facts_view *facts;
    struct span code;
};

static bool may_relay(const struct facts_view *facts)
{
    const struct fact *path = facts_view_get(facts, FACT_PATH);
    const struct fact *routed = facts_view_get(facts, FACT_RECIPIENT_ROUTED);

    if (path->state != FACT_VALUE || routed->state != FACT_VALUE ||
        routed->values[0].number != 0)
        return false;
    return path->values[0].number == PATH_STAGING;
}

static void add_permit(struct str *out, const struct answering *a)
{
    str_adds(out, may_relay(a->facts) ? "OK" : "DUNNO");
}

/* "550 5.7.1 text [CODE]". What the rule says goes through the sink once more: nothing may end the line early. */
static void add_coded(struct str *out, const char *status, struct span text, struct span code)
{
    struct str line = STR_EMPTY;
    struct dsn dsn;

    str_printf(&line, "%s ", status);
    sink_reply(&line, text, ANSWER_MAX_TEXT);
    if (dsn_parse(str_span(&line), 0, &dsn, NULL) == 0)
        str_printf(out, "%d ", dsn.smtp_code);
    else
        str_adds(out, "451 4.3.0 ");
    str_add(out, str_span(&line));
    if (code.len > 0)
        str_printf(out, " [%.*s]", SPAN_ARG(code));
    str_clear(&line);
}

static void add_reply(struct str *out, const struct answering *a)
{
    const struct outcome *outcome = a->outcome;
    struct span text = span_trim(outcome->text);

    add_coded(out, outcome->code[0] != '\0' ? outcome->code : a->row->status,
              text.len > 0 ? text : span_of(a->row->text), a->code);
}

void answer_dunno(struct str *out)
{
    str_adds(out, "action=DUNNO\n\n");
}

void answer_later(struct str *out, const char *text)
{
    str_adds(out, "action=");
    add_coded(out, "4.3.0", span_of(text), SPAN(""));
    str_adds(out, "\n\n");
}

void answer_drained(struct str *out)
{
    str_printf(out, "action=%d %s %s\n\n", DRAIN_SMTP, DRAIN_DSN, DRAIN_TEXT);
}

static const struct answer_row *row_of(enum disposition disposition)
{
    for (size_t i = 0; i < ANSWER_COUNT; i++) {
        if (answers[i].disposition == disposition)
            return &answers[i];
    }
    return NULL;
}

void answer_write(struct str *out, const struct outcome *outcome,
                  const struct facts_view *facts, struct span code)
{
    struct answering a = {row_of(outcome->disposition), outcome, facts, code};

    if (a.row == NULL) {
        answer_later(out, "the rules gave no answer that fits here");
        return;
    }
    str_adds(out, "action=");
    if (a.row->word != NULL)
        str_adds(out, a.row->word);
    else
        a.row->add(out, &a);
    str_adds(out, "\n\n");
}
