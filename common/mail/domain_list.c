/* domain_list.c - looks a domain up in a setting's list. */
#include "mail/domain.h"
#include "mail/domain_list.h"

bool domain_list_holds(const char *list, struct span domain)
{
    struct span rest = span_of(list), one;
    char listed[DOMAIN_SIZE];

    while (span_cut(&rest, ',', &one))
        if (domain_normalize(span_trim(one), listed) &&
            domain_is_within(domain, span_of(listed)))
            return true;
    return false;
}
