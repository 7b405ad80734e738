/* Decisions: codes given out at once from reserved rows, records queued for the writer. Nothing here touches the disk after open. */
#include "store/decisions_inside.h"

#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/file.h"
#include "base/log.h"
#include "base/names.h"
#include "base/xalloc.h"
#include "store/dir_lock.h"

#define CLOSE_MS  5000
#define STRAY_BIT 0x80000000u

static const struct name_value program_dirs[] = {
    {"milter", DECISION_MILTER},
    {"policyd", DECISION_POLICYD},
    {NULL, 0},
};

/* The parts of a record that are bytes. */
static const size_t record_spans[] = {
    offsetof(struct decision_record, path),        offsetof(struct decision_record, client),
    offsetof(struct decision_record, helo),        offsetof(struct decision_record, auth_user),
    offsetof(struct decision_record, sender),      offsetof(struct decision_record, recipients),
    offsetof(struct decision_record, disposition), offsetof(struct decision_record, rule),
    offsetof(struct decision_record, reply),       offsetof(struct decision_record, queue_id),
    offsetof(struct decision_record, message_id),  offsetof(struct decision_record, reasons),
    offsetof(struct decision_record, facts),
};
#define SPANS (sizeof(record_spans) / sizeof(*record_spans))

static struct span *span_at(struct decision_record *record, size_t i)
{
    return (struct span *)(void *)((char *)record + record_spans[i]);
}

static char *make_dir(const struct decisions_options *options, struct err *err)
{
    char *program =
        file_path(options->state_dir, names_name(program_dirs, (int)options->program));
    char *dir = file_path(program, "decisions");

    if (file_make_dir(program, 0700, err) < 0 || file_make_dir(dir, 0700, err) < 0)
        xfree(&dir);
    free(program);
    return dir;
}

static void init_waiting(struct decisions *d)
{
    pthread_condattr_t attr;

    pthread_mutex_init(&d->mutex, NULL);
    pthread_condattr_init(&attr);
    pthread_condattr_setclock(&attr, CLOCK_MONOTONIC);
    pthread_cond_init(&d->wake, &attr);
    pthread_cond_init(&d->wake_keeper, &attr);
    pthread_cond_init(&d->changed, &attr);
    pthread_condattr_destroy(&attr);
}

/* Signals are for the daemon's own threads. */
static int start_threads(struct decisions *d)
{
    sigset_t all, before;
    int failed;

    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    d->threads = 1;
    failed = pthread_create(&d->writer, NULL, decisions_write, d);
    if (failed == 0) {
        d->threads = 2;
        failed = pthread_create(&d->keeper, NULL, decisions_keep, d);
    }
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    return failed;
}

static void destroy(struct decisions *d)
{
    while (d->first != NULL) {
        struct queued *next = d->first->next;

        free(d->first);
        d->first = next;
    }
    pthread_mutex_destroy(&d->mutex);
    pthread_cond_destroy(&d->wake);
    pthread_cond_destroy(&d->wake_keeper);
    pthread_cond_destroy(&d->changed);
    if (d->lock_fd >= 0)
        close(d->lock_fd);
    free(d->dir);
    free(d);
}

struct decisions *decisions_open(const struct decisions_options *options, struct err *err)
{
    struct decisions *d = xcalloc(1, sizeof(*d));
    struct err detail;

    d->program = options->program;
    d->days = options->days;
    d->max_bytes = options->max_bytes;
    d->last = &d->first;
    d->keys.count = 1;
    d->keys.of[0].node = options->key->node;
    node_key_subkey(options->key, NODE_KEY_DECISION, d->keys.of[0].key);
    hash_random(&d->stray_row, sizeof(d->stray_row));
    init_waiting(d);
    d->dir = make_dir(options, err);
    d->lock_fd = d->dir == NULL ? -1 : dir_lock(d->dir, err);
    if (d->lock_fd < 0) {
        destroy(d);
        return NULL;
    }
    if (decision_rows_reserve(d, decisions_today(), &d->block, &detail) < 0)
        log_state("decisions", true, LOG_LEVEL_ERROR, "%s", detail.text);
    d->wants_block = true;
    if (start_threads(d) != 0)
        log_fatal("no thread can be started for the writer of decisions; raise the limit of "
                  "processes");
    return d;
}

static struct timespec mono_deadline(int64_t ms)
{
    int64_t at = clock_mono_ms() + ms;

    return (struct timespec){(time_t)(at / 1000), (long)(at % 1000) * 1000000};
}

void decisions_close(struct decisions **decisions)
{
    struct decisions *d = *decisions;
    struct timespec until = mono_deadline(CLOSE_MS);
    bool has_ended;

    *decisions = NULL;
    if (d == NULL)
        return;
    pthread_mutex_lock(&d->mutex);
    d->is_stopping = true;
    pthread_cond_broadcast(&d->wake);
    pthread_cond_broadcast(&d->wake_keeper);
    while (d->threads > 0 && pthread_cond_timedwait(&d->changed, &d->mutex, &until) == 0)
        ;
    has_ended = d->threads == 0;
    pthread_mutex_unlock(&d->mutex);
    if (!has_ended) { /* a disk that hangs: the process ends without it */
        log_warn("decisions: the writer does not end; what it had to write is lost");
        return;
    }
    pthread_join(d->writer, NULL);
    pthread_join(d->keeper, NULL);
    destroy(d);
}

