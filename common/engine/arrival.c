/* arrival.c - the time facts, in the administrator's zone. */
#include <stdlib.h>
#include <time.h>
#include "base/file.h"
#include "base/xalloc.h"
#include "engine/arrival.h"

#define ZONE_MAX (1024 * 1024) /* bytes of a zone's file; they have a few thousand */

/* Of a name that it cannot use the C library makes UTC, silently: a misspelt one, a directory, a file of another kind. */
static bool is_zone(const char *time_zone)
{
    struct str bytes = STR_EMPTY;
    char *path = file_path("/usr/share/zoneinfo", time_zone);
    bool is_there = file_read(path, ZONE_MAX, &bytes, NULL) == 0 &&
                    span_starts(str_span(&bytes), SPAN("TZif")); /* RFC 8536 section 3.1 */

    xfree(&path);
    str_clear(&bytes);
    return is_there;
}

int arrival_init(const char *time_zone, struct err *err)
{
    if (time_zone[0] != '\0') {
        if (!is_zone(time_zone))
            return err_set(err,
                           "time_zone = %s is not in the tz database (/usr/share/zoneinfo); "
                           "write a name like Europe/Zurich or UTC",
                           time_zone);
        setenv("TZ", time_zone, 1);
    }
    tzset();
    return 0;
}

void arrival_learn(struct facts *facts, int64_t wall_ms)
{
    time_t seconds = (time_t)(wall_ms / 1000);
    struct tm local;

    if (localtime_r(&seconds, &local) == NULL)
        return;
    facts_set_number(facts, FACT_TIME_HOUR, local.tm_hour);
    facts_set_number(facts, FACT_TIME_WEEKDAY, local.tm_wday);
}
