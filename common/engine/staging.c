/* staging.c - the address of the staging listener as a fact. */
#include "engine/staging.h"

static const char *staging_address = "";

void staging_init(const char *staging_listener)
{
    staging_address = staging_listener;
}

void staging_learn(struct facts *facts)
{
    if (staging_address[0] == '\0')
        facts_set_absent(facts, FACT_LISTENER_STAGING);
    else
        facts_set_text(facts, FACT_LISTENER_STAGING, span_of(staging_address));
}
