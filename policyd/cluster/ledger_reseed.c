/* Writing to Redis what it lost: the entries are signed already, they only lie here. */
#include "policyd/cluster/ledger_inside.h"

#include <stdio.h>
#include <stdlib.h>

#include "base/log.h"
#include "base/xalloc.h"
#include "policyd/cluster/cluster.h"

int ledger_own_hash(struct span subject, uint64_t number, char hash_r[ENVELOPE_HASH_SIZE],
                    struct err *err)
{
    struct str bytes = STR_EMPTY;
    struct envelope e = {0};
    int state = ledger_store_get(cluster_db(), subject, number, &bytes, err);

    if (state == 1 && envelope_parse(str_span(&bytes), &e, err) < 0)
        state = -1;
    if (state == 1)
        memcpy(hash_r, e.hash, ENVELOPE_HASH_SIZE);
    envelope_clear(&e);
    str_clear(&bytes);
    return state;
}

/* One entry with its pieces; expected NULL: it is not the head. */
static int write_one(const struct ledger_head *own, uint64_t number, const char *expected,
                     struct err *err)
{
    struct span subject = span_of(own->subject);
    struct str bytes = STR_EMPTY;
    struct ledger_head there;
    struct envelope e = {0};
    int state = ledger_store_get(cluster_db(), subject, number, &bytes, err);

    if (state == 0)
        state = err_set(err, "entry %llu of %s is not in policyd.db",
                        (unsigned long long)number, own->subject);
    if (state == 1 && envelope_parse(str_span(&bytes), &e, err) < 0)
        state = -1;
    if (state == 1)
        state = ledger_pieces_write(subject, e.payload, err) < 0 ? -1 : 1;
    const struct ledger_write write = {
        .subject = subject, .expected = expected, .head = own, .envelope = str_span(&bytes)};
    if (state == 1 && expected == NULL)
        state = ledger_write_entry(subject, number, str_span(&bytes), err) < 0 ? -1 : 1;
    else if (state == 1)
        state = ledger_write_head(&write, &there, err);
    envelope_clear(&e);
    str_clear(&bytes);
    return state;
}

int ledger_reseed_from(const struct ledger_head *own, uint64_t from, const char *expected,
                       size_t *count, struct err *err)
{
    uint64_t first;
    int state = 1;

    if (ledger_store_first(cluster_db(), span_of(own->subject), &first, err) < 0)
        return -1;
    for (uint64_t n = from > first ? from : first; n <= own->number && state == 1; n++) {
        state = write_one(own, n, n == own->number ? expected : NULL, err);
        *count += state == 1;
    }
    if (state == 0)
        err_set(err, "somebody wrote %s in Redis at the same moment; try again", own->subject);
    return state;
}

static int is_fork(const char *subject, struct err *err)
{
    return err_set(err,
                   "%s: Redis has another history than this node; nothing was written over it. "
                   "Look at both (`milter-ctl rules history` here and on another node); "
                   "`milter-ctl cluster reseed --supersede` puts what is in force here on top",
                   subject);
}

/* What Redis has must be ours: the same, a part of it, or nothing. */
static int reseed_one(const struct ledger_head *own, const struct ledger_head *there,
                      size_t *count, struct err *err)
{
    char expected[ENVELOPE_HASH_SIZE + 24] = "", hash[ENVELOPE_HASH_SIZE];
    int state;

    if (there == NULL)
        return ledger_reseed_from(own, 0, "", count, err) == 1 ? 0 : -1;
    if (there->number > own->number)
        return 0; /* the feed is on it, and judges it */
    state = ledger_own_hash(span_of(own->subject), there->number, hash, err);
    if (state < 0)
        return -1;
    if (state == 1 && strcmp(hash, there->hash) != 0)
        return is_fork(own->subject, err);
    snprintf(expected, sizeof expected, "%llu %s", (unsigned long long)there->number,
             there->hash);
    /* The same head: entries below it may be missing all the same. */
    return ledger_reseed_from(own, there->number == own->number ? 0 : there->number + 1,
                              expected, count, err) == 1
               ? 0
               : -1;
}

static const struct ledger_head *find(const struct ledger_head *heads, size_t count,
                                      const char *subject)
{
    for (size_t i = 0; i < count; i++)
        if (strcmp(heads[i].subject, subject) == 0)
            return &heads[i];
    return NULL;
}

static bool is_in_order(const char *subject)
{
    struct ledger_status status;

    return ledger_status(span_of(subject), &status) && status.state == LEDGER_IN_ORDER;
}

int ledger_reseed_all(size_t *count, struct err *err)
{
    struct ledger_head *own, *there = NULL;
    size_t own_count, there_count = 0, malformed;
    int state = ledger_store_heads(cluster_db(), &own, &own_count, err);

    if (state == 0)
        state = ledger_redis_heads(&there, &there_count, &malformed, err);
    for (size_t i = 0; i < own_count && state == 0; i++) {
        const struct ledger_head *same = find(there, there_count, own[i].subject);

        if (same == NULL || !is_in_order(own[i].subject) || same->number < own[i].number)
            state = reseed_one(&own[i], same, count, err);
    }
    free(own);
    free(there);
    return state;
}

int ledger_reseed(size_t *count_r, struct err *err)
{
    int state;

    *count_r = 0;
    feed_hold();
    state = ledger_reseed_all(count_r, err);
    feed_release();
    if (*count_r > 0)
        log_warn("cluster: %zu entries were written to Redis again", *count_r);
    feed_look_and_wait(LEDGER_PIECE_MS);
    return state;
}

static int supersede_one(const struct ledger_head *own, const char *author, struct err *err)
{
    const struct ledger_kind *kind = ledger_kind_find(span_of(own->subject));
    struct ledger_draft draft = {.subject = span_of(own->subject),
                                 .author = author,
                                 .note = "what was in force here, on top of another history",
                                 .base_hash = own->hash,
                                 .is_base = true,
                                 .is_superseding = true};
    struct str payload = STR_EMPTY;
    uint64_t number;
    int state;

    if (kind == NULL || kind->whole == NULL)
        return err_set(err,
                       "%s cannot be written anew; `milter-ctl cluster leave` and a new "
                       "`milter-ctl cluster init` make a new history",
                       own->subject);
    state = kind->whole(draft.subject, &payload, err);
    draft.payload = str_span(&payload);
    if (state == 0)
        state = ledger_append(&draft, &number, err);
    str_clear(&payload);
    return state == 1 ? 0 : -1;
}

int ledger_supersede(const char *author, size_t *count_r, struct err *err)
{
    struct ledger_head *own;
    size_t own_count;
    int state;

    *count_r = 0;
    feed_look_and_wait(5000);
    state = ledger_store_heads(cluster_db(), &own, &own_count, err);
    for (size_t i = 0; i < own_count && state == 0; i++) {
        if (is_in_order(own[i].subject))
            continue;
        state = supersede_one(&own[i], author, err);
        *count_r += state == 0;
    }
    free(own);
    return state;
}
