/* What the MTA is told, free of libmilter: made from an outcome or verdict, sent by reply.c. */
#ifndef MILTER_ANSWER_H
#define MILTER_ANSWER_H
#include "rules/verdict.h"

#define ANSWER_TEXT_MAX 480 /* RFC 5321 section 4.5.3.1.5: 512 for the whole reply line */

enum answer_kind {
    ANSWER_CONTINUE = 1,
    ANSWER_REJECT,
    ANSWER_DEFER,
    ANSWER_DISCARD,
    ANSWER_HOLD
};

struct answer {
    enum answer_kind kind;
    int smtp;                       /* of reject and defer: 550, 451 ... */
    char dsn[12];                   /* "5.7.1" */
    char text[ANSWER_TEXT_MAX + 1]; /* printable ASCII, ends with [CODE]; reason of hold */
};

void answer_continue(struct answer *answer);
/* 4.x.y gives DEFER, 5.x.y REJECT. smtp 0: the default of the class (mail/dsn.h). decision_code may be empty. */
void answer_refuse(struct answer *answer, int smtp, const char *dsn, const char *text,
                   const char *decision_code);
/* From what the rules decided for one recipient at RCPT, or for all at end of message. */
void answer_outcome(struct answer *answer, enum disposition disposition,
                    const struct outcome *outcome, const char *decision_code);
#endif
