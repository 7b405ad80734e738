/* Facts as a test writes them: a table of {fact, text}, put into facts. */
#ifndef T_LIB_FACTS_GIVEN_H
#define T_LIB_FACTS_GIVEN_H
#include <check.h>
#include "facts/facts.h"

struct given {
    enum fact_id id;
    const char *text; /* of a set: elements separated by "|" */
};

static inline void set_fact(struct facts *facts, const struct given *given)
{
    struct span rest = span_of(given->text), part;
    struct value values[24] = {0};
    size_t count = 0;
    int word;

    if (fact_table[given->id].type == TYPE_ENUM) {
        ck_assert(names_value(fact_table[given->id].words, rest, &word));
        facts_set_number(facts, given->id, word);
        return;
    }
    if ((fact_table[given->id].flags & FACT_IS_SET) == 0) {
        facts_set_text(facts, given->id, rest);
        return;
    }
    while (span_cut(&rest, '|', &part))
        values[count++].text = part;
    facts_set_many(facts, given->id, values, count);
}

static inline struct facts *facts_of(const struct given *given, size_t count)
{
    struct facts *facts = facts_new();

    for (size_t i = 0; i < count && given[i].text != NULL; i++)
        set_fact(facts, &given[i]);
    return facts;
}
#endif
