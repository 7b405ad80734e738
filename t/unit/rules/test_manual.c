/* postgate-rules(5) has every fact and action as the tables say; UPDATE=1 writes these parts of it anew. */
#include <stdlib.h>

#include "base/file.h"
#include "rules/ruleset.h"
#include "t/lib/suite.h"

#define MANUAL     "common/rules/postgate-rules.5"
#define MANUAL_MAX 200000

/* roff: a leading dot or quote is a request, a backslash begins an escape, a hyphen would be a soft one. */
static void add_text(struct str *out, const char *text)
{
    if (text[0] == '.' || text[0] == '\'')
        str_adds(out, "\\&");
    for (; *text != '\0'; text++) {
        if (*text == '\\')
            str_adds(out, "\\e");
        else if (*text == '-')
            str_adds(out, "\\-");
        else if (*text == '"')
            str_adds(out, "\\(dq");
        else
            str_addc(out, *text);
    }
}

static void print_states(struct str *out, unsigned flags)
{
    if ((flags & FACT_MAY_ABSENT) != 0)
        str_adds(out, ", may be absent");
    if ((flags & FACT_MAY_UNKNOWN) != 0)
        str_adds(out, ", may be unknown");
    if ((flags & FACT_POLICY_ONLY) != 0)
        str_adds(out, ", [policy] only");
    if ((flags & FACT_PER_RECIPIENT) != 0)
        str_adds(out, ", by recipient");
}

static void print_words(struct str *out, const struct fact_row *row)
{
    if (row->words == NULL)
        return;
    str_adds(out, ": ");
    names_join(row->words, out);
}

static void print_fact(struct str *out, enum fact_id id)
{
    const struct fact_row *row = &fact_table[id];
    struct str stage = STR_EMPTY;

    str_adds(&stage, names_name(stage_names, (int)row->stage));
    for (size_t i = 0; i < stage.len; i++)
        stage.ptr[i] = (char)(stage.ptr[i] & ~0x20);
    str_adds(out, ".TP\n.B ");
    add_text(out, fact_short_name(id));
    str_printf(out, "\n(%s%s, from %s", (row->flags & FACT_IS_SET) != 0 ? "set of " : "",
               names_name(value_type_names, (int)row->type), str_cstr(&stage));
    print_states(out, row->flags);
    str_adds(out, ") ");
    add_text(out, row->help);
    print_words(out, row);
    str_adds(out, ".\n");
    str_clear(&stage);
}

static void print_facts(struct str *out)
{
    enum record record = RECORD_NONE;

    for (int id = 0; id < FACT_FUNCTION__FIRST; id++) {
        if (fact_table[id].record != record) {
            record = fact_table[id].record;
            str_printf(out, ".SS Of each %s\n", names_name(record_names, (int)record));
        }
        print_fact(out, (enum fact_id)id);
    }
}

static void print_chains(struct str *out, unsigned flags)
{
    if ((flags & ACTION_IN_FILTER) == 0)
        str_adds(out, "[policy]");
    else
        str_adds(out, (flags & ACTION_IN_POLICY) != 0 ? "both chains" : "[filter]");
    if ((flags & ACTION_IS_FINAL) != 0)
        str_adds(out, ", final");
}

static void print_actions(struct str *out)
{
    for (int kind = 1; kind < ACTION__COUNT; kind++) {
        const struct action_row *row = &action_table[kind];

        str_printf(out, ".TP\n.B %s", row->name);
        if (row->arguments[0] != '\0') {
            str_addc(out, ' ');
            add_text(out, row->arguments);
        }
        str_adds(out, "\n(");
        print_chains(out, row->flags);
        str_adds(out, ") ");
        add_text(out, row->help);
        str_adds(out, ".\n");
    }
}

/* Replaces what stands between the line that begins with mark and the next line `.\" end`. */
static void replace_part(struct str *manual, const char *mark, void (*print)(struct str *out))
{
    struct span text = str_span(manual), rest;
    struct str out = STR_EMPTY;
    size_t from, line, end;

    ck_assert_msg(span_find(text, span_of(mark), &from), "%s", mark);
    rest = span_from(text.ptr + from, text.len - from);
    ck_assert(span_find(rest, SPAN("\n"), &line));
    ck_assert(span_find(rest, SPAN("\n.\\\" end\n"), &end));
    str_add(&out, span_from(text.ptr, from + line + 1));
    print(&out);
    str_add(&out, span_from(rest.ptr + end + 1, rest.len - end - 1));
    str_clear(manual);
    *manual = out;
}

START_TEST(test_manual)
{
    struct str manual = STR_EMPTY, fresh = STR_EMPTY;
    struct err err = {""};

    ck_assert_msg(file_read(MANUAL, MANUAL_MAX, &manual, &err) == 0, "%s", err.text);
    str_add(&fresh, str_span(&manual));
    replace_part(&fresh, ".\\\" actions:", print_actions);
    replace_part(&fresh, ".\\\" facts:", print_facts);
    if (getenv("UPDATE") != NULL)
        ck_assert(file_replace(MANUAL, str_span(&fresh), 0644, &err) == 0);
    else
        ck_assert_msg(span_equal(str_span(&manual), str_span(&fresh)),
                      "the tables have changed; write " MANUAL " anew with UPDATE=1");
    str_clear(&manual);
    str_clear(&fresh);
}
END_TEST

SUITE_MAIN("rules/manual", test_manual)
