/* What an Authentication-Results header of ours must say of given facts: tables of cases for suites. */
#ifndef T_LIB_AUTHRES_CASES_H
#define T_LIB_AUTHRES_CASES_H
#include "milter/authres_header.h"
#include "t/lib/facts_given.h"
#include "t/lib/suite.h"

#define ID SPAN("gate.example")

struct authres_case {
    const char *name;
    struct given given[10];
    const char *want;
};

static inline void authres_cases_check(const struct authres_case *cases, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        struct facts *facts = facts_of(cases[i].given, COUNT_OF(cases[i].given));
        struct str out = STR_EMPTY;

        authres_write(&out, facts, ID);
        ck_assert_msg(strcmp(str_cstr(&out), cases[i].want) == 0, "%s: %s", cases[i].name,
                      str_cstr(&out));
        str_clear(&out);
        facts_free(&facts);
    }
}
#endif
