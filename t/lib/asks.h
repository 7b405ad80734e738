/* Questions to a daemon's control server in the same process: rows, data and text of the last answer. */
#ifndef T_LIB_ASKS_H
#define T_LIB_ASKS_H
#include <check.h>
#include <jansson.h>
#include "base/str.h"
#include "control/client.h"

static struct control_client *asks_client;
static json_t *rows;
static struct str data;
static struct err said;

static inline void asks_begin(const char *control_dir, const char *program,
                              enum control_role role)
{
    struct err err;

    asks_client = control_connect(control_dir, program, role, &err);
    ck_assert_msg(asks_client != NULL, "%s", err.text);
    rows = json_array();
}

static inline void asks_end(void)
{
    control_close(&asks_client);
    json_decref(rows);
    str_clear(&data);
}

static inline void asks_keep_row(void *ctx, json_t *object)
{
    (void)ctx;
    json_array_append(rows, object);
}

static inline void asks_keep_data(void *ctx, struct span bytes)
{
    (void)ctx;
    str_add(&data, bytes);
}

static inline struct span asks_next_piece(void *ctx)
{
    struct span *body = ctx, piece = *body;

    *body = span_of("");
    return piece;
}

/* args: JSON. */
static inline enum control_exit ask_with(const char *command, const char *args,
                                         struct span body)
{
    static const struct control_sink sink = {asks_keep_row, asks_keep_data, NULL};
    struct control_question question = {.command = command,
                                        .args = json_loads(args, 0, NULL),
                                        .body = asks_next_piece,
                                        .body_ctx = &body,
                                        .sink = &sink,
                                        .timeout_ms = 30000};
    enum control_exit rc;

    ck_assert_msg(question.args != NULL, "%s", args);
    json_array_clear(rows);
    str_reset(&data);
    err_reset(&said);
    rc = control_ask(asks_client, &question, &said);
    json_decref(question.args);
    return rc;
}

static inline enum control_exit ask(const char *command, const char *args)
{
    return ask_with(command, args, span_of(""));
}

/* A text of a row of the last answer. */
static inline const char *row_text(size_t row, const char *name)
{
    const char *text = json_string_value(json_object_get(json_array_get(rows, row), name));

    return text != NULL ? text : "(none)";
}
#endif
