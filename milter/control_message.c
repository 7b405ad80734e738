/* control_message.c - message.test: a message taken through the real journey, with nothing carried out. */
#include "control/decision_row.h"
#include "milter/control.h"
#include "milter/transaction.h"
#include "rules/explain.h"

#define TEST_MAX_BYTES    (64 * 1024 * 1024)
#define TEST_HEADER_LIMIT 102400

struct trial {
    struct control_call *call;
    struct session *session;
    struct transaction *transaction;
    struct str body; /* as sent by the administrator */
    struct answer answer;
};

static int trial_session(struct trial *trial, struct err *err)
{
    struct span client = control_argument(trial->call, "client");
    struct span path = control_argument(trial->call, "path");
    struct span user = control_argument(trial->call, "auth_user");
    int path_value = PATH_PROXY;
    struct ip ip;

    if (!ip_parse(client.len > 0 ? client : SPAN("192.0.2.1"), &ip))
        return err_set(err, "client: %.*s is not an address; write one like 192.0.2.1",
                       SPAN_ARG(client));
    if (path.len > 0 && !names_value(path_names, path, &path_value))
        return err_set(err, "path: %.*s is none; write proxy, staging, submission or local",
                       SPAN_ARG(path));
    trial->session = session_new(milter_control_gate(), &ip);
    trial->session->is_trial = true;
    trial->session->path = path_value == PATH_RELEASE ? PATH_PROXY : (enum path)path_value;
    session_helo(trial->session, control_argument(trial->call, "helo"));
    facts_set_absent(trial->session->facts, FACT_CLIENT_NAME);
    facts_set_absent(trial->session->facts, FACT_CLIENT_REVERSE_NAME);
    facts_set_absent(trial->session->facts, FACT_LISTENER_IP);
    facts_set_absent(trial->session->facts, FACT_LISTENER_PORT);
    facts_set_absent(trial->session->facts, FACT_AUTH_METHOD);
    facts_set_absent(trial->session->facts, FACT_AUTH_USER);
    if (user.len > 0)
        facts_set_text(trial->session->facts, FACT_AUTH_USER, user);
    return 0;
}

static int trial_recipients(struct trial *trial, struct err *err)
{
    json_t *recipients = json_object_get(trial->call->args, "recipients");
    size_t count = json_array_size(recipients);

    if (recipients != NULL && !json_is_array(recipients))
        return err_set(err, "recipients: must be a list of texts, as [\"a@example.com\"]");
    for (size_t i = 0; i < count; i++) {
        const char *recipient = json_string_value(json_array_get(recipients, i));
        if (recipient == NULL)
            return err_set(err, "recipients: each must be a text");
        transaction_rcpt(trial->transaction, (struct smtp_path){recipient, NULL},
                         &trial->answer);
        if (trial->answer.kind != ANSWER_CONTINUE)
            return 0; /* that is the answer */
    }
    if (count == 0)
        transaction_rcpt(trial->transaction,
                         (struct smtp_path){"<postmaster@example.com>", NULL}, &trial->answer);
    return 0;
}

static int trial_body(struct trial *trial, struct err *err)
{
    struct span bytes;
    int rc;

    while ((rc = control_body(trial->call, &bytes, err)) == 1) {
        if (trial->body.len + bytes.len > TEST_MAX_BYTES)
            return err_set(err, "the message is larger than %d MB", TEST_MAX_BYTES >> 20);
        str_add(&trial->body, bytes);
    }
    return rc;
}

/* A line with what continues it, without its end; as Postfix gives fields: name, and value with inner line ends. */
static struct span take_field(struct span *rest)
{
    size_t at = 0;

    while (at < rest->len) {
        const char *end = memchr(rest->ptr + at, '\n', rest->len - at);
        at = end == NULL ? rest->len : (size_t)(end - rest->ptr) + 1;
        if (at >= rest->len || (rest->ptr[at] != ' ' && rest->ptr[at] != '\t'))
            break;
    }
    struct span field = span_from(rest->ptr, at);
    *rest = span_skip(*rest, at);
    while (field.len > 0 &&
           (field.ptr[field.len - 1] == '\n' || field.ptr[field.len - 1] == '\r'))
        field.len--;
    return field;
}

