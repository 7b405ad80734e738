/* What the cluster's threads ask of this node's milter. Blocks. */
#ifndef CLUSTER_QUARANTINE_MILTER_H
#define CLUSTER_QUARANTINE_MILTER_H
#include "control/client.h"

/* args is taken over. As control_ask. */
struct milter_question {
    const char *command;
    enum control_role role;
    json_t *args;
    const struct control_sink *sink;
    struct span (*body)(void *ctx); /* or NULL */
    void *body_ctx;
};
enum control_exit quarantine_ask_milter(const struct milter_question *question,
                                        struct err *err);
/* Its row of an entry, by id or code; owned. NULL with *code_r: EXIT_INVALID there is none. */
json_t *quarantine_ask_row(const char *what, enum control_exit *code_r, struct err *err);
/* The newest `most` rows below `before` ("": all) of a state ("": any), an array; NULL: no answer. */
json_t *quarantine_ask_rows(const char *state, const char *before, int most, struct err *err);
/* A text of a row, never NULL. */
const char *quarantine_row_text(const json_t *row, const char *name);
#endif
