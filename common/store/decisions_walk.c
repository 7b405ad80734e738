/* decisions_walk.c - reads the files of some days from the first row to the last. */
#include "store/decisions_walk.h"

#include "store/decision_words.h"

#define FLUSH_MS 500
#define BATCH    500 /* rows of one statement: the file's log cannot be cut while one reads */

static const char batch_text[] =
    "SELECT row, time, path, disposition, facts FROM decision"
    " WHERE row > ?1 AND time >= ?2 AND time < ?3 ORDER BY row LIMIT ?4";

struct walk {
    int64_t since, until;
    const struct decisions_walker *walker;
    struct sql sql;
    sqlite3_stmt *batch;
    int64_t row; /* the last one that was read */
    bool is_over;
};

static void take(struct walk *w)
{
    const struct decision_record record = {.time_ms = sqlite3_column_int64(w->batch, 1),
                                           .path = sql_span(w->batch, 2),
                                           .disposition = sql_span(w->batch, 3),
                                           .facts = sql_span(w->batch, 4)};

    w->row = sqlite3_column_int64(w->batch, 0);
    w->is_over = !w->walker->take(w->walker->ctx, &record);
}

/* How many rows there were; -1. */
static int read_batch(struct walk *w, struct err *err)
{
    int count = 0, result = 1;

    sql_bind(w->batch, 1, w->row);
    sql_bind(w->batch, 2, w->since);
    sql_bind(w->batch, 3, w->until);
    sql_bind(w->batch, 4, BATCH);
    while (result == 1 && !w->is_over) {
        result = sql_step(&w->sql, w->batch, err);
        if (result == 1) {
            take(w);
            count++;
        }
    }
    sqlite3_reset(w->batch);
    return result < 0 ? -1 : count;
}

static int walk_day(const struct decisions *d, struct walk *w, uint16_t day, struct err *err)
{
    int result = decision_day_open(d, day, &w->sql, err), count = BATCH;

    if (result != 1)
        return result;
    w->row = -1;
    w->batch = sql_prepare(&w->sql, batch_text, err);
    while (w->batch != NULL && count == BATCH && !w->is_over)
        count = read_batch(w, err);
    result = w->batch == NULL || count < 0 ? -1 : 1;
    sqlite3_finalize(w->batch);
    sql_close(&w->sql);
    return result;
}

/* A decision is filed by the day its row was reserved; its time is a little later. */
int decisions_walk(struct decisions *decisions, int64_t since_ms, int64_t until_ms,
                   const struct decisions_walker *walker, struct err *err)
{
    struct walk w = {.since = since_ms, .until = until_ms, .walker = walker};
    int64_t first = since_ms / DAY_MS, last = (until_ms - 1) / DAY_MS;
    int result = 0;

    if (since_ms < 0 || until_ms <= since_ms || last > DECISION_DAY_MAX)
        return 0;
    decisions_flush(decisions, FLUSH_MS);
    for (int64_t day = first > 0 ? first - 1 : 0; day <= last && !w.is_over; day++) {
        int found = walk_day(decisions, &w, (uint16_t)day, err);
        if (found < 0)
            return -1;
        if (found == 1 && day >= first)
            result = 1;
    }
    return result;
}
