/* dmarc_report_send.c - from <>, so that nothing ever comes back of it. */
#include <stdio.h>
#include "base/hash.h"
#include "milter/dmarc_report_send.h"
#include "milter/releases.h"
#include "milter/smtp.h"

#define MARK_ID 32

struct sending {
    struct gate *gate;
    const struct report_letter *letter;
    struct sent *sent;
    struct str *refused;
    struct smtp *smtp;
    struct span taken[REPORT_TARGETS]; /* recipients that Postfix took */
    size_t taken_count;
    char id[MARK_ID]; /* of the mark */
    struct str mark, reply;
};

static int say(struct sending *s, const char *line, int wanted, struct err *err)
{
    int code = smtp_command(s->smtp, line, &s->reply, err);

    if (code == wanted)
        return 0;
    return code < 0 ? -1 : err_set(err, "%.100s: Postfix said %s", line, str_cstr(&s->reply));
}

/* 0 also when it was refused; -1: the connection failed. */
static int add_recipient(struct sending *s, struct span address, struct err *err)
{
    struct str line = STR_EMPTY;
    int code;

    str_printf(&line, "RCPT TO:<%.*s>", SPAN_ARG(address));
    code = smtp_command(s->smtp, str_cstr(&line), &s->reply, err);
    str_clear(&line);
    if (code == 250)
        s->taken[s->taken_count++] = address;
    else if (code >= 0)
        str_printf(s->refused, "%s%.*s: Postfix said %s", s->refused->len > 0 ? "; " : "",
                   SPAN_ARG(address), str_cstr(&s->reply));
    return code < 0 ? -1 : 0;
}

static int send_envelope(struct sending *s, struct err *err)
{
    if (say(s, "MAIL FROM:<>", 250, err) != 0)
        return -1;
    for (size_t i = 0; i < s->letter->target_count && i < REPORT_TARGETS; i++)
        if (add_recipient(s, s->letter->targets[i].address, err) != 0)
            return -1;
    if (s->taken_count == 0)
        return err_set(err, "Postfix took no recipient");
    return say(s, "DATA", 354, err);
}

/* Binds those recipients that were taken, and each byte. The trace mark says proxy: that is where it would come back. */
static int make_mark(struct sending *s, struct err *err)
{
    const struct release_envelope envelope = {
        .sender = SPAN(""), .recipients = s->taken, .recipient_count = s->taken_count};
    char sha256[HASH_SHA256_HEX];
    struct release_of of = {
        .quarantine_id = s->id, .sha256 = sha256, .path = PATH_PROXY, .is_ours = true};
    uint64_t nonce;

    hash_random(&nonce, sizeof nonce);
    snprintf(s->id, sizeof s->id, "report-%016llx", (unsigned long long)nonce);
    hash_sha256_hex(s->letter->message, sha256);
    if (releases_issue(s->gate->releases, &of, &envelope, &s->mark))
        return 0;
    s->id[0] = '\0';
    return err_set(err, "%d releases are under way; try again", RELEASES_MAX);
}

static int send_text(struct sending *s, struct err *err)
{
    if (smtp_data(s->smtp, SPAN("X-Postgate-Release: "), err) != 0 ||
        smtp_data(s->smtp, str_span(&s->mark), err) != 0 ||
        smtp_data(s->smtp, SPAN("\r\n"), err) != 0)
        return -1;
    return smtp_data(s->smtp, s->letter->message, err);
}

/* "250 2.0.0 Ok: queued as 4XYZ" */
static const char *queue_of(const struct str *reply)
{
    const char *at = strstr(str_cstr(reply), "queued as ");

    return at != NULL ? at + 10 : "-";
}

static void note(struct sending *s, enum report_sent state, const char *queue, struct err *err)
{
    struct err why;

    if (sent_note(s->sent, state, s->letter->domain, queue, &why) != 0)
        err_set(err, "%s", why.text);
}

static enum report_outcome end_text(struct sending *s, struct err *err)
{
    int code;

    if (sent_note(s->sent, REPORT_SENDING, s->letter->domain, "-", err) != 0)
        return REPORT_FAILED;
    code = smtp_end_data(s->smtp, &s->reply, err);
    if (code >= 200 && code < 300) {
        note(s, REPORT_SENT, queue_of(&s->reply), err);
        return REPORT_DONE;
    }
    if (code < 400)
        return REPORT_UNKNOWN;
    err_set(err, "Postfix said %s", str_cstr(&s->reply));
    note(s, REPORT_NOT_SENT, "-", err);
    return REPORT_FAILED;
}

static enum report_outcome deliver(struct sending *s, struct err *err)
{
    enum report_outcome outcome = REPORT_FAILED;

    if (send_envelope(s, err) == 0 && make_mark(s, err) == 0 && send_text(s, err) == 0)
        outcome = end_text(s, err);
    if (s->id[0] != '\0')
        releases_withdraw(s->gate->releases, s->id);
    if (outcome == REPORT_DONE)
        (void)smtp_command(s->smtp, "QUIT", NULL, NULL); /* all is noted */
    return outcome;
}

enum report_outcome report_send(struct gate *gate, const struct report_letter *letter,
                                struct sent *sent, struct str *refused, struct err *err)
{
    struct sending s = {.gate = gate, .letter = letter, .sent = sent, .refused = refused};
    enum report_outcome outcome = REPORT_FAILED;
    struct socket_address address;

    if (socket_address_parse(span_of(gate->settings->release_listener), &address, err) != 0)
        return REPORT_FAILED;
    s.smtp = smtp_open(&address, err);
    if (s.smtp == NULL)
        err_prefix(err, "release_listener = %s", gate->settings->release_listener);
    else
        outcome = deliver(&s, err);
    smtp_close(&s.smtp);
    str_clear(&s.mark);
    str_clear(&s.reply);
    return outcome;
}
