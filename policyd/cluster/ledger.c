/* Writing an entry of a signed log: signed here, set by compare-and-set, taken back by the feed. And the base that keeps a log short. */
#include "policyd/cluster/ledger_inside.h"

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/clock.h"
#include "base/log.h"
#include "base/xalloc.h"
#include "policyd/cluster/cluster.h"
#include "policyd/cluster/identity.h"

#define APPLY_MS 10000 /* of our own entry, here */

/* One writer at a time on this node. */
static pthread_mutex_t writing = PTHREAD_MUTEX_INITIALIZER;

/* An entry on its way. */
struct appending {
    const struct ledger_draft *draft;
    struct ledger_head own; /* what it follows here; number 0: none */
    char expected[ENVELOPE_HASH_SIZE + 24];
    struct envelope e;
    struct str payload, text; /* of an entry whose payload goes in pieces; the signed entry */
};

static void expect(struct appending *a, const struct ledger_head *head)
{
    if (head->number > 0)
        snprintf(a->expected, sizeof a->expected, "%llu %s", (unsigned long long)head->number,
                 head->hash);
    memcpy(a->e.parent, head->hash, sizeof a->e.parent);
    a->e.number = head->number + 1;
}

/* On top of whatever is there, and above both. */
static int supersede(struct appending *a, struct err *err)
{
    struct ledger_head there;

    if (!a->draft->is_base)
        return err_set(err, "only a whole state can supersede");
    if (ledger_redis_head(cluster_redis_admin(), a->draft->subject, &there, err) < 0)
        return -1;
    expect(a, there.number > 0 ? &there : &a->own);
    if (there.number == 0)
        a->expected[0] = '\0';
    if (a->own.number >= a->e.number)
        a->e.number = a->own.number + 1;
    if (a->own.number > 0 && strcmp(a->own.hash, a->e.parent) != 0)
        memcpy(a->e.supersedes[a->e.supersedes_count++], a->own.hash, ENVELOPE_HASH_SIZE);
    if (there.number > 0)
        memcpy(a->e.supersedes[a->e.supersedes_count++], there.hash, ENVELOPE_HASH_SIZE);
    return 0;
}

/* 1 it follows what it was made from, 0 that is no longer the head, -1. */
static int follow(struct appending *a, struct err *err)
{
    const struct ledger_draft *draft = a->draft;
    int state = ledger_store_head(cluster_db(), draft->subject, &a->own, err);

    if (state < 0)
        return -1;
    if (draft->base_hash != NULL && strcmp(draft->base_hash, a->own.hash) != 0)
        return 0;
    if (draft->is_superseding) {
        if (supersede(a, err) < 0)
            return -1;
    } else
        expect(a, &a->own);
    if (a->own.number == 0 && !draft->is_base)
        return err_set(err, "the first entry of %.*s must be its whole state",
                       SPAN_ARG(draft->subject));
    a->e.base = draft->is_base ? a->e.number : a->own.base;
    return 1;
}

static int sign(struct appending *a, struct err *err)
{
    const struct ledger_draft *draft = a->draft;
    int state =
        ledger_pieces_make(draft->subject, a->e.number, draft->payload, &a->payload, err);

    if (state < 0)
        return -1;
    a->e.subject = draft->subject;
    a->e.author = span_of(draft->author);
    a->e.note = span_of(draft->note);
    a->e.language = draft->language;
    a->e.payload = state == 1 ? str_span(&a->payload) : draft->payload;
    return ledger_sign(&a->e, &a->text, err);
}

/* Nothing, or less than this node has: nothing is written over that. */
static int is_behind(const struct appending *a, const struct ledger_head *there,
                     struct err *err)
{
    return err_set(err,
                   "Redis %s of %.*s, this node has entry %llu; nothing is written over that: "
                   "see `milter-ctl status` and `milter-ctl cluster reseed`",
                   there->number == 0 ? "holds nothing" : "has only an older state",
                   SPAN_ARG(a->draft->subject), (unsigned long long)a->own.number);
}

/* What Redis has is not taken here. */
static void say_stuck(const struct appending *a, const struct ledger_head *there,
                      struct err *err)
{
    struct ledger_status status;

    if (!ledger_status(a->draft->subject, &status))
        status.why[0] = '\0';
    err_set(
        err,
        "entry %llu of %.*s is the newest in Redis, but not in force here (%s); mend that "
        "first, or put what is in force here on top: `milter-ctl cluster reseed --supersede`",
        (unsigned long long)there->number, SPAN_ARG(a->draft->subject), status.why);
}

static void say_author(const struct appending *a, const struct ledger_head *now,
                       struct err *err)
{
    struct str bytes = STR_EMPTY;
    struct envelope e = {0};
    char time[24];

