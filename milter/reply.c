/* reply.c - from answer to libmilter's reply text and status. */
#include <stdio.h>
#include "base/log.h"
#include "base/str.h"
#include "milter/reply.h"

/* libmilter takes the text for a format: '%' must be doubled. */
static void double_percent(struct str *out, const char *text)
{
    for (; *text != '\0'; text++) {
        str_addc(out, *text);
        if (*text == '%')
            str_addc(out, '%');
    }
}

static void reply_text(SMFICTX *ctx, const struct answer *answer)
{
    struct str text = STR_EMPTY;
    char smtp[8], dsn[12];

    snprintf(smtp, sizeof smtp, "%d", answer->smtp);
    snprintf(dsn, sizeof dsn, "%s", answer->dsn);
    double_percent(&text, answer->text);
    if (smfi_setreply(ctx, smtp, dsn, text.ptr) != MI_SUCCESS)
        log_error("libmilter refused the reply %s %s %s", smtp, dsn, answer->text);
    str_clear(&text);
}

sfsistat reply_send(SMFICTX *ctx, const struct answer *answer)
{
    switch (answer->kind) {
    case ANSWER_REJECT:
        reply_text(ctx, answer);
        return SMFIS_REJECT;
    case ANSWER_DEFER:
        reply_text(ctx, answer);
        return SMFIS_TEMPFAIL;
    case ANSWER_DISCARD:
        return SMFIS_DISCARD;
    case ANSWER_HOLD:
    case ANSWER_CONTINUE:
        break;
    }
    return SMFIS_CONTINUE;
}

sfsistat reply_end(SMFICTX *ctx, const struct answer *answer)
{
    char reason[ANSWER_TEXT_MAX + 1];

    if (answer->kind == ANSWER_HOLD) {
        snprintf(reason, sizeof reason, "%s", answer->text);
        if (smfi_quarantine(ctx, reason) != MI_SUCCESS)
            return SMFIS_TEMPFAIL;
    }
    if (answer->kind == ANSWER_CONTINUE || answer->kind == ANSWER_HOLD)
        return SMFIS_ACCEPT;
    return reply_send(ctx, answer);
}
