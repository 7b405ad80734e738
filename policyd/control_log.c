/* control_log.c - log: decisions searched, those of both daemons side by side. */
#include "control/decision_log.h"
#include "policyd/control.h"
#include "policyd/milter_link.h"

#define MILTER_TIMEOUT_MS (LOG_BUDGET_MS + 5000)

static void add_row(void *ctx, json_t *row)
{
    log_rows_add(ctx, json_incref(row));
}

/* The worse of two ends; its text is kept. */
static void note(enum control_exit *code, struct err *err, enum control_exit other,
                 const struct err *why)
{
    if (other == EXIT_OK)
        return;
    *code = EXIT_PARTIAL;
    if (why->text[0] != '\0' && err->text[0] != '\0')
        err_prefix(err, "%s", why->text);
    else if (why->text[0] != '\0')
        *err = *why;
}

static enum control_exit search_here(struct control_call *call, struct log_rows *rows,
                                     struct err *err)
{
    const struct log_source own = {control_shared.decisions, "policyd",
                                   control_shared.settings->node_name};
    const struct control_sink sink = {add_row, NULL, rows};
    enum control_exit code = EXIT_OK, end;
    struct err why = {""};

    end = decision_log_add(&own, call->args, rows, &why);
    note(&code, err, end, &why);
    err_reset(&why);
    end = milter_link_collect("log", call, &sink, MILTER_TIMEOUT_MS, &why);
    note(&code, err, end, &why);
    return code;
}

enum control_exit control_log(struct control_call *call, struct err *err)
{
    struct arena *arena = arena_new();
    struct decisions_query query;
    struct log_rows rows;
    enum control_exit code = EXIT_INVALID;

    if (decision_log_query(call->args, arena, &query, err) == 0) {
        err_reset(err);
        log_rows_begin(&rows, query.limit);
        code = search_here(call, &rows, err);
        log_rows_send(&rows, call);
    }
    arena_free(&arena);
    return code;
}
