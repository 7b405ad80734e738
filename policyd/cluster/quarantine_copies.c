/* quarantine_copies.c - the thread that offers, fetches, withdraws and drops second copies; and what it is told to do. */
#include "policyd/cluster/quarantine_copies.h"
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include "base/log.h"
#include "policyd/cluster/cluster.h"
#include "policyd/cluster/copy_tasks.h"
#include "policyd/cluster/quarantine_milter.h"
#include "policyd/cluster/quarantine_rows.h"

#define TASKS 1000

static struct {
    pthread_t thread;
    bool is_begun;
    pthread_mutex_t lock; /* of what follows */
    pthread_cond_t changed;
    bool is_ending;
    struct copy_task tasks[TASKS]; /* a ring */
    size_t first, count;
} copies = {.lock = PTHREAD_MUTEX_INITIALIZER, .changed = PTHREAD_COND_INITIALIZER};

static bool is_same(const struct copy_task *a, const struct copy_task *b)
{
    return a->kind == b->kind && strcmp(a->id, b->id) == 0 && strcmp(a->node, b->node) == 0;
}

/* False when there are too many. One that is there already is not put twice. */
static bool add(enum copy_kind kind, const char *id, const char *node)
{
    struct copy_task task = {.kind = kind};
    bool is_there = false, is_added;

    snprintf(task.id, sizeof task.id, "%s", id);
    snprintf(task.node, sizeof task.node, "%s", node);
    pthread_mutex_lock(&copies.lock);
    for (size_t i = 0; i < copies.count && !is_there; i++)
        is_there = is_same(&copies.tasks[(copies.first + i) % TASKS], &task);
    is_added = is_there || copies.count < TASKS;
    if (is_added && !is_there)
        copies.tasks[(copies.first + copies.count++) % TASKS] = task;
    pthread_cond_signal(&copies.changed);
    pthread_mutex_unlock(&copies.lock);
    return is_added;
}

/* Waits for one; false at the end. */
static bool take(struct copy_task *task_r)
{
    bool is_there;

    pthread_mutex_lock(&copies.lock);
    while (copies.count == 0 && !copies.is_ending)
        pthread_cond_wait(&copies.changed, &copies.lock);
    is_there = !copies.is_ending;
    if (is_there) {
        *task_r = copies.tasks[copies.first];
        copies.first = (copies.first + 1) % TASKS;
        copies.count--;
    }
    pthread_mutex_unlock(&copies.lock);
    return is_there;
}

static void *run(void *arg)
{
    struct copy_task task;

    (void)arg;
    while (take(&task))
        if (cluster_is_member())
            copy_task_do(&task);
    return NULL;
}

int quarantine_copies_begin(struct err *err)
{
    if (pthread_create(&copies.thread, NULL, run, NULL) != 0)
        return err_set(err, "no thread for copies of quarantined messages");
    copies.is_begun = true;
    return 0;
}

void quarantine_copies_end(void)
{
    if (!copies.is_begun)
        return;
    pthread_mutex_lock(&copies.lock);
    copies.is_ending = true;
    pthread_cond_signal(&copies.changed);
    pthread_mutex_unlock(&copies.lock);
    pthread_join(copies.thread, NULL);
    copies.is_begun = false;
}

static bool wants_copies(void)
{
    return cluster_settings()->quarantine_copies > 1;
}

static bool is_state(const json_t *row, const char *state)
{
    return strcmp(quarantine_row_text(row, "state"), state) == 0;
}

static bool is_over(const json_t *row)
{
    return is_state(row, "released") || is_state(row, "deleted");
}

void quarantine_copies_changed(const char *id, const json_t *row)
{
    if (row && *quarantine_row_text(row, "holder"))
        return;
    if (!row || is_over(row))
        add(COPY_WITHDRAW, id, "");
    else if (is_state(row, "held") && wants_copies())
        add(COPY_OFFER, id, "");
}

/* Does the holder's index say that it has the message still? True when that cannot be known. */
static bool is_held_there(const char *id, const char *holder)
{
    struct node_seen node = {.state = NODE_ALIVE};
    struct str sealed = STR_EMPTY;
    struct quarantine_keys keys;
    struct err err;
    json_t *row = NULL;
    bool is_held = true;

    snprintf(node.member.id, sizeof node.member.id, "%s", holder);
    if (quarantine_shared_find(&node, 1, id, &sealed, &err) == 0 &&
        quarantine_keys_get(&keys)) {
        row = sealed.len > 0 ? quarantine_row_open(str_span(&sealed), &keys, holder, id) : NULL;
        is_held = row && !is_over(row);
    }
    json_decref(row);
    str_clear(&sealed);
    return is_held;
}

void quarantine_copies_compare(const char *id, const json_t *row)
{
    const char *holder = quarantine_row_text(row, "holder");

    if (is_state(row, "copy") && !is_held_there(id, holder))
        add(COPY_CHECK, id, holder);
    else if (is_state(row, "held") && !*holder && wants_copies() && !copy_is_where_due(id))
        add(COPY_OFFER, id, "");
}

int quarantine_copies_fetch(const char *node, const char *id, struct err *err)
{
    if (add(COPY_FETCH, id, node))
        return 0;
    return err_set(err, "%d copies wait to be fetched already; try later", TASKS);
}
