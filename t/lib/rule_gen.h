/* Rule sets and facts made up from a seed, for properties: every fact group, the three states, records, points, tags, exceptions, modes. */
#ifndef T_LIB_RULE_GEN_H
#define T_LIB_RULE_GEN_H
#include "facts/facts.h"
#include "rules/ruleset.h"

/* A rules file; NULL (and a line on stdout) if it does not compile. */
struct ruleset *rule_gen_filter(uint64_t *state, struct str *text);
/* [policy] rules that count; non-final. The same rules in another order when `shuffle` is set. */
struct ruleset *rule_gen_counters(uint64_t seed, bool shuffle, struct str *text);
/* All facts that the rules may ask, each a value, absent or unknown as its row allows. */
void rule_gen_facts(uint64_t *state, struct facts *message, struct facts *recipient);

/* Gives `to` one fact (a whole list, if ref names a record) as it stands in `from`. */
void rule_gen_copy(struct facts *to, const struct facts *from, const struct fact_ref *ref);
/* All facts known at stage; header() too. */
void rule_gen_copy_until(struct facts *to, const struct facts *from, enum stage stage);
#endif
