/* Loop detection at the headers: reads our own marks in a message and writes the next one. It only learns; the rules decide. */
#ifndef MILTER_LOOP_H
#define MILTER_LOOP_H
#include "facts/fact_table.h"
#include "mail/trace.h"
#include "milter/message.h"

#define LOOP_MAX_MARKS 64 /* looked at in one message; more are treated as invalid */

struct loop {
    bool is_certain;    /* a valid mark of this path holds every current recipient */
    unsigned passes;    /* the highest pass of a valid mark of this path; 0: never been here */
    unsigned invalid;   /* marks that are forged, altered, of another message, or too old */
    struct trace first; /* the mark that makes it certain: node and time for the log */
};

struct loop_reader {
    const struct trace_keys *keys;
    struct span message_id;
    enum path path;                /* 0 absent: no mark counts */
    const struct span *recipients; /* as facts hold them */
    size_t recipient_count;
    int64_t now, max_age; /* s */
};

/* Also sets message->headers[].is_kept for the valid marks; every other X-Postgate header is to be removed. */
void loop_read(struct loop *loop, struct message *message, const struct loop_reader *reader);
/* Is mail on this path marked? proxy, staging and submission are. */
bool loop_marks(enum path path);
/* The mark for this pass, as a header value. */
void loop_mark(struct str *out, const struct loop *loop, const struct loop_reader *reader,
               const char *node);
#endif
