/* The words by which decisions of the past are found: of each row its addresses, domains, client, rule, verdict, queue id and message id, hashed to 32
 * bits. The keeper gathers those of some thousand rows into one segment, sorted: a row of the day's table `segment` with the rows and times it
 * covers. So today has words as the days before, but for the last minutes, and each takes one small write. A word says that a row may fit; the row
 * itself is looked at. Within store/ only. */
#ifndef STORE_DECISION_WORDS_H
#define STORE_DECISION_WORDS_H
#include "store/decisions_inside.h"
#include "store/decisions_search.h"

#define SEGMENT_ROWS  4096
#define SEGMENT_WORDS 200000 /* of one segment; a row has at most some thousand */
#define WORDS_MAX     8      /* of a query */

/* The columns of a row as all statements over `decision` select them. */
#define DECISION_COLUMNS                                                                       \
    "row, time, path, client, helo, auth_user, sender, recipients, disposition, rule, reply,"  \
    " queue_id, message_id, revision, generation, reasons"
enum decision_column {
    COLUMN_ROW,
    COLUMN_TIME,
    COLUMN_PATH,
    COLUMN_CLIENT,
    COLUMN_HELO,
    COLUMN_AUTH_USER,
    COLUMN_SENDER,
    COLUMN_RECIPIENTS,
    COLUMN_DISPOSITION,
    COLUMN_RULE,
    COLUMN_REPLY,
    COLUMN_QUEUE_ID,
    COLUMN_MESSAGE_ID,
    COLUMN_REVISION,
    COLUMN_GENERATION,
    COLUMN_REASONS,
    COLUMN_FACTS
};

/* Makes the segments of a day's rows below `below` that have none yet; of a day that is over also the last, smaller one. Runs until done or until
 * should_stop. -1: SQLite's reason. */
struct word_keeping {
    struct sql *sql;
    int64_t below;
    bool is_over;
    int (*should_stop)(void *ctx);
    void *ctx;
};
int decision_words_keep(const struct word_keeping *keeping, struct err *err);

/* The words of a query each of which all its rows have; returns how many (0: rows must be read). */
size_t decision_words_of(const struct decisions_query *query, uint32_t words_r[WORDS_MAX]);
/* The rows of a segment's words that have the rarest of these words, ascending: entries i to i + *count_r - 1 of it, decision_words_row. */
size_t decision_words_find(struct span segment, const uint32_t *words, size_t word_count,
                           size_t *count_r);
uint32_t decision_words_row(struct span segment, size_t entry);

/* Does the row that stmt stands at (DECISION_COLUMNS, facts) fit the query? */
bool decision_fits(const struct decisions_query *query, sqlite3_stmt *stmt);
/* The same folding for both sides. */
struct span decision_message_id(struct span id); /* without < > */

/* The rows a code may stand for, one for each key under which it is of this node and program; 0 with a text: it is none, another node's or the
 * other program's. */
size_t decision_code_ids(const struct decisions *d, struct span code,
                         struct decision_id ids_r[DECISION_KEYS], struct err *err);
/* Reading, shared by decisions_read.c and decisions_search.c. */
int decision_day_open(const struct decisions *d, uint16_t day, struct sql *sql,
                      struct err *err); /* 1 open, 0 there is no file of that day, -1 */
/* All but the facts. */
void decision_row_read(const struct decisions *d, uint16_t day, sqlite3_stmt *stmt,
                       struct arena *arena, struct decision *out_r);
#endif
