/* Redis has no more than this node: the same, less, nothing, or another history. This node never goes back by itself. */
#include <stdio.h>

#include "base/log.h"
#include "policyd/cluster/cluster.h"
#include "policyd/cluster/feed_inside.h"
#include "policyd/cluster/identity.h"

static bool holds_signing_key(void)
{
    struct identity identity;
    bool holds = identity_get(&identity) && identity.has_signing_key;

    explicit_bzero(&identity, sizeof identity);
    return holds;
}

/* An entry of a number we have, with another hash: theirs may be genuine, too. */
static void judge_other(struct pull *p)
{
    struct str bytes = STR_EMPTY;
    struct envelope e;

    if (pull_read(p, p->there->number, &bytes, &e) == 0)
        pull_trouble(p, LEDGER_FORK,
                     "entry %llu here is %.12s, in Redis it is %.12s by %.*s, both genuine: "
                     "administrators have written two histories; look at both and mend it with "
                     "`milter-ctl cluster reseed --supersede` where the right one is in force",
                     (unsigned long long)p->there->number, p->own->hash, e.hash,
                     SPAN_ARG(e.author));
    envelope_clear(&e);
    str_clear(&bytes);
}

/* A promoted replica lacks the last writes. Forward only: they are signed, and follow on what is there. */
static bool write_again(struct pull *p)
{
    char expected[ENVELOPE_HASH_SIZE + 24];
    struct err err;
    size_t count = 0;

    if (!holds_signing_key())
        return false;
    snprintf(expected, sizeof expected, "%llu %s", (unsigned long long)p->there->number,
             p->there->hash);
    if (ledger_reseed_from(p->own, p->there->number + 1, expected, &count, &err) != 1)
        return false;
    log_warn("cluster: Redis had lost entries %llu to %llu of %.*s; they are written again",
             (unsigned long long)p->there->number + 1, (unsigned long long)p->own->number,
             SPAN_ARG(p->subject));
    p->status.head = p->own->number;
    return true;
}

static void judge_older(struct pull *p)
{
    char hash[ENVELOPE_HASH_SIZE];
    struct err err;
    int state = ledger_own_hash(p->subject, p->there->number, hash, &err);

    if (state == 1 && strcmp(hash, p->there->hash) != 0) {
        judge_other(p);
        return;
    }
    if (state == 1 && write_again(p))
        return;
    pull_trouble(p, LEDGER_OLD,
                 "Redis ends at entry %llu, this node has %llu: writes were lost, or it is an "
                 "old copy; what is in force here stays. `milter-ctl cluster reseed` writes "
                 "again what Redis lacks",
                 (unsigned long long)p->there->number, (unsigned long long)p->own->number);
}

static void judge_same(struct pull *p)
{
    const char *name;
    uint64_t number;

    if (strcmp(p->own->hash, p->there->hash) != 0)
        judge_other(p);
    else if (feed_claims_more(p->status.subject, p->own->number, &name, &number))
        pull_trouble(p, LEDGER_OLD,
                     "Redis ends at entry %llu, but node %s has applied %llu: Redis serves an "
                     "old copy; what is in force here stays",
                     (unsigned long long)p->own->number, name, (unsigned long long)number);
}

void pull_compare(struct pull *p)
{
    if (p->there == NULL)
        pull_trouble(p, LEDGER_EMPTY,
                     "Redis holds nothing of it, this node has entry %llu; what is in force "
                     "here stays. `milter-ctl cluster reseed` writes it again",
                     (unsigned long long)p->own->number);
    else if (p->there->number < p->own->number)
        judge_older(p);
    else
        judge_same(p);
}
