/* The parts of decisions among themselves: queue (decisions.c), rows (decision_rows.c), writer, keeper, reader. */
#ifndef STORE_DECISIONS_INSIDE_H
#define STORE_DECISIONS_INSIDE_H
#include <pthread.h>

#include "store/decisions.h"
#include "store/sql.h"

#define DAY_MS 86400000
/* The writer is woken by the first record that waits and by this one; between, it gathers. */
#define GATHER 256

struct row_block { /* rows from .. to - 1 of a day, reserved durably */
    uint16_t day;
    uint32_t from, to;
};

/* A record that waits: the spans of `record` point behind it. */
struct queued {
    struct queued *next;
    struct decision_id id;
    size_t bytes;
    struct decision_record record;
};

struct decisions {
    char *dir;
    int lock_fd;
    enum decision_program program;
    int64_t days, max_bytes;
    pthread_t writer, keeper;

    pthread_mutex_t mutex; /* all below */
    pthread_cond_t wake;   /* for the writer: something is queued, a block is needed, stop */
    pthread_cond_t wake_keeper;
    pthread_cond_t changed; /* records were written, a thread ended */
    struct decision_keys keys;
    bool is_stopping;
    unsigned threads;
    struct row_block block, next_block;
    bool wants_block;
    uint32_t stray_row; /* for when nothing could be reserved */
    struct queued *first, **last;
    size_t queued_bytes;
    uint64_t put, done; /* records ever queued, and those that are off the queue and settled */
    struct decisions_counters counters;
};

void decisions_take_keys(const struct decisions *d, struct decision_keys *keys_r);
uint16_t decisions_today(void);
/* dir/YYYYMMDD.SUFFIX; free() it. */
char *decisions_path(const struct decisions *d, uint16_t day, const char *suffix);
bool decisions_day_of(const char *name, uint16_t *day_r); /* of a file named so */

/* Reserves the next block of a day durably. */
int decision_rows_reserve(const struct decisions *d, uint16_t day, struct row_block *block_r,
                          struct err *err);
/* The day's file; writer and keeper make it, a reader (is_reader) does not. */
int decision_file_open(const struct decisions *d, uint16_t day, bool is_reader, struct sql *sql,
                       struct err *err);
uint64_t decision_file_bytes(const struct decisions *d, uint16_t day);
/* Days of which there are files, oldest first; at most max. */
size_t decision_file_days(const struct decisions *d, uint16_t *days_r, size_t max);
/* What the files of a day that begin with its date have in bytes, all together; removes them when told to. */
uint64_t decision_file_sum(const struct decisions *d, uint16_t day, bool removes);
/* Puts a damaged file of a day out of the way. */
void decision_file_put_aside(const struct decisions *d, uint16_t day);

void *decisions_write(void *decisions); /* the writer's thread */
void *decisions_keep(void *decisions);  /* the keeper's: retention, words of past rows */
void decisions_retain(struct decisions *d);
#endif
