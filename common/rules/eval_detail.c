/* eval_detail.c - which facts made a condition what it is, as text: client.ip = 10.1.2.3 (in $relay_networks: 10.0.0.0/8). */
#include "rules/eval_inside.h"

#define DETAIL_BYTES 600 /* of one rule; the rest is "..." */
#define VALUE_BYTES  100
#define SET_SHOWN    5
#define TOLD_MAX     64 /* more fit into DETAIL_BYTES only if they are very short */

/* What was told so far, each thing once. */
struct detail {
    struct str text;
    size_t count;
    struct {
        size_t at, len;
    } told[TOLD_MAX];
};

static void add_once(struct detail *out, struct span one)
{
    for (size_t i = 0; i < out->count; i++)
        if (span_equal(span_from(out->text.ptr + out->told[i].at, out->told[i].len), one))
            return;
    if (out->text.len > 0)
        str_adds(&out->text, ", ");
    if (out->count < TOLD_MAX) {
        out->told[out->count].at = out->text.len;
        out->told[out->count++].len = one.len;
    }
    str_add(&out->text, one);
}

/* Large values are cut before they are printed. */
static void print_short(struct str *out, enum fact_id id, const struct fact *fact)
{
    struct value values[SET_SHOWN];
    struct fact cut = *fact;

    if (fact->state != FACT_VALUE) {
        fact_print(out, id, fact);
        return;
    }
    cut.count = fact->count < SET_SHOWN ? fact->count : SET_SHOWN;
    cut.values = values;
    for (uint32_t i = 0; i < cut.count; i++) {
        values[i] = fact->values[i];
        if (values[i].text.len > VALUE_BYTES)
            values[i].text.len = VALUE_BYTES;
    }
    fact_print(out, id, &cut);
    if (cut.count < fact->count)
        str_printf(out, " and %u more", fact->count - cut.count);
}

static void add_name(struct str *out, const struct term *term)
{
    str_adds(out, fact_table[term->fact].name);
    if (term->key.len > 0)
        str_printf(out, "(%.*s)", SPAN_ARG(term->key));
}

static void add_item(struct str *out, const struct eval *e, const struct expr *expr,
                     const struct fact *fact)
{
    const struct list_decl *list = &e->rules->lists[expr->right.list];
    struct str item = STR_EMPTY;

    for (uint32_t i = 0; i < fact->count && item.len == 0; i++)
        lists_hold(e->lists, expr->right.list, expr->left.type, &fact->values[i], &item);
    if (item.len > 0)
        str_printf(out, " (in $%.*s: %s)", SPAN_ARG(list->name), str_cstr(&item));
    str_clear(&item);
}

static void add_operand(struct detail *out, const struct eval *e, const struct term *term,
                        const struct expr *of)
{
    struct str one = STR_EMPTY;
    struct operand operand;

    eval_operand(e, term, &operand);
    if (operand.fact.state == FACT_PENDING)
        return;
    add_name(&one, term);
    str_adds(&one, " = ");
    if (term->fact == FACT_SCORE && operand.fact.state == FACT_UNKNOWN) {
        struct value low = {.number = e->score_low}, high = {.number = e->score_high};
        fact_print(&one, FACT_SCORE, &(struct fact){FACT_VALUE, {NULL, 0}, 1, &low});
        str_adds(&one, " to ");
        fact_print(&one, FACT_SCORE, &(struct fact){FACT_VALUE, {NULL, 0}, 1, &high});
    } else {
        print_short(&one, term->fact, &operand.fact);
    }
    if (of->kind == EXPR_COMPARE && of->right.kind == TERM_LIST &&
        operand.fact.state == FACT_VALUE)
        add_item(&one, e, of, &operand.fact);
    add_once(out, str_span(&one));
    str_clear(&one);
}

static void add_expr(struct detail *out, struct eval *e, const struct expr *expr,
                     enum truth truth);

/* All when together they made it so, else those that did. */
static void add_children(struct detail *out, struct eval *e, const struct expr *expr,
                         enum truth truth)
{
    for (size_t i = 0; i < expr->child_count && out->text.len < DETAIL_BYTES; i++)
        if (eval_expr(e, expr->children[i]).truth == truth)
            add_expr(out, e, expr->children[i], truth);
}

/* The first element that the condition holds for. */
static void add_element(struct detail *out, struct eval *e, const struct expr *expr)
{
    const struct record_list *list = facts_records(e->view->message, expr->record);
    int outer = e->element, count = (int)list->count;

    for (int i = 0; i <= count; i++) {
        e->element = i < count ? i : ELEMENT_EXTRA;
        if (eval_expr(e, expr->children[0]).truth == YES) {
            add_expr(out, e, expr->children[0], YES);
            break;
        }
    }
    e->element = outer;
}

static void add_list(struct detail *out, const struct eval *e, const struct expr *expr)
{
    const struct record_list *list = facts_records(e->view->message, expr->record);
    struct str one = STR_EMPTY;

    str_printf(&one, "%zu %s%s", list->count, names_name(record_names, (int)expr->record),
               list->count == 1 ? "" : "s");
    if (list->is_incomplete || list->state == FACT_UNKNOWN)
        str_printf(&one, " (incomplete: %.*s)", SPAN_ARG(list->reason));
    add_once(out, str_span(&one));
    str_clear(&one);
}

static void add_expr(struct detail *out, struct eval *e, const struct expr *expr,
                     enum truth truth)
{
    switch (expr->kind) {
    case EXPR_AND:
    case EXPR_OR:
        add_children(out, e, expr, truth);
        break;
    case EXPR_NOT:
        add_expr(out, e, expr->children[0], truth == YES ? NO : truth == NO ? YES : truth);
        break;
    case EXPR_ANY:
    case EXPR_NO:
        if ((expr->kind == EXPR_ANY) == (truth == YES) && truth < UNKNOWN)
            add_element(out, e, expr);
        else
            add_list(out, e, expr);
        break;
    case EXPR_ALL:
        add_list(out, e, expr);
        break;
    case EXPR_COMPARE:
        add_operand(out, e, &expr->left, expr);
        if (expr->right.kind == TERM_FACT)
            add_operand(out, e, &expr->right, expr);
        break;
    case EXPR_TRUTH:
    case EXPR_STATE:
        add_operand(out, e, &expr->left, expr);
        break;
    }
}

struct span eval_detail(struct eval *e, const struct expr *expr, enum truth truth)
{
    struct detail out = {.text = STR_EMPTY};
    struct eval quiet = *e; /* telling has fuel of its own and binds nothing */
    struct span kept;

    quiet.fuel = e->detail_fuel;
    quiet.element = ELEMENT_NONE;
    add_expr(&out, &quiet, expr, truth);
    e->detail_fuel = quiet.fuel;
    if (out.text.len > DETAIL_BYTES) {
        str_truncate(&out.text, DETAIL_BYTES);
        str_adds(&out.text, "...");
    }
    kept = arena_span(e->arena, str_span(&out.text));
    str_clear(&out.text);
    return kept;
}
