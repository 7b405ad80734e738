/* From a decision to its record: the facts it was made from, what was decided, and why. */
#ifndef ENGINE_RECORD_H
#define ENGINE_RECORD_H
#include "engine/decide.h"
#include "store/decisions.h"

#define RECORD_MAX_RECIPIENTS 1000

struct decision_facts {
    const struct snapshot *snapshot; /* NULL: decided without rules */
    const struct facts *message;
    struct facts *const *recipients; /* those the decision is about */
    size_t recipient_count;
    enum disposition disposition;
    const struct outcome *outcome; /* whose rule and reasons; NULL: none */
    struct span reply, queue_id;
    struct span note; /* instead of reasons, when the rules were not asked */
};
void record_put(struct decisions *decisions, const struct decision_ticket *ticket,
                const struct decision_facts *of);

/* What record_put stores as facts: the flat block of the message, then one of each recipient. Reads it back, for explain and replay.
 * message and each recipient (made here) are the caller's to free. -1 on anything malformed; recipients then holds what was read. */
struct record_recipients {
    struct facts **list; /* room for `room` */
    size_t room, count;
};
int record_read_facts(struct span blocks, struct facts *message,
                      struct record_recipients *recipients, struct err *err);
/* The text of a fact that is a value ("" otherwise), in arena: a string as it is, everything else as rules write it. */
struct span record_text(struct arena *arena, const struct facts *facts, enum fact_id id);
/* " name=<address>" for a log line: blanks and brackets of a quoted local part cannot look like the fields behind it. */
void record_add_address(struct str *line, const char *name, struct span address);
/* " name=\"words\"", what quotes there are inside made single ones. */
void record_add_words(struct str *line, const char *name, struct span words);
#endif
