/* One transaction: MAIL, its recipients, the message, and its deciding. Knows nothing of libmilter: takes bytes, gives answers. */
#ifndef MILTER_TRANSACTION_H
#define MILTER_TRANSACTION_H
#include "engine/decide.h"
#include "milter/answer.h"
#include "milter/loop.h"
#include "milter/message.h"
#include "milter/session.h"
#include "store/decisions.h"
#include "store/quarantine.h"

#define TRANSACTION_QUEUE_ID 64

struct transaction {
    struct session *session; /* outlives it */
    struct gate *gate;
    struct arena *arena;
    struct deciding deciding; /* facts, recipients, snapshot */
    char *sender;             /* "<a@b>", as given when plainly written */
    char **recipients;        /* likewise, one for each of deciding.recipients */
    size_t recipient_room;
    bool is_accepted;   /* has taken a recipient, maybe for a moment only */
    bool is_sender_bad; /* neither plainly written nor readable: nobody is taken */
    struct message message;
    char queue_id[TRANSACTION_QUEUE_ID];
    int64_t begun;      /* wall ms */
    int64_t judging_us; /* clock_mono_us when its end came; 0 before */
    struct loop loop;   /* what our own marks in it say */
    enum path
        mark_path; /* whose marks count and which is set: the session's; of a release that by which the message came */
    bool is_ours;  /* a release that we made ourselves: a report */
    struct loop_reader reader;
    const struct verdict
        *verdict;     /* NULL: the rules were not asked (no snapshot, release, fault) */
    const char *note; /* why, for the log line, when the rules were not asked */
    struct decision_ticket ticket;          /* of the decision at end of message */
    char quarantine_id[QUARANTINE_ID_SIZE]; /* "" when nothing was kept */
};

/* The path of MAIL or RCPT: what the client wrote, and how the MTA read it, without <> (NULL or empty: not known). Only what is not
 * plainly written (mail/address.h) is taken as read. */
struct smtp_path {
    const char *given, *read;
};

/* MAIL. arguments: ESMTP parameters, ended by NULL ("SIZE=1234"). facts: MAIL's macros, taken over. */
struct transaction *transaction_new(struct session *session, struct smtp_path sender,
                                    char *const *arguments, struct facts *of_mail);
void transaction_free(
    struct transaction **transaction); /* abort or end; late answers find nothing */
void transaction_rcpt(struct transaction *t, struct smtp_path recipient,
                      struct answer *answer_r);
void transaction_header(struct transaction *t, struct span name, struct span value);
void transaction_end_headers(struct transaction *t);
void transaction_body(struct transaction *t, struct span chunk);
/* End of message: seals, learns, decides, keeps in quarantine what must be kept. The answer may still become DEFER when an edit
 * fails; transaction_conclude then writes log line and decision record for the final one. */
void transaction_judge(struct transaction *t, const char *queue_id, struct answer *answer_r);
void transaction_conclude(struct transaction *t, const struct answer *answer);
#endif
