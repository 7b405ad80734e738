/* statistics_hours.c - a few hours at hand, each loaded from the database before it is written over. */
#include "policyd/cluster/statistics_hours.h"
#include <pthread.h>
#include <stdio.h>
#include "policyd/cluster/identity.h"
#include "policyd/cluster/statistics.h"
#include "policyd/health.h"
#include "store/statistics_store.h"

#define HOURS_KEPT   8
#define THIN_AT_ONCE 100

struct kept {
    struct statistics_row row;
    struct counts *counts;
    uint64_t used;
    bool is_loaded; /* holds what was stored before; else only what came since */
    bool is_dirty;
};

static struct {
    pthread_mutex_t lock;
    struct policy_db *db;
    struct kept each[HOURS_KEPT];
    uint64_t clock;
    char adopted[STATISTICS_NODE_SIZE]; /* the node that has all that was counted alone */
} hours = {.lock = PTHREAD_MUTEX_INITIALIZER};

void hours_lock(void)
{
    pthread_mutex_lock(&hours.lock);
}

void hours_unlock(void)
{
    pthread_mutex_unlock(&hours.lock);
}

void hours_begin(struct policy_db *db)
{
    hours.db = db;
}

void hours_end(void)
{
    hours_lock();
    for (size_t i = 0; i < HOURS_KEPT; i++)
        counts_free(&hours.each[i].counts);
    hours.db = NULL;
    hours_unlock();
}

static struct statistics_row row_of(int64_t hour)
{
    struct statistics_row row = {.hour = hour};
    struct identity self;

    if (identity_get(&self))
        snprintf(row.node, sizeof row.node, "%s", self.id);
    memset(&self, 0, sizeof self); /* it holds secrets */
    return row;
}

/* Free, or used longest ago; one that could not be written is kept as long as there is another. */
static struct kept *place_for(const struct statistics_row *row)
{
    struct kept *found = &hours.each[0];

    for (size_t i = 0; i < HOURS_KEPT; i++) {
        struct kept *kept = &hours.each[i];
        if (kept->counts == NULL)
            return kept;
        if (kept->row.hour == row->hour && strcmp(kept->row.node, row->node) == 0)
            return kept;
        if (kept->is_dirty != found->is_dirty ? !kept->is_dirty : kept->used < found->used)
            found = kept;
    }
    return found;
}

static struct kept *find(int64_t hour)
{
    struct statistics_row row = row_of(hour);
    struct kept *kept = place_for(&row);

    if (kept->counts == NULL || kept->row.hour != row.hour ||
        strcmp(kept->row.node, row.node) != 0) {
        counts_free(&kept->counts);
        *kept =
            (struct kept){.row = row, .counts = counts_new(), .is_loaded = hours.db == NULL};
    }
    kept->used = ++hours.clock;
    return kept;
}

static int load(struct kept *kept, struct err *err)
{
    struct str text = STR_EMPTY;
    struct statistics_row row = kept->row;
    int state = statistics_store_get(hours.db, &row, &text, err);
    struct err why;

    if (state == 1 && counts_read(kept->counts, str_span(&text), COUNTS_ALL, &why) != 0)
        log_warn("statistics: %s; what was stored of that hour is lost", why.text);
    kept->is_loaded = state >= 0;
    str_clear(&text);
    return state < 0 ? -1 : 0;
}

static int write_one(struct kept *kept, struct err *err)
{
    struct str text = STR_EMPTY;
    int result;

    if (!kept->is_loaded && load(kept, err) != 0)
        return -1;
    counts_write(&text, kept->counts);
    result = statistics_store_put(hours.db, &kept->row, str_span(&text), err);
    kept->is_dirty = result != 0;
    str_clear(&text);
    return result;
}

static void write_changed(void)
{
    struct err err;
    bool has_written = false, has_failed = false;

    err_reset(&err);
    for (size_t i = 0; hours.db != NULL && i < HOURS_KEPT; i++) {
        if (hours.each[i].counts == NULL || !hours.each[i].is_dirty)
            continue;
        if (write_one(&hours.each[i], &err) == 0)
            has_written = true;
        else
            has_failed = true;
    }
    if (has_written || has_failed)
        health_set("statistics", has_failed, LOG_LEVEL_ERROR,
                   "%s; they are kept in memory and written later", err.text);
}

