/* release.c - hands a quarantined message to Postfix, once. */
#include <stdio.h>
#include <unistd.h>
#include "base/log.h"
#include "milter/release.h"
#include "milter/releases.h"
#include "milter/smtp.h"
#include "store/quarantine.h"

struct release_job {
    struct gate *gate;
    struct arena *arena;
    /* quarantine_claim, or of a copy */
    int (*claim)(struct quarantine *quarantine, const char *id, struct err *err);
    struct quarantine_entry entry;
    int fd;
    int64_t offset;
    struct release_envelope envelope;
    struct str mark, reply;
    struct smtp *smtp;
};

static bool is_sendable(struct span address)
{
    for (size_t i = 0; i < address.len; i++)
        if ((unsigned char)address.ptr[i] < ' ' || address.ptr[i] == 0x7f)
            return false;
    return address.len < 1000;
}

static bool is_ascii(struct span address)
{
    for (size_t i = 0; i < address.len; i++)
        if ((unsigned char)address.ptr[i] > 0x7e)
            return false;
    return true;
}

static int job_envelope(struct release_job *job, struct err *err)
{
    job->envelope.sender = job->entry.sender;
    job->envelope.recipients = job->entry.recipients;
    job->envelope.recipient_count = job->entry.recipient_count;
    if (job->envelope.recipient_count == 0)
        return err_set(err, "%s has no recipients", job->entry.id);
    for (size_t i = 0; i < job->envelope.recipient_count; i++)
        if (!is_sendable(job->envelope.recipients[i]))
            return err_set(err, "%s has a recipient that cannot be written in SMTP",
                           job->entry.id);
    if (!is_sendable(job->envelope.sender))
        return err_set(err, "%s has a sender that cannot be written in SMTP", job->entry.id);
    return 0;
}

static bool needs_smtputf8(const struct release_envelope *envelope)
{
    bool is_needed = !is_ascii(envelope->sender);

    for (size_t i = 0; i < envelope->recipient_count; i++)
        is_needed = is_needed || !is_ascii(envelope->recipients[i]);
    return is_needed;
}

static int expect(struct smtp *smtp, struct release_job *job, const char *line, int wanted,
                  struct err *err)
{
    int code = smtp_command(smtp, line, &job->reply, err);

    if (code == wanted)
        return 0;
    return code < 0 ? -1 : err_set(err, "%.100s: Postfix said %s", line, str_cstr(&job->reply));
}

static int send_envelope(struct smtp *smtp, struct release_job *job, struct err *err)
{
    struct str line = STR_EMPTY;
    int rc;

    str_printf(&line, "MAIL FROM:<%.*s>%s", SPAN_ARG(job->envelope.sender),
               needs_smtputf8(&job->envelope) ? " SMTPUTF8" : "");
    rc = expect(smtp, job, str_cstr(&line), 250, err);
    for (size_t i = 0; rc == 0 && i < job->envelope.recipient_count; i++) {
        str_reset(&line);
        str_printf(&line, "RCPT TO:<%.*s>", SPAN_ARG(job->envelope.recipients[i]));
        rc = expect(smtp, job, str_cstr(&line), 250, err);
    }
    str_clear(&line);
    return rc == 0 ? expect(smtp, job, "DATA", 354, err) : -1;
}

static int send_message(struct smtp *smtp, struct release_job *job, struct err *err)
{
    uint64_t left = job->entry.message_bytes;
    int64_t at = job->offset;
    char buffer[65536];

    if (smtp_data(smtp, SPAN("X-Postgate-Release: "), err) != 0 ||
        smtp_data(smtp, str_span(&job->mark), err) != 0 ||
        smtp_data(smtp, SPAN("\r\n"), err) != 0)
        return -1;
    while (left > 0) {
        size_t want = left < sizeof buffer ? (size_t)left : sizeof buffer;
        ssize_t got = pread(job->fd, buffer, want, (off_t)at);
        if (got <= 0)
            return err_set(err, "the stored message cannot be read");
        if (smtp_data(smtp, span_from(buffer, (size_t)got), err) != 0)
            return -1;
        at += got;
        left -= (uint64_t)got;
    }
    return 0;
}

/* Everything before the final dot may be tried again; from the final dot on only Postfix knows. */
static enum release_result job_send(struct release_job *job, struct smtp *smtp, struct err *err)
{
    int code;

    if (send_envelope(smtp, job, err) != 0 || send_message(smtp, job, err) != 0)
        return RELEASE_REFUSED;
    if (quarantine_sending(job->gate->quarantine, job->entry.id, err) != 0)
        return RELEASE_REFUSED;
    code = smtp_end_data(smtp, &job->reply, err);
    if (code >= 200 && code < 300)
        return RELEASE_DONE;
    if (code >= 0)
        err_set(err, "Postfix said %s", str_cstr(&job->reply));
    return code >= 400 ? RELEASE_REFUSED : RELEASE_UNKNOWN;
}

