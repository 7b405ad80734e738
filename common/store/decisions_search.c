/* Searches decisions: the days backwards, in each the rows without words, then segment by segment what their words point to. */
#include "store/decisions_search.h"

#include <stdlib.h>

#include "base/clock.h"
#include "base/xalloc.h"
#include "store/decision_words.h"

#define FLUSH_MS  500
#define MAX_DAYS  4096
#define STRAY_ROW 0x80000000 /* rows from here on were taken without reservation, in no order */

static const char range_text[] = "SELECT " DECISION_COLUMNS ", facts FROM decision"
                                 " WHERE row >= ?1 AND row <= ?2 ORDER BY row DESC";
static const char row_text[] =
    "SELECT " DECISION_COLUMNS ", facts FROM decision WHERE row = ?1";
static const char segments_text[] =
    "SELECT first, last, words FROM segment WHERE last <= ?1 AND last > ?2 AND until >= ?3"
    " AND (?4 = 0 OR since < ?4) ORDER BY last DESC";
static const char newest_text[] = "SELECT max(row) FROM decision WHERE row < ?1";
static const char has_segments_text[] =
    "SELECT count(*) FROM sqlite_master WHERE type = 'table' AND name = 'segment' AND ?1 = ?1";
static const char last_segment_text[] = "SELECT max(last) FROM segment WHERE last >= ?1";

struct search {
    const struct decisions *d;
    const struct decisions_query *q;
    const struct decisions_reader *reader;
    struct decisions_found *found;
    uint32_t words[WORDS_MAX];
    size_t word_count;
    int64_t deadline;
    struct arena *arena; /* of one row */
    /* The day that is open: */
    uint16_t day;
    int64_t after; /* rows up to here are not wanted */
    struct sql sql;
    sqlite3_stmt *range, *row;
};

/* False: nothing more is wanted. */
static bool goes_on(struct search *s)
{
    if (s->found->has_more)
        return false;
    s->found->is_out_of_time =
        s->found->is_out_of_time || (s->q->budget_ms > 0 && clock_mono_ms() > s->deadline);
    return !s->found->is_out_of_time;
}

/* It was there when the mark was made. */
static bool is_old(const struct search *s, sqlite3_stmt *stmt)
{
    const struct decisions_mark *after = &s->q->after;

    return after->day == s->day && sqlite3_column_int64(stmt, COLUMN_ROW) <= after->row &&
           sqlite3_column_int64(stmt, COLUMN_TIME) < after->time_ms - DECISIONS_OVERLAP_MS;
}

static void look_at(struct search *s, sqlite3_stmt *stmt)
{
    struct decision decision;

    if (is_old(s, stmt) || !decision_fits(s->q, stmt))
        return;
    if (s->found->count == s->q->limit) {
        s->found->has_more = true;
        return;
    }
    s->found->count++;
    arena_reset(s->arena);
    decision_row_read(s->d, s->day, stmt, s->arena, &decision);
    s->reader->take(s->reader->ctx, &decision);
}

/* All rows from .. to, the highest first. */
static int read_range(struct search *s, int64_t from, int64_t to, struct err *err)
{
    int result = 1;

    sql_bind(s->range, 1, from > s->after ? from : s->after + 1);
    sql_bind(s->range, 2, to);
    while (result == 1 && goes_on(s)) {
        result = sql_step(&s->sql, s->range, err);
        if (result == 1)
            look_at(s, s->range);
    }
    sqlite3_reset(s->range);
    return result < 0 ? -1 : 0;
}

static int read_words(struct search *s, struct span segment, struct err *err)
{
    size_t count, first = decision_words_find(segment, s->words, s->word_count, &count);
    int result = 1;

    while (count > 0 && result >= 0 && goes_on(s)) {
        uint32_t row = decision_words_row(segment, first + --count);

        if (row <= s->after && row < STRAY_ROW)
            continue;
        sql_bind(s->row, 1, row);
        result = sql_step(&s->sql, s->row, err);
        if (result == 1)
            look_at(s, s->row);
        sqlite3_reset(s->row);
    }
    return result < 0 ? -1 : 0;
}

static int read_segments(struct search *s, int64_t last, struct err *err)
{
    sqlite3_stmt *stmt = sql_prepare(&s->sql, segments_text, err);
    int result = stmt == NULL ? -1 : 1;

    if (stmt != NULL) {
        sql_bind(stmt, 1, last);
        sql_bind(stmt, 2, s->after);
        sql_bind(stmt, 3, s->q->since_ms);
        sql_bind(stmt, 4, s->q->until_ms);
    }
    while (result == 1 && goes_on(s)) {
        result = sql_step(&s->sql, stmt, err);
        if (result != 1)
            break;
        int read = s->word_count > 0 ? read_words(s, sql_span(stmt, 2), err)
                                     : read_range(s, sqlite3_column_int64(stmt, 0),
                                                  sqlite3_column_int64(stmt, 1), err);
        result = read < 0 ? -1 : 1;
    }
    sqlite3_finalize(stmt);
    return result < 0 ? -1 : 0;
}

