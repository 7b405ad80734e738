/* check_template.c - text with facts in braces: "no mail for {recipient.domain}". {{ and }} stand for braces. */
#include "rules/check.h"

struct reading {
    struct checker *c;
    struct place place;
    struct str literal;
    size_t count;
    struct text_part *parts;
};

static void add_part(struct reading *r, struct text_part part)
{
    r->parts = parse_grow(r->c->arena, r->parts, r->count, sizeof(*r->parts));
    r->parts[r->count++] = part;
}

static void end_literal(struct reading *r)
{
    if (r->literal.len > 0)
        add_part(r,
                 (struct text_part){.literal = arena_span(r->c->arena, str_span(&r->literal))});
    str_reset(&r->literal);
}

/* header(Name) or header("Name"). */
static bool header_part(struct reading *r, struct span inside)
{
    struct raw_term name = {.kind = RAW_STRING, .place = r->place};
    struct raw_term call = {
        .kind = RAW_CALL, .text = {"header", 6}, .count = 1, .items = &name, .place = r->place};
    struct term term;

    name.text = span_trim(span_from(inside.ptr + 7, inside.len - 8));
    if (name.text.len >= 2 && name.text.ptr[0] == '"' &&
        name.text.ptr[name.text.len - 1] == '"')
        name.text = span_from(name.text.ptr + 1, name.text.len - 2);
    if (!check_function(r->c, &call, &term))
        return false;
    add_part(r, (struct text_part){.is_fact = true, .fact = FACT_HEADER, .key = term.key});
    return true;
}

/* {host}: only inside of any url (...) the short name is enough. */
static const char *full_name(struct span inside)
{
    for (int record = RECORD_NONE + 1; record < RECORD__COUNT; record++) {
        int id = fact_find(inside, (enum record)record);

        if (id != FACT_NONE)
            return fact_table[id].name;
    }
    return NULL;
}

static bool no_part(struct reading *r, struct span inside)
{
    const char *full = full_name(inside);
    const char *near = full != NULL ? full : fact_nearest(inside, RECORD_NONE);

    if (near != NULL)
        check_error(r->c, r->place, "{%.*s} in the text is no fact; did you mean {%s}?",
                    SPAN_ARG(inside), near);
    else
        check_error(r->c, r->place,
                    "{%.*s} in the text is no fact; for a brace itself write {{ or }}",
                    SPAN_ARG(inside));
    return false;
}

static bool fact_part(struct reading *r, struct span inside)
{
    int id = fact_find(inside, RECORD_NONE);
    enum record was = r->c->inside;
    bool is_good;

    if (span_starts(inside, SPAN("header(")) && span_ends(inside, SPAN(")")))
        return header_part(r, inside);
    if (id == FACT_NONE)
        return no_part(r, inside);
    if (id >= FACT_FUNCTION__FIRST || (fact_table[id].flags & FACT_EVALUATION) != 0) {
        check_error(r->c, r->place, "{%.*s} cannot be printed in a text", SPAN_ARG(inside));
        return false;
    }
    r->c->inside = fact_table[id].record;
    is_good = check_usable(r->c, (enum fact_id)id, r->place);
    r->c->inside = was;
    if (is_good)
        add_part(r, (struct text_part){.is_fact = true, .fact = (enum fact_id)id});
    return is_good;
}

static bool is_doubled(struct span rest)
{
    return rest.len > 1 && rest.ptr[0] == rest.ptr[1];
}

/* Takes one literal byte, doubled brace or {fact} off the front. */
static bool read_one(struct reading *r, struct span *rest)
{
    size_t close;
    struct span inside;

    if ((rest->ptr[0] != '{' && rest->ptr[0] != '}') || is_doubled(*rest)) {
        size_t taken = rest->ptr[0] == '{' || rest->ptr[0] == '}' ? 2 : 1;

        str_addc(&r->literal, rest->ptr[0]);
        *rest = span_skip(*rest, taken);
        return true;
    }
    if (rest->ptr[0] == '}' || !span_find(*rest, SPAN("}"), &close)) {
        check_error(
            r->c, r->place,
            rest->ptr[0] == '{'
                ? "a { in the text has no }; facts are written {client.ip}, a brace itself {{"
                : "a } in the text has no { before it; a brace itself is written }}");
        return false;
    }
    inside = span_trim(span_from(rest->ptr + 1, close - 1));
    *rest = span_from(rest->ptr + close + 1, rest->len - close - 1);
    end_literal(r);
    return fact_part(r, inside);
}

bool check_template(struct checker *c, struct span text, struct place place,
                    struct text_template *template_r)
{
    struct reading r = {.c = c, .place = place};
    bool is_good = true;

    while (is_good && text.len > 0)
        is_good = read_one(&r, &text);
    end_literal(&r);
    str_clear(&r.literal);
    template_r->parts = r.parts;
    template_r->count = r.count;
    return is_good;
}