/* Under the mutex. A day that is over goes on being used until the writer has reserved rows of the new one. */
static struct decision_id take_row(struct decisions *d)
{
    struct decision_id id = {
        .node = d->keys.of[0].node, .program = d->program, .day = decisions_today()};

    if (d->next_block.from < d->next_block.to &&
        (d->block.from == d->block.to || d->block.day != id.day)) {
        d->block = d->next_block;
        d->next_block = (struct row_block){0};
    }
    if (d->next_block.from == d->next_block.to || d->block.day != id.day) {
        d->wants_block = true;
        pthread_cond_signal(&d->wake);
    }
    if (d->block.from == d->block.to) {
        id.row = d->stray_row++ | STRAY_BIT;
        return id;
    }
    id.day = d->block.day;
    id.row = d->block.from++;
    return id;
}

void decisions_reserve(struct decisions *decisions, struct decision_ticket *ticket_r)
{
    uint8_t key[HASH_KEY_SIZE];

    pthread_mutex_lock(&decisions->mutex);
    ticket_r->id = take_row(decisions);
    memcpy(key, decisions->keys.of[0].key, sizeof key);
    pthread_mutex_unlock(&decisions->mutex);
    decision_code_print(decision_code_seal(key, &ticket_r->id), ticket_r->code);
}

void decisions_set_keys(struct decisions *decisions, const struct decision_keys *keys)
{
    pthread_mutex_lock(&decisions->mutex);
    decisions->keys = *keys;
    pthread_mutex_unlock(&decisions->mutex);
}

void decisions_take_keys(const struct decisions *d, struct decision_keys *keys_r)
{
    pthread_mutex_t *mutex = &((struct decisions *)(uintptr_t)d)->mutex;

    pthread_mutex_lock(mutex);
    *keys_r = d->keys;
    pthread_mutex_unlock(mutex);
}

/* Cuts what is too long; a block of facts is whole or not there. */
static size_t bound(struct decision_record *record)
{
    size_t bytes = 0;

    if (record->facts.len > DECISIONS_MAX_FACTS)
        record->facts.len = 0;
    for (size_t i = 0; i < SPANS; i++) {
        struct span *s = span_at(record, i);

        if (s != &record->facts && s->len > DECISIONS_MAX_TEXT)
            s->len = DECISIONS_MAX_TEXT;
        bytes += s->len;
    }
    return bytes;
}

static struct queued *copy(const struct decision_id *id, const struct decision_record *record)
{
    struct decision_record bounded = *record;
    size_t bytes = bound(&bounded);
    struct queued *q = xmalloc(sizeof(*q) + bytes);
    char *at = (char *)(q + 1);

    *q = (struct queued){.id = *id, .bytes = sizeof(*q) + bytes, .record = bounded};
    for (size_t i = 0; i < SPANS; i++) {
        struct span *s = span_at(&q->record, i);

        if (s->len > 0)
            memcpy(at, s->ptr, s->len);
        s->ptr = at;
        at += s->len;
    }
    return q;
}

bool decisions_put(struct decisions *decisions, const struct decision_ticket *ticket,
                   const struct decision_record *record)
{
    struct queued *q = copy(&ticket->id, record);
    bool is_full;

    pthread_mutex_lock(&decisions->mutex);
    is_full = decisions->counters.queued >= DECISIONS_QUEUE ||
              decisions->queued_bytes + q->bytes > DECISIONS_QUEUE_BYTES;
    if (is_full)
        decisions->counters.dropped++;
    else {
        decisions->put++;
        decisions->counters.queued++;
        decisions->queued_bytes += q->bytes;
        *decisions->last = q;
        decisions->last = &q->next;
        if (decisions->counters.queued == 1 || decisions->counters.queued == GATHER)
            pthread_cond_signal(&decisions->wake);
    }
    pthread_mutex_unlock(&decisions->mutex);
    if (!is_full)
        return true;
    log_state("decisions queue", true, LOG_LEVEL_WARN,
              "records come faster than they can be written; the newest are dropped");
    free(q);
    return false;
}

bool decisions_flush(struct decisions *decisions, int timeout_ms)
{
    struct timespec until = mono_deadline(timeout_ms);
    bool is_written;
    uint64_t target;

    pthread_mutex_lock(&decisions->mutex);
    target = decisions->put;
    while (decisions->done < target &&
           pthread_cond_timedwait(&decisions->changed, &decisions->mutex, &until) == 0)
        ;
    is_written = decisions->done >= target;
    pthread_mutex_unlock(&decisions->mutex);
    return is_written;
}

void decisions_count(struct decisions *decisions, struct decisions_counters *counters_r)
{
    pthread_mutex_lock(&decisions->mutex);
    *counters_r = decisions->counters;
    pthread_mutex_unlock(&decisions->mutex);
}
