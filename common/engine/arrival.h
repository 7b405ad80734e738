/* Facts of the moment of arrival: time.hour, time.weekday, in the setting time_zone (given to tzset once at start). */
#ifndef ENGINE_ARRIVAL_H
#define ENGINE_ARRIVAL_H
#include "facts/facts.h"

/* Once, before any thread: "" keeps the system's zone. -1 with err when the tz database has no such zone. */
struct err;
int arrival_init(const char *time_zone, struct err *err);
void arrival_learn(struct facts *facts, int64_t wall_ms);
#endif