/* What was counted by a node alone goes with it into the cluster. */
static void adopt(void)
{
    struct statistics_row row = row_of(0);
    struct err err;

    if (hours.db == NULL || row.node[0] == '\0' || strcmp(row.node, hours.adopted) == 0)
        return;
    write_changed();
    if (statistics_store_adopt(hours.db, &row, &err) != 0)
        return; /* the next writing says so, and tries again */
    memcpy(hours.adopted, row.node, sizeof row.node);
    for (size_t i = 0; i < HOURS_KEPT; i++)
        if (!hours.each[i].is_dirty)
            counts_free(&hours.each[i].counts);
}

void hours_add(int64_t hour, const struct counts *counts)
{
    struct kept *kept;

    adopt();
    kept = find(hour);
    counts_merge(kept->counts, counts);
    kept->is_dirty = true;
}

void hours_write(void)
{
    adopt();
    write_changed();
}

/* Without a database: what is at hand, oldest first. */
static void each_in_memory(int64_t from, int64_t until, hours_row *each, void *ctx)
{
    struct str text = STR_EMPTY;
    bool goes_on = true;

    for (int64_t hour = from; hour <= until && goes_on; hour++)
        for (size_t i = 0; i < HOURS_KEPT && goes_on; i++) {
            const struct kept *kept = &hours.each[i];
            if (kept->counts == NULL || kept->row.hour != hour)
                continue;
            str_reset(&text);
            counts_write(&text, kept->counts);
            goes_on = each(ctx, hour, kept->row.node, str_span(&text));
        }
    str_clear(&text);
}

int hours_each(int64_t from, int64_t until, hours_row *each, void *ctx, struct err *err)
{
    struct statistics_row row = {.hour = from - 1, .node = "~"};
    struct str text = STR_EMPTY;
    int state = 0;

    if (hours.db == NULL) {
        hours_lock();
        each_in_memory(from, until, each, ctx);
        hours_unlock();
        return 0;
    }
    while ((state = statistics_store_next(hours.db, &row, until, &text, err)) == 1) {
        if (!each(ctx, row.hour, row.node, str_span(&text)))
            break;
        str_reset(&text);
    }
    str_clear(&text);
    return state < 0 ? -1 : 0;
}

/* Not one that is at hand: it would be written over. */
static bool is_at_hand(const struct statistics_row *row)
{
    for (size_t i = 0; i < HOURS_KEPT; i++)
        if (hours.each[i].counts != NULL && hours.each[i].row.hour == row->hour)
            return true;
    return false;
}

static int make_thin(const struct statistics_row *row, struct span text, struct err *err)
{
    struct counts *counts = counts_new();
    struct str thin = STR_EMPTY;
    int result = 0;

    hours_lock();
    if (!is_at_hand(row) && counts_read(counts, text, COUNTS_ALL, err) == 0) {
        counts_thin(counts, STATISTICS_THIN);
        counts_write(&thin, counts);
        if (thin.len < text.len)
            result = statistics_store_put(hours.db, row, str_span(&thin), err);
    }
    hours_unlock();
    str_clear(&thin);
    counts_free(&counts);
    return result;
}

static int thin_before(int64_t before, struct err *err)
{
    struct statistics_row row = {.hour = -1, .node = "~"};
    struct str text = STR_EMPTY;
    int state = 0;

    for (size_t i = 0; i < THIN_AT_ONCE && state >= 0; i++) {
        state = statistics_store_large(hours.db, &row, before, &text, err);
        if (state != 1)
            break;
        state = make_thin(&row, str_span(&text), err);
        str_reset(&text);
    }
    str_clear(&text);
    return state < 0 ? -1 : 0;
}

void hours_keep_house(int64_t oldest, int64_t thin)
{
    struct err err;

    if (hours.db != NULL &&
        (statistics_store_expire(hours.db, oldest, &err) != 0 || thin_before(thin, &err) != 0))
        log_warn("statistics: %s", err.text);
}
