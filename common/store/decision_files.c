/* The files of decisions: one database and one row counter a day, named by the date. */
#include "store/decisions_inside.h"

#include <dirent.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/file.h"
#include "base/xalloc.h"

#define FIRST_ROW 1
/* Rows above are taken without reservation. */
#define LAST_ROW    0x80000000u
#define VERSION     1
#define DATE_DIGITS 8
#define MAX_COUNTER 32 /* bytes of a row counter's file */

static const char schema[] =
    "CREATE TABLE decision (row INTEGER PRIMARY KEY, time INTEGER NOT NULL, path BLOB, client "
    "BLOB,"
    " helo BLOB, auth_user BLOB, sender BLOB, recipients BLOB, disposition BLOB, rule BLOB,"
    " reply BLOB, queue_id BLOB, message_id BLOB, revision INTEGER NOT NULL,"
    " generation INTEGER NOT NULL, reasons BLOB, facts BLOB)";

uint16_t decisions_today(void)
{
    int64_t day = clock_now_ms() / DAY_MS;

    return (uint16_t)(day < 0 ? 0 : day > (int64_t)DECISION_DAY_MAX ? DECISION_DAY_MAX : day);
}

char *decisions_path(const struct decisions *d, uint16_t day, const char *suffix)
{
    time_t seconds = (time_t)day * (DAY_MS / 1000);
    char name[64];
    struct tm date;

    gmtime_r(&seconds, &date);
    snprintf(name, sizeof(name), "%04d%02d%02d.%s", date.tm_year + 1900, date.tm_mon + 1,
             date.tm_mday, suffix);
    return file_path(d->dir, name);
}

bool decisions_day_of(const char *name, uint16_t *day_r)
{
    struct span s = span_of(name);
    struct tm date = {0};
    uint64_t number;
    time_t seconds;

    if (s.len <= DATE_DIGITS || s.ptr[DATE_DIGITS] != '.' ||
        !span_to_u64(span_from(s.ptr, DATE_DIGITS), 99999999, &number))
        return false;
    date.tm_year = (int)(number / 10000) - 1900;
    date.tm_mon = (int)(number / 100 % 100) - 1;
    date.tm_mday = (int)(number % 100);
    seconds = timegm(&date);
    *day_r = (uint16_t)(seconds / (DAY_MS / 1000));
    return seconds >= 0 && seconds / (DAY_MS / 1000) <= (time_t)DECISION_DAY_MAX;
}

int decision_file_open(const struct decisions *d, uint16_t day, bool is_reader, struct sql *sql,
                       struct err *err)
{
    char *path = decisions_path(d, day, "db");
    struct sql_options options = {
        .path = path,
        .remedy = "remove it; only the records of that day are lost",
        .flags = is_reader ? SQL_QUERY : 0,
        .busy_ms = 2000,
        .schema = schema,
        .version = VERSION,
    };
    int result = sql_open(sql, &options, err);

    free(path);
    return result;
}

uint64_t decision_file_bytes(const struct decisions *d, uint16_t day)
{
    char *path = decisions_path(d, day, "db");
    struct stat st;
    uint64_t bytes = stat(path, &st) == 0 ? (uint64_t)st.st_size : 0;

    free(path);
    return bytes;
}

/* Adds a day to the sorted list; past max the newest are left out. */
static size_t note_day(uint16_t *days, size_t count, size_t max, uint16_t day)
{
    size_t at = count;

    while (at > 0 && days[at - 1] > day)
        at--;
    if ((at > 0 && days[at - 1] == day) || at == max)
        return count;
    if (count == max)
        count--;
    memmove(days + at + 1, days + at, (count - at) * sizeof(*days));
    days[at] = day;
    return count + 1;
}

size_t decision_file_days(const struct decisions *d, uint16_t *days_r, size_t max)
{
    DIR *dir = opendir(d->dir);
    const struct dirent *entry;
    size_t count = 0;
    uint16_t day;

    while (dir != NULL && (entry = readdir(dir)) != NULL)
        if (decisions_day_of(entry->d_name, &day))
            count = note_day(days_r, count, max, day);
    if (dir != NULL)
        closedir(dir);
    return count;
}

uint64_t decision_file_sum(const struct decisions *d, uint16_t day, bool removes)
{
    DIR *dir = opendir(d->dir);
    const struct dirent *entry;
    uint64_t bytes = 0;
    uint16_t found;
    struct stat st;

    while (dir != NULL && (entry = readdir(dir)) != NULL) {
        if (!decisions_day_of(entry->d_name, &found) || found != day)
            continue;
        if (fstatat(dirfd(dir), entry->d_name, &st, AT_SYMLINK_NOFOLLOW) == 0)
            bytes += (uint64_t)st.st_blocks * 512;
        if (removes)
            unlinkat(dirfd(dir), entry->d_name, 0);
    }
    if (dir != NULL)
        closedir(dir);
    return bytes;
}

void decision_file_put_aside(const struct decisions *d, uint16_t day)
{
    static const char *const suffixes[] = {"db", "db-wal", "db-shm"};

    for (size_t i = 0; i < 3; i++) {
        char *path = decisions_path(d, day, suffixes[i]);
        struct str aside = STR_EMPTY;

        str_printf(&aside, "%s.damaged", path);
        rename(path, str_cstr(&aside));
        str_clear(&aside);
        free(path);
    }
}

/* Without a counter file that can be read: beyond the last row written and all blocks that may have been handed out since. */
static uint32_t guess_next(const struct decisions *d, uint16_t day)
{
    struct sql sql;
    int64_t last = 0;

    if (decision_file_bytes(d, day) == 0)
        return FIRST_ROW;
    if (decision_file_open(d, day, true, &sql, NULL) == 0)
        sql_number(&sql, "SELECT max(row) FROM decision WHERE row < ?1", LAST_ROW, &last, NULL);
    sql_close(&sql);
    return (uint32_t)last + 4 * DECISIONS_BLOCK;
}

static uint32_t read_next(const struct decisions *d, uint16_t day, const char *path)
{
    struct str text = STR_EMPTY;
    uint64_t next = 0;
    bool is_good = file_read(path, MAX_COUNTER, &text, NULL) == 0 &&
                   span_to_u64(span_trim(str_span(&text)), LAST_ROW, &next) &&
                   next >= FIRST_ROW;

    str_clear(&text);
    return is_good ? (uint32_t)next : guess_next(d, day);
}

int decision_rows_reserve(const struct decisions *d, uint16_t day, struct row_block *block_r,
                          struct err *err)
{
    char *path = decisions_path(d, day, "rows");
    uint32_t from = read_next(d, day, path);
    struct str text = STR_EMPTY;
    int result;

    if (from >= LAST_ROW - DECISIONS_BLOCK)
        result = err_set(err, "%s: all rows of the day are used", path);
    else {
        str_printf(&text, "%u\n", (unsigned)(from + DECISIONS_BLOCK));
        result = file_replace(path, str_span(&text), 0600, err);
    }
    if (result == 0)
        *block_r = (struct row_block){day, from, from + DECISIONS_BLOCK};
    str_clear(&text);
    free(path);
    return result;
}
