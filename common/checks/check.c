/* check.c - the table of checks of this program, and the life of a request. */
#include <unistd.h>
#include "base/xalloc.h"
#include "checks/check.h"

static const struct check *const *table;
static size_t table_count;

void checks_register(const struct check *const *checks, size_t count)
{
    table = checks;
    table_count = count < CHECKS_MAX ? count : CHECKS_MAX;
}

size_t checks_count(void)
{
    return table_count;
}

const struct check *checks_at(size_t index)
{
    return table[index];
}

static bool check_learns(const struct check *check, enum fact_id fact)
{
    for (size_t i = 0; check->facts[i] != FACT__COUNT; i++)
        if (check->facts[i] == fact)
            return true;
    return false;
}

int checks_for(enum fact_id fact)
{
    for (size_t i = 0; i < table_count; i++)
        if (check_learns(table[i], fact))
            return (int)i;
    return -1;
}

const enum fact_id *check_needs(const struct check *check)
{
    static const enum fact_id nothing[] = {FACT__COUNT};

    return check->needs == NULL || (check->is_idle != NULL && check->is_idle()) ? nothing
                                                                                : check->needs;
}

struct check_request *check_request_pin(struct check_request *request)
{
    __atomic_add_fetch(&request->references, 1, __ATOMIC_RELAXED);
    return request;
}

void check_request_unpin(struct check_request **request)
{
    struct check_request *gone = *request;

    *request = NULL;
    if (gone == NULL || __atomic_sub_fetch(&gone->references, 1, __ATOMIC_ACQ_REL) > 0)
        return;
    if (gone->message_fd >= 0)
        close(gone->message_fd);
    facts_free(&gone->facts);
    char *transaction = (char *)(uintptr_t)gone->transaction.ptr;
    xfree(&transaction);
    char *sender = (char *)(uintptr_t)gone->sender.ptr;
    xfree(&sender);
    mailbox_unpin(&gone->mailbox);
    for (size_t i = 0; i < gone->want_count; i++) {
        char *key = (char *)(uintptr_t)gone->wants[i].key.ptr;
        xfree(&key);
    }
    xfree(&gone->wants);
    xfree(&gone);
}