static void send_lines(struct transaction *t, struct span text)
{
    struct span line;

    while (text.len > 0 && span_cut(&text, '\n', &line)) {
        if (line.len > 0 && line.ptr[line.len - 1] == '\r')
            line.len--;
        transaction_body(t, line);
        transaction_body(t, SPAN("\r\n"));
    }
}

static void trial_message(struct trial *trial)
{
    struct span rest = str_span(&trial->body);

    while (rest.len > 0) {
        struct span before = rest, field = take_field(&rest);
        const char *colon = memchr(field.ptr, ':', field.len);
        if (field.len == 0)
            break;
        if (colon == NULL || field.len > TEST_HEADER_LIMIT) {
            rest = before; /* no header field: here the body begins */
            break;
        }
        size_t name = (size_t)(colon - field.ptr);
        transaction_header(trial->transaction, span_from(field.ptr, name),
                           span_from(colon + 1, field.len - name - 1));
    }
    transaction_end_headers(trial->transaction);
    send_lines(trial->transaction, rest);
}

static json_t *reasons_row(const struct transaction *t)
{
    struct str text = STR_EMPTY;
    json_t *row;

    if (t->verdict != NULL && t->verdict->deciding != NULL)
        explain_outcome(&text, t->deciding.snapshot->rules, t->verdict->deciding);
    row = control_text(str_span(&text));
    str_clear(&text);
    return row;
}

static void trial_answer(struct trial *trial)
{
    static const char *const kinds[] = {[ANSWER_CONTINUE] = "deliver",
                                        [ANSWER_REJECT] = "reject",
                                        [ANSWER_DEFER] = "defer",
                                        [ANSWER_DISCARD] = "discard",
                                        [ANSWER_HOLD] = "hold"};
    const struct transaction *t = trial->transaction;
    const struct verdict *verdict = t->verdict;
    json_t *row = json_object();
    const char *disposition = kinds[trial->answer.kind];

    if (verdict != NULL)
        disposition = names_name(disposition_names, (int)verdict->whole);
    json_object_set_new(row, "disposition", json_string(disposition));
    json_object_set_new(row, "quarantine",
                        json_boolean(verdict != NULL && verdict->wants_quarantine));
    if (trial->answer.smtp != 0)
        json_object_set_new(row, "smtp", json_integer(trial->answer.smtp));
    json_object_set_new(row, "dsn", json_string(trial->answer.dsn));
    json_object_set_new(row, "reply", control_text(span_of(trial->answer.text)));
    if (verdict != NULL && verdict->deciding != NULL && verdict->deciding->rule >= 0)
        json_object_set_new(
            row, "rule",
            control_text(t->deciding.snapshot->rules->rules[verdict->deciding->rule].name));
    json_object_set_new(row, "reasons", reasons_row(t));
    json_object_set_new(row, "note", control_text(span_of(t->note)));
    json_object_set_new(row, "facts", decision_facts_row(t->deciding.message));
    control_row(trial->call, row);
}

static int trial_run(struct trial *trial, struct err *err)
{
    struct span sender = control_argument(trial->call, "sender");
    struct str path = STR_EMPTY;

    if (trial_session(trial, err) != 0 || trial_body(trial, err) != 0)
        return -1;
    str_printf(&path, "<%.*s>", SPAN_ARG(sender));
    trial->transaction = transaction_new(
        trial->session, (struct smtp_path){str_cstr(&path), NULL}, NULL, facts_new());
    trial->session->transaction = trial->transaction;
    str_clear(&path);
    if (trial->transaction->deciding.snapshot == NULL)
        return err_set(err,
                       "no rules are in force yet; milter-ctl rules apply puts some there");
    if (trial_recipients(trial, err) != 0)
        return -1;
    if (trial->answer.kind == ANSWER_CONTINUE) {
        trial_message(trial);
        transaction_judge(trial->transaction, "", &trial->answer);
    }
    trial_answer(trial);
    return 0;
}

enum control_exit control_message_test(struct control_call *call, struct err *err)
{
    struct trial trial = {.call = call, .answer = {.kind = ANSWER_CONTINUE}};
    int rc = trial_run(&trial, err);

    session_free(&trial.session);
    str_clear(&trial.body);
    return rc == 0 ? EXIT_OK : EXIT_INVALID;
}
