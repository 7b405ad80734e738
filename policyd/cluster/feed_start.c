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

static bool supersedes(const struct envelope *e, const char *hash)
{
    for (size_t i = 0; i < e->supersedes_count && e->base == e->number; i++)
        if (strcmp(e->supersedes[i], hash) == 0)
            return true;
    return false;
}

/* Somebody may have mended it: a whole state on top of both histories. */
static int find_superseding(struct pull *p, uint64_t next)
{
    uint64_t lowest = p->to - next >= LEDGER_HISTORY ? p->to - LEDGER_HISTORY + 1 : next;
    bool is_found = false;

    for (uint64_t n = p->to; n >= lowest && !is_found; n--) {
        struct str bytes = STR_EMPTY;
        struct envelope e;
        int state = pull_read(p, n, &bytes, &e);

        is_found = state == 0 && supersedes(&e, p->own->hash);
        p->from = n;
        envelope_clear(&e);
        str_clear(&bytes);
        if (state < 0)
            return -1;
    }
    p->has_tip = is_found;
    return is_found
               ? 0
               : pull_trouble(p, LEDGER_FORK,
                              "Redis' entries after %llu are genuine but do not follow "
                              "what this node has: administrators have written two "
                              "histories; look at both and mend it with `milter-ctl "
                              "cluster reseed --supersede` where the right one is in force",
                              (unsigned long long)p->own->number);
}

/* Does the entry follow the one this node has, or (number: its own) is it the same? Not there: it cannot be told, and is no fork. */
static int is_ours(struct pull *p, uint64_t number)
{
    struct str bytes = STR_EMPTY;
    struct envelope e = {0};
    int state = is_there(p, number);

    if (state == 1 && (state = pull_read(p, number, &bytes, &e)) == 0)
        state = strcmp(number == p->own->number ? e.hash : e.parent, p->own->hash) == 0 ||
                supersedes(&e, p->own->hash);
    else if (state == 0)
        state = 1;
    envelope_clear(&e);
    str_clear(&bytes);
    return state;
}

static int find_by_kind(struct pull *p, uint64_t next)
{
    uint64_t base;

    if (read_base(p, &base) < 0)
        return -1;
    if (p->kind->prepare != NULL)
        return find_history(p, next);
    if (base > next) {
        p->from = base;
        p->has_tip = false;
    }
    return 0;
}

int pull_find_start(struct pull *p)
{
    uint64_t next = p->own != NULL ? p->own->number + 1 : 1;
    int state;

    p->from = next;
    /* who signed the newest of `members` may be told by those before: each is read, in order */
    if (p->there->number == next || span_is(p->subject, "members"))
        return 0;
    if (find_by_kind(p, next) < 0)
        return -1;
    if (p->own == NULL)
        return 0;
    state = is_ours(p, p->from > next ? p->own->number : next);
    return state == 0 ? find_superseding(p, next) : state < 0 ? -1 : 0;
}