static enum release_result job_deliver(struct release_job *job, struct err *err)
{
    struct socket_address address;
    struct release_of of = {.quarantine_id = job->entry.id, .sha256 = job->entry.sha256};
    enum release_result result = RELEASE_REFUSED;
    int path = 0;

    if (socket_address_parse(span_of(job->gate->settings->release_listener), &address, err) !=
        0)
        return RELEASE_REFUSED;
    (void)names_value(path_names, job->entry.path, &path);
    of.path = (enum path)path;
    if (!releases_issue(job->gate->releases, &of, &job->envelope, &job->mark)) {
        err_set(err, "%d releases are under way; try again", RELEASES_MAX);
        return RELEASE_REFUSED;
    }
    job->smtp = smtp_open(&address, err);
    if (job->smtp == NULL)
        err_prefix(err, "release_listener = %s", job->gate->settings->release_listener);
    else
        result = job_send(job, job->smtp, err);
    releases_withdraw(job->gate->releases, job->entry.id);
    return result;
}

static const struct {
    enum release_result result;
    enum quarantine_state state;
    const char *words;
} endings[] = {
    {RELEASE_DONE, QUARANTINE_RELEASED, "released"},
    {RELEASE_REFUSED, QUARANTINE_HELD, "release failed, held again"},
    {RELEASE_UNKNOWN, QUARANTINE_UNKNOWN, "release of unknown outcome"},
};

static void job_settle(struct release_job *job, enum release_result result, const char *user,
                       const struct err *why)
{
    struct str note = STR_EMPTY;
    struct err err;
    size_t row = (size_t)result - 1;

    err_reset(&err);
    str_printf(&note, "%s by %s: %s", endings[row].words, user,
               result == RELEASE_DONE ? str_cstr(&job->reply) : why->text);
    if (quarantine_settle(job->gate->quarantine, job->entry.id, endings[row].state,
                          str_cstr(&note), &err) != 1)
        log_error("quarantine %s: %s, but this could not be noted: %s", job->entry.id,
                  endings[row].words, err.text);
    log_info("quarantine %s: %s", job->entry.id, str_cstr(&note));
    str_clear(&note);
}

/* "250 2.0.0 Ok: queued as 4XYZ" */
static void queue_name(struct str *out, const struct str *reply)
{
    size_t at;

    if (span_find(str_span(reply), SPAN("queued as "), &at))
        str_add(out, span_from(reply->ptr + at + 10, reply->len - at - 10));
}

static enum release_result job_run(struct release_job *job, const char *user,
                                   struct str *queue_r, struct err *err)
{
    enum release_result result;

    if (job->claim(job->gate->quarantine, job->entry.id, err) != 1)
        return RELEASE_REFUSED;
    result = job_deliver(job, err);
    job_settle(job, result, user, err);
    if (result == RELEASE_DONE) {
        queue_name(queue_r, &job->reply);
        (void)smtp_command(job->smtp, "QUIT", NULL,
                           NULL); /* it may take its time: all is noted */
    }
    smtp_close(&job->smtp);
    return result;
}

static enum release_result job_begin(struct release_job *job, struct span id, const char *user,
                                     struct str *queue_r, struct err *err)
{
    enum release_result result = RELEASE_REFUSED;
    int found = quarantine_open_message(job->gate->quarantine, id, job->arena, &job->entry,
                                        &job->fd, &job->offset, err);

    if (found == 1 && job_envelope(job, err) == 0)
        result = job_run(job, user, queue_r, err);
    else if (found == 0)
        err_set(err, "there is no message %.*s in quarantine", SPAN_ARG(id));
    if (job->fd >= 0)
        close(job->fd);
    str_clear(&job->mark);
    str_clear(&job->reply);
    arena_free(&job->arena);
    return result;
}

enum release_result release_message(struct gate *gate, struct span id, const char *user,
                                    struct str *queue_r, struct err *err)
{
    struct release_job job = {
        .gate = gate, .arena = arena_new(), .fd = -1, .claim = quarantine_claim};

    return job_begin(&job, id, user, queue_r, err);
}

enum release_result release_copy(struct gate *gate, struct span id, const char *user,
                                 struct str *queue_r, struct err *err)
{
    struct release_job job = {
        .gate = gate, .arena = arena_new(), .fd = -1, .claim = quarantine_claim_copy};

    return job_begin(&job, id, user, queue_r, err);
}
