/* request.c - reads one request of the policy protocol from bytes, or says why it is none. */
#include "base/names.h"
#include "policyd/request.h"

/* Every other state is answered DUNNO. */
static const struct name_value state_names[] = {
    {"RCPT", REQUEST_RCPT},
    {"VRFY", REQUEST_VRFY},
    {NULL, 0},
};

/* Where the request's closing empty line ends, or 0 when it has not come. */
static size_t find_end(struct span bytes, size_t *scanned)
{
    for (size_t i = *scanned; i < bytes.len; i++) {
        if (bytes.ptr[i] == '\n' && (i == 0 || bytes.ptr[i - 1] == '\n')) {
            *scanned = 0;
            return i + 1;
        }
    }
    *scanned = bytes.len;
    return 0;
}

struct span request_value(const struct request *request, const char *name)
{
    for (size_t i = 0; i < request->count; i++) {
        if (span_is(request->attributes[i].name, name))
            return request->attributes[i].value;
    }
    return SPAN("");
}

static bool has_name(const struct request *request, struct span name)
{
    for (size_t i = 0; i < request->count; i++) {
        if (span_equal(request->attributes[i].name, name))
            return true;
    }
    return false;
}

static int add_line(struct request *request, struct span line, struct err *err)
{
    struct attribute attribute = {.value = line};
    bool has_value = memchr(line.ptr, '=', line.len) != NULL;

    if (!has_value || !span_cut(&attribute.value, '=', &attribute.name) ||
        attribute.name.len == 0)
        return err_set(err, "a line is not name=value");
    if (has_name(request, attribute.name))
        return err_set(err, "an attribute occurs twice");
    if (request->count == REQUEST_MAX_ATTRIBUTES)
        return err_set(err, "more than %d attributes", REQUEST_MAX_ATTRIBUTES);
    request->attributes[request->count++] = attribute;
    return 0;
}

static int add_lines(struct request *request, struct span lines, struct err *err)
{
    struct span line;

    if (lines.len == 0)
        return err_set(err, "a request without attributes");
    if (memchr(lines.ptr, '\0', lines.len) != NULL)
        return err_set(err, "a NUL byte");
    lines.len--; /* the newline of the last line */
    while (span_cut(&lines, '\n', &line)) {
        if (add_line(request, line, err) != 0)
            return -1;
    }
    return 0;
}

static int settle(struct request *request, struct err *err)
{
    int state;

    if (!span_is(request_value(request, "request"), "smtpd_access_policy"))
        return err_set(err, "not a request=smtpd_access_policy");
    if (names_value(state_names, request_value(request, "protocol_state"), &state))
        request->state = (enum request_state)state;
    request->context = request_value(request, "policy_context");
    request->queue_id = request_value(request, "queue_id");
    request->instance = request_value(request, "instance");
    return 0;
}

int request_parse(struct request_reader *reader, struct span bytes, struct request *request_r,
                  size_t *used_r, struct err *err)
{
    size_t end;

    bytes.len = bytes.len > reader->limit ? reader->limit + 1 : bytes.len;
    end = find_end(bytes, &reader->scanned);
    if (end > reader->limit || (end == 0 && bytes.len > reader->limit))
        return err_set(err, "longer than %zu bytes (policy_max_request)", reader->limit);
    if (end == 0)
        return 0;
    request_r->count = 0;
    request_r->state = REQUEST_OTHER;
    if (add_lines(request_r, span_from(bytes.ptr, end - 1), err) != 0 ||
        settle(request_r, err) != 0)
        return -1;
    *used_r = end;
    return 1;
}
