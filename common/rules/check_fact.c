/* check_fact.c - the names of facts: known, known here, known in time. */
#include "rules/check.h"

/* When a fact is there, for who asks too early. */
static const struct name_value known_when[] = {
    {"after HELO", STAGE_HELO},
    {"at MAIL FROM", STAGE_MAIL},
    {"at RCPT TO", STAGE_RCPT},
    {"at DATA", STAGE_DATA},
    {"once the headers are in", STAGE_HEADERS},
    {"once the body is in", STAGE_BODY},
    {"at the end of the message", STAGE_EOM},
    {NULL, 0},
};

int check_find(const struct checker *c, const struct raw_term *raw)
{
    if (raw->kind != RAW_WORD && raw->kind != RAW_CALL)
        return FACT_NONE;
    return fact_find(raw->text, c->inside);
}

static enum record record_with(struct span name)
{
    for (int record = 1; record < RECORD__COUNT; record++) {
        int id = fact_find(name, (enum record)record);

        if (id != FACT_NONE && fact_table[id].record != RECORD_NONE)
            return (enum record)record;
    }
    return RECORD_NONE;
}

static bool no_fact(struct checker *c, const struct raw_term *raw)
{
    const char *near = fact_nearest(raw->text, c->inside);
    enum record record = record_with(raw->text);
    const char *record_name = names_name(record_names, (int)record);

    if (c->inside == RECORD_NONE && record != RECORD_NONE)
        check_error(c, raw->place, "%.*s is a fact of each %s; write any %s (%.*s ...)",
                    SPAN_ARG(raw->text), record_name, record_name, SPAN_ARG(raw->text));
    else if (record != RECORD_NONE)
        check_error(c, raw->place, "%.*s is a fact of each %s, and this is about one %s",
                    SPAN_ARG(raw->text), record_name, names_name(record_names, (int)c->inside));
    else if (near != NULL)
        check_error(c, raw->place, "%.*s is no fact; did you mean %s?", SPAN_ARG(raw->text),
                    near);
    else
        check_error(
            c, raw->place,
            "%.*s is no fact; `milter-ctl facts` lists them, and text stands in double quotes",
            SPAN_ARG(raw->text));
    return false;
}

bool check_usable(struct checker *c, enum fact_id fact, struct place place)
{
    const struct fact_row *row = &fact_table[fact];
    const char *record = names_name(record_names, (int)row->record);

    if (row->record != RECORD_NONE && row->record != c->inside)
        check_error(c, place, "%s is a fact of each %s; write any %s (%s ...)", row->name,
                    record, record, fact_short_name(fact));
    else if (c->chain == CHAIN_FILTER && (row->flags & FACT_POLICY_ONLY) != 0)
        check_error(c, place, "%s is known in [policy] only; put this rule there", row->name);
    else if (c->chain == CHAIN_POLICY && row->stage > STAGE_RCPT)
        check_error(c, place,
                    "%s is known only %s, and [policy] is asked at RCPT TO; put this rule into "
                    "[filter]",
                    row->name, names_name(known_when, (int)row->stage));
    else if (c->chain == CHAIN_POLICY && (row->flags & FACT_FILTER_ONLY) != 0)
        check_error(c, place, "%s is known in [filter] only; put this rule there", row->name);
    else
        return true;
    return false;
}

/* What stands where a fact must: said by its kind. */
static bool not_a_fact(struct checker *c, const struct raw_term *raw)
{
    if (raw->kind == RAW_LIST)
        check_error(c, raw->place,
                    "$%.*s is a list; it stands to the right of in: client.ip in $%.*s",
                    SPAN_ARG(raw->text), SPAN_ARG(raw->text));
    else if (raw->kind == RAW_NULL_ADDRESS)
        check_error(c, raw->place, "<> stands only after = or !=: sender = <>");
    else if (raw->kind == RAW_BRACES)
        check_error(c, raw->place,
                    "values in braces stand to the right of in: path in { proxy staging }");
    else if (raw->kind == RAW_PATTERN)
        check_error(c, raw->place,
                    "a pattern stands to the right of matches: subject matches /text/i");
    else
        check_error(
            c, raw->place,
            "a fact stands here, \"%.*s\" is a text; `milter-ctl facts` lists the facts",
            SPAN_ARG(raw->text));
    return false;
}

bool check_fact(struct checker *c, const struct raw_term *raw, struct term *term_r)
{
    int id = check_find(c, raw);

    if (raw->kind == RAW_CALL)
        return check_function(c, raw, term_r);
    if (raw->kind != RAW_WORD)
        return not_a_fact(c, raw);
    if (id == FACT_NONE)
        return no_fact(c, raw);
    if (id >= FACT_FUNCTION__FIRST) {
        check_error(c, raw->place, "%s needs an argument: %s", fact_table[id].name,
                    fact_table[id].help);
        return false;
    }
    *term_r = (struct term){
        .kind = TERM_FACT,
        .type = fact_table[id].type,
        .is_set = (fact_table[id].flags & FACT_IS_SET) != 0,
        .fact = (enum fact_id)id,
        .key_fact = {FACT_NONE, FACT_NONE},
        .place = raw->place,
    };
    return check_usable(c, (enum fact_id)id, raw->place);
}
