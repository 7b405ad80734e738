/* arrival.c - the time facts, in the administrator's zone. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>
#include "base/err.h"
#include "engine/arrival.h"

int arrival_init(const char *time_zone, struct err *err)
{
    char path[512];

    if (time_zone[0] != '\0') {
        snprintf(path, sizeof path, "/usr/share/zoneinfo/%s", time_zone);
        if (access(path, R_OK) != 0)
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
