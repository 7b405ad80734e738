/* Signed mail as t/lib/signed_cases.py makes it: keys by name, messages, what is wanted; and what was found, written down alike. */
#ifndef T_LIB_SIGNED_CASE_H
#define T_LIB_SIGNED_CASE_H
#include "inspect/sender_wire.h"

struct signed_case {
    char *name, *wanted, *trusted;
    struct str message;
};
struct signed_cases {
    int64_t now;
    size_t count;
    struct signed_case *list;
    size_t key_count;
    struct dns_answer *keys; /* TXT records by name, or a status that is no answer */
};

/* Runs command, which prints as signed_cases.py says. Ends the test when it fails. */
void signed_cases_read(struct signed_cases *cases_r, const char *command);
void signed_cases_add_key(struct signed_cases *cases, const char *name,
                          const struct span *records, size_t count);
void signed_cases_clear(struct signed_cases *cases); /* frees */
/* Checks the message as the milter's rounds do: what is lacking is looked up, once. The arena holds what result_r points to. */
void signed_case_check(const struct signed_cases *cases, struct span message,
                       struct span trusted, struct arena *arena,
                       struct sender_result *result_r);
void signed_case_print(struct str *out, const struct sender_result *result);
#endif
