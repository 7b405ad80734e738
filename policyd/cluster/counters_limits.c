/* counters_limits.c - what the rules in force compare counters with. */
#include <pthread.h>
#include <stdio.h>
#include "engine/snapshot.h"
#include "policyd/cluster/counters_limits.h"
#include "rules/charge.h"
#include "rules/charge_limits.h"

#define NAMES_MAX 64 /* looked up again when there are more */

static struct {
    pthread_mutex_t lock;
    char sha256[65]; /* of the revision these are of */
    size_t count;
    struct {
        char name[CHARGE_NAME_MAX + 1];
        struct charge_limits limits;
    } of[NAMES_MAX];
} known = {.lock = PTHREAD_MUTEX_INITIALIZER};

static const struct charge_limits *find(const struct snapshot *snapshot, struct span name)
{
    if (strcmp(known.sha256, snapshot->sha256) != 0)
        known.count = 0;
    memcpy(known.sha256, snapshot->sha256, sizeof known.sha256);
    for (size_t i = 0; i < known.count; i++)
        if (span_is(name, known.of[i].name))
            return &known.of[i].limits;
    if (known.count == NAMES_MAX)
        known.count = 0;
    snprintf(known.of[known.count].name, sizeof known.of->name, "%.*s", SPAN_ARG(name));
    charge_limits_find(snapshot->rules, name, &known.of[known.count].limits);
    return &known.of[known.count++].limits;
}

int64_t counters_limit(struct span name, int64_t reading)
{
    const struct snapshot *snapshot = snapshot_pin();
    int64_t limit;

    if (snapshot == NULL)
        return -1;
    pthread_mutex_lock(&known.lock);
    limit = charge_limits_above(find(snapshot, name), reading);
    pthread_mutex_unlock(&known.lock);
    snapshot_unpin(&snapshot);
    return limit;
}
