/* From where a subject is read: after what this node has, or from the newest base, or (rules) so that the last revisions are there. */
#include "policyd/cluster/cluster.h"
#include "policyd/cluster/feed_inside.h"

/* The base that the head names, signed. */
static int read_base(struct pull *p, uint64_t *base_r)
{
    struct str bytes = STR_EMPTY;
    struct envelope e;
    int state = pull_read(p, p->there->number, &bytes, &e);

    *base_r = e.base;
    envelope_clear(&e);
    str_clear(&bytes);
    return state;
}

static int is_there(struct pull *p, uint64_t number)
{
    struct str bytes = STR_EMPTY;
    struct err err;
    size_t count;
    int state = ledger_redis_run(p->subject, number, number, &bytes, &count, &err);

    str_clear(&bytes);
    if (state < 0)
        return pull_trouble(p, LEDGER_BEHIND, "%s", err.text);
    return count > 0;
}

/* The oldest revision of the last ones that Redis still has. */
static int find_history(struct pull *p, uint64_t next)
{
    uint64_t oldest = p->to > LEDGER_HISTORY ? p->to - LEDGER_HISTORY + 1 : 1;
    int state = 0;

    if (p->own != NULL && oldest <= next)
        return 0;
    for (p->from = oldest; p->from < p->to && state == 0; p->from += state == 0)
        state = is_there(p, p->from);
    p->has_tip = false;
    return state < 0 ? -1 : 0;
}

/* Entries between are skipped: the one this node has must still be the one Redis has, if it has it. */
static int check_skipped(struct pull *p)
{
    struct str bytes = STR_EMPTY;
    struct envelope e = {0};
    int state = is_there(p, p->own->number);

    if (state == 1) {
        state = pull_read(p, p->own->number, &bytes, &e);
        if (state == 0 && strcmp(e.hash, p->own->hash) != 0)
            state = pull_trouble(p, LEDGER_FORK,
                                 "entry %llu here and in Redis are two, both genuine: "
                                 "administrators have written two histories",
                                 (unsigned long long)p->own->number);
        envelope_clear(&e);
    }
    str_clear(&bytes);
    return state;
}

int pull_find_start(struct pull *p)
{
    uint64_t next = p->own != NULL ? p->own->number + 1 : 1, base;

    p->from = next;
    if (p->there->number == next)
        return 0;
    if (read_base(p, &base) < 0)
        return -1;
    if (p->kind->prepare != NULL) {
        if (find_history(p, next) < 0)
            return -1;
    } else if (base > next) {
        p->from = base;
        p->has_tip = false;
    }
    return p->own != NULL && p->from > next ? check_skipped(p) : 0;
}
