/* content_worker.c - has a message taken apart, answers with a block of facts. */
#include <gmime/gmime.h>
#include "base/xalloc.h"
#include "milter/inspect/answer.h"
#include "milter/inspect/mime.h"
#include "milter/inspect/worker.h"

/* GLib and GMime talk of what a message made them do: the facts say it better, and nobody may fill our log by mail. */
static GLogWriterOutput say_nothing(GLogLevelFlags level, const GLogField *fields, gsize count,
                                    gpointer data)
{
    (void)level;
    (void)fields;
    (void)count;
    (void)data;
    return G_LOG_WRITER_HANDLED;
}

static void prepare(void)
{
    g_log_set_writer_func(say_nothing, NULL, NULL);
    mime_prepare();
}

/* Names ended by NUL. False when they are not. */
static bool read_wants(struct span rest, struct mime_request *to)
{
    struct span name;

    if (rest.len > 0 && rest.ptr[rest.len - 1] != '\0')
        return false;
    while (rest.len > 0 && to->want_count < MIME_WANT_MAX && span_cut(&rest, '\0', &name))
        if (name.len > 0)
            to->wants[to->want_count++] = name;
    return true;
}

static void inspect(const struct worker_request *request, const struct mime_request *mime)
{
    struct facts *facts = facts_new();

    mime_inspect(mime, facts);
    answer_send(request->socket_fd, request->head->id, facts);
    facts_free(&facts);
}

static bool serve(const struct worker_request *request)
{
    struct mime_request *mime = xcalloc(1, sizeof *mime);
    bool is_fine = request->has_message && read_wants(request->body, mime);

    mime->message = request->message;
    mime->limits = request->head->limits;
    mime->wants_links = (request->head->wants & WIRE_LINKS) != 0;
    if (is_fine)
        inspect(request, mime);
    xfree(&mime);
    return is_fine;
}

const struct worker_kind worker_content = {
    .name = WIRE_CONTENT,
    .body_max = WIRE_WANT_MAX,
    .prepare = prepare,
    .serve = serve,
};
