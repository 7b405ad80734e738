/* control_policy.c - policy test: what would be answered to these attributes now, and why. */
#include "base/names.h"
#include "base/xalloc.h"
#include "rules/explain.h"
#include "control/decision_row.h"
#include "policyd/answer.h"
#include "policyd/control.h"
#include "policyd/question.h"

/* What a request has when the test does not say otherwise. */
static const struct {
    const char *name, *value;
} defaults[] = {
    {"request", "smtpd_access_policy"}, {"protocol_state", "RCPT"},  {"protocol_name", "ESMTP"},
    {"client_address", "192.0.2.1"},    {"policy_context", "proxy"},
};

/* What Postfix sends (SMTPD_POLICY_README): a name beside these is a slip of whoever asks. */
static const struct name_value attribute_names[] = {
    {"request", 1},
    {"protocol_state", 1},
    {"protocol_name", 1},
    {"helo_name", 1},
    {"queue_id", 1},
    {"sender", 1},
    {"recipient", 1},
    {"recipient_count", 1},
    {"client_address", 1},
    {"client_name", 1},
    {"client_port", 1},
    {"reverse_client_name", 1},
    {"server_address", 1},
    {"server_port", 1},
    {"instance", 1},
    {"sasl_method", 1},
    {"sasl_username", 1},
    {"sasl_sender", 1},
    {"size", 1},
    {"ccert_subject", 1},
    {"ccert_issuer", 1},
    {"ccert_fingerprint", 1},
    {"ccert_pubkey_fingerprint", 1},
    {"encryption_protocol", 1},
    {"encryption_cipher", 1},
    {"encryption_keysize", 1},
    {"etrn_domain", 1},
    {"stress", 1},
    {"policy_context", 1},
    {"compatibility_level", 1},
    {"mail_version", 1},
    {NULL, 0},
};

static int check_name(const char *name, struct err *err)
{
    const char *nearest;
    int found;

    if (names_value(attribute_names, span_of(name), &found))
        return 0;
    nearest = names_nearest_in(attribute_names, span_of(name));
    if (nearest != NULL)
        return err_set(err, "Postfix has no attribute `%s`; did you mean %s?", name, nearest);
    return err_set(err,
                   "Postfix has no attribute `%s`; write those of its policy protocol, "
                   "as client_address=192.0.2.1 recipient=bob@example.com",
                   name);
}

static void add_attribute(struct request *request, struct span name, struct span value)
{
    if (request->count < REQUEST_MAX_ATTRIBUTES)
        request->attributes[request->count++] = (struct attribute){name, value};
}

static int fill_request(struct request *request, json_t *attributes, struct err *err)
{
    const char *name;
    json_t *value;

    if (json_object_size(attributes) > REQUEST_MAX_ATTRIBUTES / 2)
        return err_set(err, "more than %d attributes", REQUEST_MAX_ATTRIBUTES / 2);
    json_object_foreach(attributes, name, value)
    {
        if (check_name(name, err) != 0)
            return -1;
        if (!json_is_string(value))
            return err_set(err, "the value of %s is no text", name);
        add_attribute(request, span_of(name),
                      span_from(json_string_value(value), json_string_length(value)));
    }
    for (size_t i = 0; i < sizeof defaults / sizeof defaults[0]; i++) {
        if (json_object_get(attributes, defaults[i].name) == NULL)
            add_attribute(request, span_of(defaults[i].name), span_of(defaults[i].value));
    }
    return 0;
}

static json_t *lines_of(struct str *text)
{
    json_t *lines = json_array();
    struct span rest = str_span(text), line;

    while (span_cut(&rest, '\n', &line)) {
        if (line.len > 0)
            json_array_append_new(lines, control_text(line));
    }
    return lines;
}

static json_t *tried_row(const struct question_tried *tried)
{
    const struct ruleset *rules = tried->snapshot->rules;
    const struct outcome *outcome = tried->outcome;
    struct facts_view view = {tried->message, tried->recipient};
    struct str answer = STR_EMPTY, reasons = STR_EMPTY;
    json_t *row = json_object();
    struct span said, word;

    answer_write(&answer, outcome, &view, SPAN(""));
    said = span_trim(str_span(&answer));
    span_cut(&said, '=', &word);
    explain_outcome(&reasons, rules, outcome);
    json_object_set_new(row, "disposition",
                        json_string(names_name(disposition_names, (int)outcome->disposition)));
    json_object_set_new(row, "answer", control_text(said));
    json_object_set_new(
        row, "rule",
        control_text(outcome->rule >= 0 ? rules->rules[outcome->rule].name : SPAN("")));
    json_object_set_new(row, "revision", json_integer((json_int_t)tried->snapshot->revision));
    json_object_set_new(row, "reasons", lines_of(&reasons));
    json_object_set_new(row, "facts", decision_facts_row(tried->message));
    json_object_set_new(row, "recipient_facts", decision_facts_row(tried->recipient));
    str_clear(&answer);
    str_clear(&reasons);
    return row;
}

enum control_exit control_policy_test(struct control_call *call, struct err *err)
{
    struct request *request = xcalloc(1, sizeof *request);
    enum control_exit code = EXIT_INVALID;
    struct question_tried tried;
    struct question *question;

    if (fill_request(request, json_object_get(call->args, "attributes"), err) == 0) {
        question = question_try(request, &tried);
        if (question == NULL) {
            err_set(err, "no rules are in force");
            code = EXIT_PARTIAL;
        } else {
            control_row(call, tried_row(&tried));
            code = EXIT_OK;
        }
        question_free(&question);
    }
    xfree(&request);
    return code;
}
