/* Ids of quarantined messages, and the notes behind them. */
#include "store/quarantine_text.h"

#include <stdio.h>
#include <time.h>

#include "base/names.h"
#include "base/sinks.h"

#define DAY_MS   86400000
#define ID_LEN   (QUARANTINE_ID_SIZE - 1)
#define DATE_LEN 8
#define OLD_LEN  21 /* ids of before */

static bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

bool quarantine_id_is_valid(struct span id)
{
    if ((id.len != ID_LEN && id.len != OLD_LEN) || id.ptr[DATE_LEN] != '-')
        return false;
    for (size_t i = 0; i < id.len; i++)
        if (i != DATE_LEN && !is_digit(id.ptr[i]) &&
            (i < DATE_LEN || id.ptr[i] < 'a' || id.ptr[i] > 'f'))
            return false;
    return true;
}

void quarantine_id_make(int64_t time_ms, uint64_t random, char id_r[QUARANTINE_ID_SIZE])
{
    time_t seconds = (time_t)(time_ms / 1000);
    struct tm date;
    char text[64];

    gmtime_r(&seconds, &date);
    snprintf(text, sizeof(text), "%04d%02d%02d-%07x%09llx", (date.tm_year + 1900) % 10000,
             date.tm_mon + 1, date.tm_mday, (unsigned)(time_ms % DAY_MS),
             (unsigned long long)random & 0xfffffffff);
    memcpy(id_r, text, ID_LEN);
    id_r[ID_LEN] = '\0';
}

void quarantine_note_print(struct str *out, int64_t time_ms, const char *word, const char *text)
{
    str_printf(out, "\n%lld %s", (long long)time_ms, word);
    if (text != NULL && text[0] != '\0') {
        str_adds(out, ": ");
        sink_log(out, span_of(text));
    }
    str_addc(out, '\n');
}

/* The word behind the time: up to a colon. */
static bool take_note(struct span line, struct span *word_r)
{
    struct span time;
    uint64_t time_ms;

    if (!span_cut(&line, ' ', &time) || line.ptr == NULL ||
        !span_to_u64(time, INT64_MAX, &time_ms))
        return false;
    return span_cut(&line, ':', word_r);
}

int quarantine_notes_parse(struct span tail, const struct name_value *words,
                           struct arena *arena, struct span *notes_r)
{
    struct str notes = STR_EMPTY;
    struct span line, word;
    int last = 0;

    while (tail.len > 0 && memchr(tail.ptr, '\n', tail.len) != NULL &&
           span_cut(&tail, '\n', &line)) {
        if (!take_note(line, &word))
            continue;
        names_value(words, word, &last);
        str_add(&notes, line);
        str_addc(&notes, '\n');
    }
    *notes_r = arena_span(arena, str_span(&notes));
    str_clear(&notes);
    return last;
}
