/* times: a moment, or how long ago, as people write it. */
#include "milter/ctl/times.h"
#include <string.h>
#include <time.h>
#include "base/span.h"

#define MAX_UNITS 100000 /* days; longer ago is longer than anything is kept */

static const struct unit {
    char letter;
    int64_t ms;
} units[] = {{'s', 1000}, {'m', 60000}, {'h', 3600000}, {'d', 86400000}, {'w', 604800000}};

/* The shapes of a moment; all of the text must be used. */
static const char *const shapes[] = {"%Y-%m-%d", "%Y-%m-%dT%H:%M", "%Y-%m-%dT%H:%MZ",
                                     "%Y-%m-%dT%H:%M:%S", "%Y-%m-%dT%H:%M:%SZ"};

static bool parse_ago(struct span text, int64_t now_ms, int64_t *ms_r)
{
    uint64_t number;

    if (text.len < 2 || !span_to_u64(span_from(text.ptr, text.len - 1), MAX_UNITS, &number))
        return false;
    for (size_t i = 0; i < sizeof(units) / sizeof(*units); i++)
        if (units[i].letter == text.ptr[text.len - 1]) {
            *ms_r = now_ms - (int64_t)number * units[i].ms;
            *ms_r = *ms_r < 0 ? 0 : *ms_r;
            return true;
        }
    return false;
}

static bool parse_moment(const char *text, int64_t *ms_r)
{
    for (size_t i = 0; i < sizeof(shapes) / sizeof(*shapes); i++) {
        struct tm parts = {0};
        const char *end = strptime(text, shapes[i], &parts);

        if (end != NULL && *end == '\0') {
            *ms_r = (int64_t)timegm(&parts) * 1000;
            return *ms_r >= 0;
        }
    }
    return false;
}

int time_parse(const char *text, int64_t now_ms, int64_t *ms_r, struct err *err)
{
    if (parse_ago(span_of(text), now_ms, ms_r) || parse_moment(text, ms_r))
        return 0;
    return err_set(err,
                   "`%s` is no time; write how long ago (30m, 2h, 14d) or a moment in UTC "
                   "(2026-11-22, 2026-11-22T10:30)",
                   text);
}
