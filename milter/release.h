/* Releasing a message from quarantine: claimed once, handed to Postfix over the release listener, never twice. */
#ifndef MILTER_RELEASE_H
#define MILTER_RELEASE_H
#include "milter/gate.h"

enum release_result {
    RELEASE_DONE = 1, /* Postfix has it; queue_r names it */
    RELEASE_REFUSED,  /* not taken: held again; err says why */
    RELEASE_UNKNOWN   /* sent, and no answer came: state unknown; settled by an administrator */
};
/* id: a quarantine id or decision code. Goes to everybody it is kept for. */
enum release_result release_message(struct gate *gate, struct span id, const char *user,
                                    struct str *queue_r, struct err *err);
/* The same for a copy of what another node holds. That node may have released its own too: it is for an administrator to know that it has not. */
enum release_result release_copy(struct gate *gate, struct span id, const char *user,
                                 struct str *queue_r, struct err *err);
#endif
