/* One request being decided: its facts, the snapshot it is decided by, and what checks still owe. Owned by its connection. */
#ifndef POLICYD_QUESTION_H
#define POLICYD_QUESTION_H
#include "base/str.h"
#include "conf/settings.h"
#include "engine/snapshot.h"
#include "policyd/request.h"
#include "rules/verdict.h"
#include "store/decisions.h"

struct question;

/* Called once at start. decisions (may be NULL: nothing is recorded) is borrowed. wake: may be called from any thread when a
 * waiting question can go on. */
void questions_begin(const struct settings *settings, struct decisions *decisions,
                     void (*wake)(void *ctx), void *ctx);

/* Called by the loop for each request that was decided, before its answer is sent; took_us: since it was asked. Set at start; must not block. */
typedef void question_decided(const struct snapshot *snapshot, const struct facts_view *facts,
                              const struct outcome *outcome, int64_t took_us);
void questions_on_decided(question_decided *decided);

/* Decides. NULL: answered (appended to answer). Else checks are under way: ask question_step when woken, or at the deadline. */
struct question *question_ask(const struct request *request, struct str *answer);
/* True: answered. */
bool question_step(struct question *question, struct str *answer);
int64_t question_deadline(const struct question *question); /* clock_mono_ms */
/* For `policy test`: decides on the snapshot in force, counts, logs and records nothing; waits for checks, so not in the loop. NULL: no rules
 * are in force. What *tried_r holds lives as long as the question. */
struct question_tried {
    const struct snapshot *snapshot;
    const struct facts *message, *recipient;
    const struct outcome *outcome;
};
struct question *question_try(const struct request *request, struct question_tried *tried_r);
void question_free(struct question **question);
#endif