/* The last row that has words; 0: none. */
static int last_with_words(struct search *s, int64_t *last_r, struct err *err)
{
    int64_t tables = 0;

    *last_r = 0;
    if (sql_number(&s->sql, has_segments_text, 0, &tables, err) < 0)
        return -1;
    return tables == 0 ? 0 : sql_number(&s->sql, last_segment_text, 0, last_r, err);
}

/* Rows without words are above those that have them, but for strays: with words they are in the last segment. */
static int read_day(struct search *s, struct err *err)
{
    int64_t last;

    if (last_with_words(s, &last, err) < 0 || read_range(s, last + 1, UINT32_MAX, err) < 0)
        return -1;
    return last > 0 ? read_segments(s, last, err) : 0;
}

static int open_day(struct search *s, uint16_t day, struct err *err)
{
    const struct decisions_mark *after = &s->q->after;
    int result;

    s->day = day;
    s->after = after->day == day && after->row > DECISIONS_OVERLAP
                   ? (int64_t)after->row - DECISIONS_OVERLAP
                   : 0;
    s->range = s->row = NULL;
    result = decision_day_open(s->d, day, &s->sql, err);
    if (result != 1)
        return result;
    s->range = sql_prepare(&s->sql, range_text, err);
    s->row = s->range == NULL ? NULL : sql_prepare(&s->sql, row_text, err);
    return s->row == NULL ? -1 : 1;
}

static void mark(struct search *s)
{
    int64_t row = 0;

    if (s->found->mark.day != 0 || sql_number(&s->sql, newest_text, STRAY_ROW, &row, NULL) != 1)
        return;
    s->found->mark = (struct decisions_mark){s->day, (uint32_t)row, clock_now_ms()};
}

/* A day that cannot be read is named; the others are searched all the same. */
static void search_day(struct search *s, uint16_t day)
{
    struct err err;
    int result;

    err_reset(&err);
    result = open_day(s, day, &err);
    if (result == 1) {
        mark(s);
        result = read_day(s, &err);
    }
    if (result < 0)
        s->found->trouble = err;
    sqlite3_finalize(s->range);
    sqlite3_finalize(s->row);
    sql_close(&s->sql);
}

/* A decision is filed by the day its row was reserved, its time is a little later: so a day counts one on either side. */
static bool is_wanted(const struct decisions_query *q, int64_t day)
{
    return day >= q->since_ms / DAY_MS - 1 && day >= q->after.day &&
           (q->until_ms == 0 || day <= q->until_ms / DAY_MS + 1);
}

static void search_days(struct search *s)
{
    uint16_t *days = xreallocarray(NULL, MAX_DAYS, sizeof(*days));
    size_t count = decision_file_days(s->d, days, MAX_DAYS);

    while (count > 0 && goes_on(s))
        if (is_wanted(s->q, days[--count]))
            search_day(s, days[count]);
    free(days);
}

/* By its code: one row, which must fit the rest, too. Codes of others are no error: they are found elsewhere. */
static void search_id(struct search *s, const struct decision_id *id)
{
    struct err err;

    err_reset(&err);
    if (open_day(s, id->day, &err) == 1) {
        mark(s);
        s->after = 0;
        if (read_range(s, id->row, id->row, &err) < 0)
            s->found->trouble = err;
    }
    sqlite3_finalize(s->range);
    sqlite3_finalize(s->row);
    sql_close(&s->sql);
}

static void search_code(struct search *s)
{
    struct decision_id ids[DECISION_KEYS];
    size_t count = decision_code_ids(s->d, s->q->code, ids, NULL);

    for (size_t i = 0; i < count; i++)
        search_id(s, &ids[i]);
}

int decisions_search(struct decisions *decisions, const struct decisions_query *query,
                     const struct decisions_reader *reader, struct decisions_found *found_r,
                     struct err *err)
{
    struct search s = {.d = decisions, .q = query, .reader = reader, .found = found_r};

    *found_r = (struct decisions_found){0};
    if (query->limit == 0 || query->limit > DECISIONS_MAX_FOUND)
        return err_set(err, "%zu rows cannot be asked for; 1 to %d can", query->limit,
                       DECISIONS_MAX_FOUND);
    s.word_count = decision_words_of(query, s.words);
    s.deadline = clock_mono_ms() + query->budget_ms;
    s.arena = arena_new();
    decisions_flush(decisions, FLUSH_MS);
    if (query->code.len > 0)
        search_code(&s);
    else
        search_days(&s);
    arena_free(&s.arena);
    return 0;
}
