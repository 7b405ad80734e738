/* fake_wait.c - instead of milter/wait.c: waits for the mailbox alone, without a socket to kick. */
#include "milter/wait.h"

void wait_init(const struct socket_address *own_socket)
{
    (void)own_socket;
}

bool wait_for(struct mailbox *mailbox, int64_t deadline_mono_ms)
{
    return mailbox_wait(mailbox, deadline_mono_ms);
}
