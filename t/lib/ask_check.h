/* Starts one check as the engine would, and waits for its answer. */
#ifndef T_LIB_ASK_CHECK_H
#define T_LIB_ASK_CHECK_H
#include <fcntl.h>
#include "base/clock.h"
#include "base/xalloc.h"
#include "checks/check.h"
#include "t/lib/suite.h"

/* check: its index in the registered table. facts are copied. message_fd: duplicated, or -1. For the caller to free. */
static inline struct facts *ask_check(int check, const struct facts *facts, int message_fd)
{
    struct mailbox *mailbox = mailbox_new();
    struct check_request *request = xcalloc(1, sizeof *request);
    struct facts *answer;
    struct err err;
    int from;

    err_reset(&err);
    request->mailbox = mailbox_pin(mailbox);
    request->check = check;
    request->message_fd = message_fd >= 0 ? fcntl(message_fd, F_DUPFD_CLOEXEC, 0) : -1;
    request->facts = facts_copy(facts);
    request->references = 1;
    request->deadline = clock_mono_ms() + 10000;
    ck_assert_msg(checks_at((size_t)check)->start(request, &err) == 0, "%s", err.text);
    check_request_unpin(&request);
    ck_assert(mailbox_wait(mailbox, clock_mono_ms() + 20000));
    answer = mailbox_take(mailbox, &from);
    ck_assert_int_eq(from, check);
    mailbox_unpin(&mailbox);
    return answer;
}
#endif
