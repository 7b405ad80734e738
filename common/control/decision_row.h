/* A recorded decision as a row of the control protocol: what `explain CODE` shows, the same from both daemons. */
#ifndef CONTROL_DECISION_ROW_H
#define CONTROL_DECISION_ROW_H
#include <jansson.h>
#include "facts/facts.h"
#include "store/decisions.h"

/* {"code","program","time","path","client",...,"reasons":[lines],"facts":{"name":"text",...},"recipient_facts":[{...}]}. The caller owns it.
 * Every text is made valid UTF-8. */
json_t *decision_row(const struct decision *decision, const char *program);
/* The facts of a view as an object: {"client.ip":"192.0.2.1", "attachment":[{...}]}; for message.test and policy.test too. */
json_t *decision_facts_row(const struct facts *facts);
/* What explain was asked for: a decision code, or a queue id (its newest decisions). Rows through control_row.
 * EXIT_OK, or EXIT_INVALID with err saying why nothing was found. */
struct control_call;
int decision_explain(struct decisions *decisions, const char *program, struct span what,
                     struct control_call *call, struct err *err);
#endif
