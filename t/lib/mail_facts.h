/* The messages of t/mail and the facts that each must give, as text: NAME.eml and NAME.facts. A first line of the facts such as
 * "# parts 3 depth 2 wants subject x-flag" sets limits and asks for headers; the word
 * "links" in it asks for links. */
#ifndef T_LIB_MAIL_FACTS_H
#define T_LIB_MAIL_FACTS_H
#include "base/str.h"
#include "facts/facts.h"
#include "inspect/wire.h"

#define MAIL_FACTS_MAX   300
#define MAIL_FACTS_WANTS 20

struct mail_case {
    struct str message, expected;
    struct wire_limits limits;
    bool wants_links;
    size_t want_count;
    struct span wants[MAIL_FACTS_WANTS]; /* in expected */
};

/* Names of all messages without ".eml"; how many. */
size_t mail_facts_names(char names[MAIL_FACTS_MAX][100]);
void mail_facts_read(const char *name, struct mail_case *mail);
void mail_facts_clear(struct mail_case *mail);
/* Every fact a line; begins with the options of the case. */
void mail_facts_print(struct str *out, const struct mail_case *mail, const struct facts *facts);
/* Makes `got` what is expected from now on. */
void mail_facts_bless(const char *name, struct span got);
#endif
