/* loop.c - reads and writes X-Postgate-Trace. */
#include "base/names.h"
#include "milter/loop.h"

bool loop_marks(enum path path)
{
    return path == PATH_PROXY || path == PATH_STAGING || path == PATH_SUBMISSION;
}

static void loop_count(struct loop *loop, const struct trace *trace,
                       const struct loop_reader *reader)
{
    const char *path = names_name(path_names, (int)reader->path);

    if (path == NULL || strcmp(trace->path, path) != 0)
        return;
    if (trace->pass > loop->passes)
        loop->passes = trace->pass;
    if (loop->is_certain ||
        !trace_holds(trace, reader->message_id, reader->recipients, reader->recipient_count))
        return;
    loop->is_certain = true;
    loop->first = *trace;
}

static bool loop_read_mark(struct loop *loop, const struct message_header *header,
                           const struct loop_reader *reader)
{
    struct trace trace;

    if (header_kind_exact(header->name) != HEADER_POSTGATE_TRACE ||
        !trace_parse(header->value, &trace) ||
        trace_verify(&trace, reader->keys, reader->message_id, reader->now, reader->max_age) !=
            TRACE_VALID)
        return false;
    loop_count(loop, &trace, reader);
    return true;
}

void loop_read(struct loop *loop, struct message *message, const struct loop_reader *reader)
{
    unsigned seen = 0;

    *loop = (struct loop){0};
    for (size_t i = 0; i < message->header_count; i++) {
        struct message_header *header = &message->headers[i];
        if (header->kind != HEADER_POSTGATE_TRACE)
            continue;
        header->is_kept = seen++ < LOOP_MAX_MARKS && loop_read_mark(loop, header, reader);
        if (!header->is_kept)
            loop->invalid++;
    }
}

void loop_mark(struct str *out, const struct loop *loop, const struct loop_reader *reader,
               const char *node)
{
    struct trace trace = {.time = reader->now, .pass = loop->passes + 1};
    const char *path = names_name(path_names, (int)reader->path);

    if (trace.pass > TRACE_PASS_MAX)
        trace.pass = TRACE_PASS_MAX;
    memcpy(trace.node, node, strnlen(node, TRACE_NODE_MAX));
    memcpy(trace.path, path, strnlen(path, TRACE_PATH_MAX));
    trace_sign(&trace, reader->keys->current, reader->message_id, reader->recipients,
               reader->recipient_count);
    trace_print(out, &trace);
}
