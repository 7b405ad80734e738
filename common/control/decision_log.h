/* `log`: decisions searched over the control protocol, the same by both daemons, and the rows of several of them brought into one order.
 * Arguments, all optional: since, until (ms), sender, recipient, client (address or network), verdicts [words], rule, queue_id, message_id, code, text, limit,
 * after {"NODE PROGRAM": "DAY:ROW:TIME"} (marks of an earlier answer: only what came since).
 * Rows: first {"log":{"node","program","more","out_of_time","trouble","mark","now"}} of each daemon, then
 * {"time","time_ms","node","program","path","client","auth_user","sender","recipients" (the first LOG_RECIPIENTS),"recipient_count","verdict","rule",
 * "reply","queue_id","message_id","code"}, oldest first. */
#ifndef CONTROL_DECISION_LOG_H
#define CONTROL_DECISION_LOG_H
#include <jansson.h>
#include <pthread.h>
#include "base/arena.h"
#include "control/server.h"
#include "store/decisions_search.h"

#define LOG_LIMIT      1000  /* unless asked for another one */
#define LOG_BUDGET_MS  10000 /* of one daemon */
#define LOG_RECIPIENTS 20
#define LOG_TEXT_MAX   1000 /* of an argument */

/* Reads the arguments; what the query points to lies in the arena. -1 says which is wrong, and what would be right. */
int decision_log_query(json_t *args, struct arena *arena, struct decisions_query *query_r,
                       struct err *err);

/* The newest rows of all that are added, at most limit; any thread adds. */
struct log_rows {
    pthread_mutex_t mutex;
    size_t limit, count, room;
    struct log_row {
        int64_t time_ms;
        json_t *row;
    } * rows;
    bool has_more;  /* older ones were left out */
    json_t *others; /* rows without time_ms, as they came */
};
void log_rows_begin(struct log_rows *rows, size_t limit);
void log_rows_add(struct log_rows *rows, json_t *row); /* takes it over */
/* A daemon that cannot be searched, or only in part. */
void log_rows_trouble(struct log_rows *rows, const char *node, const char *program,
                      const char *why);
/* Into the answer: the others, then the rows, oldest first. Frees. EXIT_PARTIAL when one of the others speaks of trouble or of somebody "absent". */
enum control_exit log_rows_send(struct log_rows *rows, struct control_call *call);

/* Searches this daemon's decisions; rows and the {"log":...} into rows. -1: a wrong argument. */
struct log_source {
    struct decisions *decisions; /* NULL: there are none */
    const char *program, *node;
};
int decision_log_add(const struct log_source *source, json_t *args, struct log_rows *rows,
                     struct err *err);
/* The whole command of a daemon alone. */
enum control_exit decision_log(const struct log_source *source, struct control_call *call,
                               struct err *err);
#endif
