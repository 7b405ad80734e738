/* alignment.c - strict and relaxed, over organisational domains. */
#include "checks/alignment.h"
#include "mail/org_domain.h"

bool alignment_holds(struct span from_domain, struct span authenticated, bool is_strict)
{
    if (from_domain.len == 0 || authenticated.len == 0)
        return false;
    if (span_iequal(from_domain, authenticated))
        return true;
    return !is_strict && org_domain_is_same(from_domain, authenticated);
}