    if (ledger_store_get(cluster_db(), a->draft->subject, now->number, &bytes, NULL) == 1 &&
        envelope_parse(str_span(&bytes), &e, NULL) == 0)
        err_set(err, "%.*s was first: entry %llu of %.*s, written %s", SPAN_ARG(e.author),
                (unsigned long long)now->number, SPAN_ARG(a->draft->subject),
                clock_iso(e.time_ms, time));
    else
        err_set(err, "somebody else was first: entry %llu of %.*s",
                (unsigned long long)now->number, SPAN_ARG(a->draft->subject));
    envelope_clear(&e);
    str_clear(&bytes);
}

/* Somebody else was first. */
static int conflict(const struct appending *a, const struct ledger_head *there, struct err *err)
{
    struct ledger_head now;

    if (there->number == 0 || there->number < a->own.number)
        return is_behind(a, there, err);
    feed_look_and_wait(APPLY_MS);
    if (ledger_store_head(cluster_db(), a->draft->subject, &now, NULL) != 1)
        now = *there;
    if (now.number < there->number ||
        (now.number == there->number && strcmp(now.hash, there->hash) != 0))
        say_stuck(a, there, err);
    else
        say_author(a, &now, err);
    return 0;
}

static int write_entry(struct appending *a, struct err *err)
{
    struct ledger_head head, there;
    int state;

    if (sign(a, err) < 0)
        return -1;
    ledger_head_of(&a->e, &head);
    const struct ledger_write write = {.subject = a->draft->subject,
                                       .expected = a->expected,
                                       .head = &head,
                                       .envelope = str_span(&a->text)};
    if (ledger_pieces_write(a->draft->subject, a->e.payload, err) < 0)
        return -1;
    state = ledger_write_head(&write, &there, err);
    return state == 0 ? conflict(a, &there, err) : state;
}

/* What was first, when what the draft was made from is not what this node has now. */
static int is_no_longer(const struct appending *a, struct err *err)
{
    return conflict(a, &a->own, err);
}

static int append(const struct ledger_draft *draft, uint64_t *number_r, struct err *err)
{
    struct appending a = {.draft = draft};
    int state = follow(&a, err);

    if (state == 1)
        state = write_entry(&a, err);
    else if (state == 0)
        state = is_no_longer(&a, err);
    *number_r = a.e.number;
    envelope_clear(&a.e);
    str_clear(&a.payload);
    str_clear(&a.text);
    return state;
}

/* What lay below a base that is written now. */
static void remove_below(struct span subject, uint64_t from, uint64_t base, char (*pieces)[65],
                         size_t count)
{
    struct err err;
    int state = ledger_write_unlink(subject, from, base, &err);

    for (size_t i = 0; i < count && state == 0; i++)
        if (ledger_store_has_piece(cluster_db(), pieces[i], &err) == 0)
            state = ledger_write_unlink_piece(pieces[i], &err);
    if (state < 0)
        log_warn("cluster: old entries of %.*s stay in Redis: %s", SPAN_ARG(subject), err.text);
}

static bool drops_below(struct span subject)
{
    return !span_is(subject, "rules") && !span_is(subject, "members");
}

int ledger_append(const struct ledger_draft *draft, uint64_t *number_r, struct err *err)
{
    struct ledger_head before = {0};
    char(*pieces)[65] = NULL;
    size_t count = 0;
    bool drops = draft->is_base && drops_below(draft->subject);
    int state;

    *number_r = 0;
    pthread_mutex_lock(&writing);
    if (drops && ledger_store_head(cluster_db(), draft->subject, &before, NULL) == 1)
        ledger_store_pieces(cluster_db(), draft->subject, before.number + 1, &pieces, &count);
    state = append(draft, number_r, err);
    if (state == 1) {
        feed_look();
        if (!ledger_table_wait(draft->subject, *number_r, APPLY_MS))
            log_warn("cluster: entry %llu of %.*s is written, but not in force here yet",
                     (unsigned long long)*number_r, SPAN_ARG(draft->subject));
        if (drops && before.number > 0)
            remove_below(draft->subject, before.base, *number_r, pieces, count);
    }
    xfree(&pieces);
    pthread_mutex_unlock(&writing);
    return state;
}

int ledger_shorten(struct span subject, const char *author, struct err *err)
{
    const struct ledger_kind *kind = ledger_kind_find(subject);
    struct ledger_head head;
    struct ledger_draft draft = {.subject = subject, .author = author, .is_base = true};
    struct str payload = STR_EMPTY;
    uint64_t number;
    int state;

    if (kind == NULL || kind->whole == NULL ||
        ledger_store_head(cluster_db(), subject, &head, err) != 1 ||
        head.number - head.base < LEDGER_MAX_SINCE_BASE)
        return 0;
    /* Read after the head: when another entry comes between, it is no longer the head. */
    draft.base_hash = head.hash;
    draft.note = "the whole state, so that the log stays short";
    state = kind->whole(subject, &payload, err);
    draft.payload = str_span(&payload);
    if (state == 0)
        state = ledger_append(&draft, &number, err);
    str_clear(&payload);
    return state < 0 ? -1 : 0;
}
