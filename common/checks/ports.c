/* ports.c - what the program around the checks offers. */
#include "checks/ports.h"

static const struct counters_port *counters;
static const struct greylist_port *greylist;

void ports_set(const struct counters_port *counters_port,
               const struct greylist_port *greylist_port)
{
    counters = counters_port;
    greylist = greylist_port;
}

const struct counters_port *ports_counters(void)
{
    return counters;
}

const struct greylist_port *ports_greylist(void)
{
    return greylist;
}
