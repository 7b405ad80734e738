/* eval_text.c - texts that name facts in braces: each value is made harmless for where the text goes. */
#include "base/sinks.h"
#include "rules/eval_inside.h"

#define FACT_BYTES 200  /* of one value */
#define TEXT_BYTES 4000 /* of the whole text */
#define SET_SHOWN  5    /* elements of a set */

/* How a text is made harmless: replies are printable ASCII, headers encoded words, what people read keeps its letters. */
static void put(struct str *out, enum action_kind kind, struct span s)
{
    if (kind == ACTION_ADD_HEADER || kind == ACTION_PREFIX_SUBJECT)
        sink_header(out, s, TEXT_BYTES);
    else if (kind == ACTION_REJECT || kind == ACTION_DEFER)
        sink_reply(out, s, TEXT_BYTES);
    else
        sink_terminal(out, s);
}

static void add_cut(struct str *out, struct span s, size_t limit)
{
    str_add(out, span_from(s.ptr, s.len <= limit ? s.len : limit - 3));
    if (s.len > limit)
        str_adds(out, "...");
}

static bool is_text(enum value_type type)
{
    return type == TYPE_DOMAIN || type == TYPE_ADDRESS || type == TYPE_STRING;
}

/* Without quotes and braces, elements after each other. */
static void print_values(struct str *out, enum fact_id id, const struct fact *fact)
{
    uint32_t shown = fact->count < SET_SHOWN ? fact->count : SET_SHOWN;

    for (uint32_t i = 0; i < shown; i++) {
        const struct value *value = &fact->values[i];
        char buf[IP_TEXT_SIZE];
        if (i > 0)
            str_adds(out, ", ");
        if (is_text(fact_table[id].type))
            add_cut(out, value->text, FACT_BYTES);
        else if (fact_table[id].type == TYPE_IP)
            str_adds(out, ip_text(&value->ip, buf));
        else
            fact_print(out, id,
                       &(struct fact){.state = FACT_VALUE, .count = 1, .values = value});
    }
    if (shown < fact->count)
        str_adds(out, ", ...");
}

static void print_fact(struct str *out, enum fact_id id, const struct fact *fact)
{
    if (fact->state == FACT_VALUE && fact->count > 0)
        print_values(out, id, fact);
    else if (fact->state == FACT_VALUE || fact->state == FACT_ABSENT)
        str_adds(out, fact_table[id].type == TYPE_ADDRESS ? "<>" : "none");
    else
        str_adds(out, "unknown");
}

static void get_part(const struct eval *e, const struct text_part *part, struct operand *out)
{
    struct term term = {.kind = TERM_FACT,
                        .fact = part->fact,
                        .key = part->key,
                        .key_fact = {FACT_NONE, FACT_NONE}};
    struct eval of_bound = *e;

    of_bound.element = e->bound.of[fact_table[part->fact].record];
    eval_operand(&of_bound, &term, out);
}

static void expand(struct str *out, const struct eval *e, const struct text_template *text)
{
    for (size_t i = 0; i < text->count && out->len < TEXT_BYTES; i++) {
        const struct text_part *part = &text->parts[i];
        struct str value = STR_EMPTY;
        struct operand operand;

        if (!part->is_fact) {
            str_add(out, part->literal);
            continue;
        }
        get_part(e, part, &operand);
        print_fact(&value, part->fact, &operand.fact);
        add_cut(out, str_span(&value), FACT_BYTES);
        str_clear(&value);
    }
}

struct answer eval_text_ready(const struct eval *e, const struct text_template *text)
{
    struct answer sum = answer_of(true);

    for (size_t i = 0; i < text->count; i++) {
        struct operand operand;

        if (!text->parts[i].is_fact || fact_table[text->parts[i].fact].record != RECORD_NONE)
            continue;
        get_part(e, &text->parts[i], &operand);
        if (operand.fact.state == FACT_PENDING)
            answer_join(&sum, operand.why);
    }
    return sum;
}

struct span eval_text(const struct eval *e, enum action_kind kind,
                      const struct text_template *text)
{
    struct str raw = STR_EMPTY, out = STR_EMPTY;
    struct span kept;

    expand(&raw, e, text);
    put(&out, kind, str_span(&raw));
    kept = arena_span(e->arena, str_span(&out));
    str_clear(&raw);
    str_clear(&out);
    return kept;
}

struct span evaluate_text(struct arena *arena, const struct lists *lists,
                          const struct text_template *text, const struct facts_view *view,
                          int record_index)
{
    struct eval e = {.lists = lists,
                     .rules = lists->rules,
                     .view = view,
                     .stage = STAGE_EOM,
                     .arena = arena,
                     .bound = {{ELEMENT_NONE, record_index, record_index}}};

    return eval_text(&e, ACTION_REJECT, text);
}
