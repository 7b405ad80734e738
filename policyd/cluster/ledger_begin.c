/* The beginning of a cluster: everything policyd.db holds is signed and kept as applied, then written to Redis. */
#include <stdio.h>
#include <stdlib.h>

#include "base/xalloc.h"
#include "policyd/cluster/cluster.h"
#include "policyd/cluster/feed_inside.h"
#include "policyd/cluster/members.h"
#include "store/list_items.h"
#include "store/revisions.h"

int ledger_keep(const struct envelope *e, struct span bytes, struct err *err)
{
    struct ledger_head head;

    ledger_head_of(e, &head);
    return ledger_store_put(cluster_db(), &head, bytes, err);
}

/* e has all but what is the same for all first entries. */
static int keep_signed(struct envelope *e, struct span payload, struct err *err)
{
    struct str parts = STR_EMPTY, text = STR_EMPTY;
    int state = ledger_pieces_make(e->subject, e->number, payload, &parts, err);

    e->base = e->number;
    e->payload = state == 1 ? str_span(&parts) : payload;
    if (state >= 0)
        state = ledger_sign(e, &text, err);
    if (state == 0)
        state = ledger_keep(e, str_span(&text), err);
    str_clear(&parts);
    str_clear(&text);
    return state;
}

static int begin_revision(const struct revision *listed, char parent[ENVELOPE_HASH_SIZE],
                          struct err *err)
{
    struct revision r;
    struct envelope e = {.subject = SPAN("rules"), .number = listed->number, .language = 1};
    int state = revisions_get(cluster_db(), listed->number, &r, err);

    if (state != 1)
        return state < 0
                   ? -1
                   : err_set(err, "revision %llu is gone", (unsigned long long)listed->number);
    e.time_ms = r.time_ms;
    e.author = span_of(r.author);
    e.note = span_of(r.note);
    memcpy(e.parent, parent, sizeof e.parent);
    state = keep_signed(&e, r.text, err);
    memcpy(parent, e.hash, ENVELOPE_HASH_SIZE);
    envelope_clear(&e);
    revision_clear(&r);
    return state;
}

/* Oldest first, each naming the one before; numbers as they are. */
static int begin_rules(struct err *err)
{
    char parent[ENVELOPE_HASH_SIZE] = "";
    struct revision *list;
    size_t count;
    int state = revisions_list(cluster_db(), 0, LEDGER_HISTORY, &list, &count, err);

    if (state < 0)
        return -1;
    if (count == 0)
        state =
            err_set(err, "there is no revision yet; `milter-ctl rules apply FILE` makes the "
                         "first");
    for (size_t i = count; i > 0 && state == 0; i--)
        state = begin_revision(&list[i - 1], parent, err);
    revisions_free(&list, count);
    return state;
}

static int begin_whole(struct span subject, const char *author, struct err *err)
{
    const struct ledger_kind *kind = ledger_kind_find(subject);
    struct envelope e = {.subject = subject, .number = 1, .author = span_of(author)};
    struct str payload = STR_EMPTY;
    int state = kind->whole(subject, &payload, err);

    if (state == 0)
        state = keep_signed(&e, str_span(&payload), err);
    envelope_clear(&e);
    str_clear(&payload);
    return state;
}

static int begin_lists(const char *author, struct err *err)
{
    struct stored_list *lists;
    size_t count;
    int state = list_items_lists(cluster_db(), &lists, &count, err);

    for (size_t i = 0; i < count && state == 0; i++) {
        char subject[LEDGER_SUBJECT_MAX];

        snprintf(subject, sizeof subject, "list/%s", lists[i].name);
        state = begin_whole(span_of(subject), author, err);
    }
    free(lists);
    return state;
}

static int begin_members(struct span payload, const char *author, struct err *err)
{
    struct envelope e = {.subject = SPAN("members"), .number = 1, .author = span_of(author)};
    int state = keep_signed(&e, payload, err);

    if (state == 0)
        state = members_apply(&e, payload, err);
    envelope_clear(&e);
    return state;
}

static int check_empty(struct err *err)
{
    struct ledger_head *heads;
    size_t count, malformed;

    if (ledger_redis_heads(&heads, &count, &malformed, err) < 0)
        return -1;
    free(heads);
    return count + malformed == 0
               ? 0
               : err_set(
                     err,
                     "Redis holds a cluster %s already; join it (`milter-ctl cluster join`) "
                     "or give this one another cluster_name",
                     cluster_settings()->cluster_name);
}

static int begin_all(struct span members_payload, const char *author, struct err *err)
{
    size_t count = 0;

    if (ledger_store_clear(cluster_db(), err) < 0 ||
        begin_members(members_payload, author, err) < 0 || begin_rules(err) < 0 ||
        begin_lists(author, err) < 0 || begin_whole(SPAN("domains"), author, err) < 0)
        return -1;
    return ledger_reseed_all(&count, err);
}

int ledger_begin_all(struct span members_payload, const char *author, struct err *err)
{
    int state;

    feed_hold();
    state = check_empty(err);
    if (state == 0) {
        state = begin_all(members_payload, author, err);
        if (state < 0)
            ledger_store_clear(cluster_db(), NULL);
    }
    feed_release();
    if (state == 0)
        feed_look_and_wait(LEDGER_PIECE_MS);
    return state;
}

int ledger_forget(struct err *err)
{
    int state;

    feed_hold();
    feed_forget();
    ledger_table_clear();
    state = ledger_store_clear(cluster_db(), err);
    feed_release();
    return state;
}
