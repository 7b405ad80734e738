/* facts: the fact table as people read it: what rules can ask, and from which stage on. */
#include "facts/fact_table.h"
#include "milter/ctl/nouns.h"
#include "milter/ctl/print.h"

static const struct column columns[] = {
    {"FACT", "name", false},     {"TYPE", "type", false},     {"FROM", "stage", false},
    {"STATES", "states", false}, {"CHAINS", "learnt", false}, {"MEANING", "help", false},
    {NULL, NULL, false}};

static json_t *states_of(const struct fact_row *row)
{
    json_t *states = json_pack("[s]", "value");

    if (row->flags & FACT_MAY_ABSENT)
        json_array_append_new(states, json_string("absent"));
    if (row->flags & FACT_MAY_UNKNOWN)
        json_array_append_new(states, json_string("unknown"));
    return states;
}

/* Where this build learns it; nothing: a later version does. */
static json_t *learnt_in(const struct fact_row *row)
{
    json_t *chains = json_array();

    if (row->flags & (FACT_LEARNT_POLICY | FACT_EVALUATION) && !(row->flags & FACT_FILTER_ONLY))
        json_array_append_new(chains, json_string("policy"));
    if (row->flags & (FACT_LEARNT_FILTER | FACT_EVALUATION) && !(row->flags & FACT_POLICY_ONLY))
        json_array_append_new(chains, json_string("filter"));
    if (json_array_size(chains) == 0)
        json_array_append_new(chains, json_string("not yet"));
    return chains;
}

static json_t *words_of(const struct fact_row *row)
{
    json_t *words = json_array();

    for (const struct name_value *word = row->words; word && word->name; word++)
        json_array_append_new(words, json_string(word->name));
    return words;
}

static json_t *fact_object(const struct fact_row *row)
{
    const char *type = names_name(value_type_names, (int)row->type),
               *stage = names_name(stage_names, (int)row->stage);
    struct str text = STR_EMPTY;
    json_t *object;

    str_adds(&text, row->flags & FACT_IS_SET ? "set of " : "");
    str_adds(&text, type ? type : "");
    object = json_pack("{s:s,s:s,s:s,s:o,s:o,s:o,s:s,s:s}", "name", row->name, "type",
                       str_cstr(&text), "stage", stage ? stage : "", "states", states_of(row),
                       "learnt", learnt_in(row), "words", words_of(row), "test_default",
                       row->test_default ? row->test_default : "absent", "help",
                       row->help ? row->help : "");
    str_clear(&text);
    return object;
}

static void say_unknown(const char *wanted)
{
    const char *nearest = fact_nearest(span_of(wanted), RECORD_NONE);

    if (nearest)
        ctl_say("there is no fact `%s`; did you mean %s?", wanted, nearest);
    else
        ctl_say("there is no fact whose name begins with `%s`", wanted);
}

int facts_run(struct ctl *ctl, const struct arguments *arguments)
{
    struct span wanted = span_of(arguments_get(arguments, "FACT"));
    struct table table;
    size_t count = 0;

    table_begin(&table, ctl, columns);
    for (int i = 0; i < FACT__COUNT; i++) {
        json_t *object;

        if (!span_starts(span_of(fact_table[i].name), wanted))
            continue;
        object = fact_object(&fact_table[i]);
        table_row(&table, object);
        json_decref(object);
        count++;
    }
    table_end(&table, NULL);
    if (count > 0)
        return EXIT_OK;
    say_unknown(arguments_get(arguments, "FACT"));
    return EXIT_INVALID;
}
