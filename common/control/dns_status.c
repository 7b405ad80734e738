/* dns_status.c - the resolver's counts and troubles as a part of a status row. */
#include "control/dns_status.h"
#include "dns/dns.h"

static void set_count(json_t *row, const char *name, uint64_t count)
{
    json_object_set_new(row, name, json_integer((json_int_t)count));
}

static const char *problem_of(const struct dns_counts *counts)
{
    if (counts->servers == 0)
        return "no name server is known, so every lookup fails; set resolver, or name servers "
               "in /etc/resolv.conf";
    if (counts->is_silent)
        return "no name server answers, so lookups fail; see the setting resolver, and the log";
    return NULL;
}

bool dns_status_set(json_t *row, json_t *problems)
{
    struct dns_counts counts;
    const char *problem;

    dns_count(&counts);
    set_count(row, "dns_asked", counts.asked);
    set_count(row, "dns_joined", counts.joined);
    set_count(row, "dns_answered", counts.answered);
    set_count(row, "dns_failed", counts.failed);
    set_count(row, "dns_timeouts", counts.timeouts);
    set_count(row, "dns_limited", counts.limited);
    set_count(row, "dns_under_way", counts.under_way);
    json_object_set_new(row, "is_dnssec_validated", json_boolean(counts.is_validating));
    problem = problem_of(&counts);
    if (problem != NULL)
        json_object_set_new(problems, "dns", json_string(problem));
    return problem == NULL;
}
