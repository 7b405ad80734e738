/* What cases as text cannot say of the evaluation: fuel, no recipient, texts by themselves, the line for the log. */
#include <stdio.h>
#include "base/xalloc.h"
#include "rules/eval.h"
#include "rules/explain.h"
#include "rules/rule_test.h"
#include "t/lib/suite.h"

struct bench {
    struct ruleset *rules;
    struct lists lists;
    struct facts *message, *recipient;
    struct arena *arena;
};

static void begin(struct bench *b, const char *text)
{
    struct problems problems;
    struct str shown = STR_EMPTY;

    problems_init(&problems, "test", span_of(text));
    b->rules = ruleset_compile(span_of(text), "test", &problems);
    problems_print(&shown, &problems);
    ck_assert_msg(b->rules != NULL, "%s", str_cstr(&shown));
    str_clear(&shown);
    problems_clear(&problems);
    b->lists = (struct lists){.rules = b->rules};
    b->message = facts_new();
    b->recipient = facts_new();
    b->arena = arena_new();
    rule_test_defaults(b->message, b->recipient);
}

static void end(struct bench *b)
{
    ruleset_unpin(&b->rules);
    facts_free(&b->message);
    facts_free(&b->recipient);
    arena_free(&b->arena);
}

static struct evaluation ask(struct bench *b, const struct facts *recipient)
{
    struct facts_view view = {b->message, recipient};
    struct evaluation evaluation;

    evaluate(b->arena, &b->lists, CHAIN_FILTER, &view, STAGE_EOM, &evaluation);
    return evaluation;
}

static void add_attachments(struct bench *b, size_t count)
{
    struct value name = {.text = SPAN("a.txt")};
    struct fact fact = {FACT_VALUE, {NULL, 0}, 1, &name};

    for (size_t i = 0; i < count; i++) {
        int index = facts_record_add(b->message, RECORD_ATTACHMENT);
        facts_record_set(b->message, RECORD_ATTACHMENT, (size_t)index, FACT_ATTACHMENT_NAME,
                         &fact);
    }
}

/* 20,000 attachments and 100 rules that look at each: the message is deferred, and the rule in hand is named. */
START_TEST(fuel_is_bounded)
{
    struct str text = STR_EMPTY;
    struct bench b;
    struct evaluation evaluation;

    str_adds(&text, "[filter]\n");
    for (int i = 0; i < 100; i++)
        str_printf(&text,
                   "rule r%d (unknown passes) when any attachment (name contains \"x%d\") then "
                   "reject \"5.7.1 no\"\n",
                   i, i);
    begin(&b, str_cstr(&text));
    add_attachments(&b, FACTS_MAX_RECORDS);
    evaluation = ask(&b, b.recipient);
    ck_assert_int_eq(evaluation.result, EVAL_DECIDED);
    ck_assert_int_eq(evaluation.outcome->disposition, DISPOSITION_DEFER);
    ck_assert_str_eq(evaluation.outcome->code, "4.3.0");
    ck_assert_int_gt(evaluation.outcome->rule, 5);
    ck_assert_uint_eq(evaluation.outcome->reason_count, 1);
    ck_assert_uint_eq(evaluation.outcome->reasons[0].rule, (unsigned)evaluation.outcome->rule);
    end(&b);
    str_clear(&text);
}
END_TEST

START_TEST(no_recipient)
{
    struct bench b;
    struct evaluation evaluation;

    begin(&b, "[filter]\nrule r when recipient contains \"a\" then reject \"5.7.1 no\"\n"
              "rule s when message.size > 0 then tag \"s\"");
    evaluation = ask(&b, NULL);
    ck_assert_int_eq(evaluation.result, EVAL_DECIDED);
    ck_assert_int_eq(evaluation.outcome->disposition, DISPOSITION_DELIVER);
    ck_assert_int_eq(evaluation.outcome->reasons[0].what, REASON_UNKNOWN);
    ck_assert_int_eq(evaluation.outcome->reasons[0].missing.fact, FACT_RECIPIENT);
    end(&b);
}
END_TEST

/* The outcome is the caller's: it outlives the facts and the arena of the walk. */
START_TEST(outcome_is_copied)
{
    struct bench b;
    struct evaluation evaluation;

    begin(&b, "[filter]\nrule r when message.size > 0 then tag \"t\", log \"{sender}\", "
              "add header \"X-A\" \"{helo.name}\", reject \"5.7.1 {sender}\"");
    facts_set_text(b.message, FACT_SENDER, SPAN("who@a.example"));
    evaluation = ask(&b, b.recipient);
    facts_free(&b.message);
    b.message = facts_new();
    ck_assert(span_is(evaluation.outcome->text, "who@a.example"));
    ck_assert(span_is(evaluation.outcome->tags[0], "t"));
    ck_assert(span_is(evaluation.outcome->logs[0], "who@a.example"));
    ck_assert(span_is(evaluation.outcome->edits[0].value, "none"));
    end(&b);
}
END_TEST

START_TEST(hostile_values_in_a_reply)
{
    struct bench b;
    struct evaluation evaluation;
    struct str subject = STR_EMPTY;

    begin(&b, "[filter]\nrule r when message.size > 0 then reject \"5.7.1 {subject}.\"");
    for (int i = 0; i < 500; i++)
        str_add(&subject, span_from("\r\n\0x", 4));
    facts_set_text(b.message, FACT_SUBJECT, str_span(&subject));
    evaluation = ask(&b, b.recipient);
    ck_assert_uint_eq(evaluation.outcome->text.len, 201);
    for (size_t i = 0; i < evaluation.outcome->text.len; i++)
        ck_assert(evaluation.outcome->text.ptr[i] >= ' ');
    str_clear(&subject);
    end(&b);
}
END_TEST

START_TEST(text_by_itself)
{
    struct text_part parts[] = {
        {.literal = SPAN("from ")},   {.is_fact = true, .fact = FACT_CLIENT_IP},
        {.literal = SPAN(" as ")},    {.is_fact = true, .fact = FACT_ATTACHMENT_NAME},
        {.literal = SPAN(" going ")}, {.is_fact = true, .fact = FACT_DIRECTION},
    };
    struct text_template template = {COUNT_OF(parts), parts};
    struct facts_view view;
    struct bench b;

    begin(&b, "[filter]");
    add_attachments(&b, 1);
    view = (struct facts_view){b.message, b.recipient};
    ck_assert(span_is(evaluate_text(b.arena, &b.lists, &template, &view, 0),
                      "from 192.0.2.1 as a.txt going inbound"));
    ck_assert(span_is(evaluate_text(b.arena, &b.lists, &template, &view, -1),
                      "from 192.0.2.1 as unknown going inbound"));
    end(&b);
}
END_TEST

START_TEST(direction_by_itself)
{
    struct facts_view view;
    struct bench b;
    struct fact direction;

    begin(&b, "list relay_networks ip { 192.0.2.0/24 }\n[filter]");
    view = (struct facts_view){b.message, b.recipient};
    evaluate_direction(&b.lists, &view, &direction);
    ck_assert_int_eq(direction.state, FACT_VALUE);
    ck_assert_int_eq(direction.values[0].number, DIRECTION_INTERNAL);
    facts_set_unknown(b.message, FACT_CLIENT_IP, SPAN("test"));
    evaluate_direction(&b.lists, &view, &direction);
    ck_assert_int_eq(direction.state, FACT_UNKNOWN);
    facts_forget(b.message, FACT_CLIENT_IP);
    evaluate_direction(&b.lists, &view, &direction);
    ck_assert_int_eq(direction.state, FACT_PENDING);
    facts_set_text(b.message, FACT_AUTH_USER, SPAN("anna"));
    evaluate_direction(&b.lists, &view, &direction);
    ck_assert_int_eq(direction.values[0].number, DIRECTION_INTERNAL);
    end(&b);
}
END_TEST

START_TEST(line_for_the_log)
{
    struct str line = STR_EMPTY;
    struct bench b;
    struct evaluation evaluation;

    begin(&b,
          "[filter]\n"
          "rule w (warn) when message.size > 0 then discard\n"
          "rule u (unknown passes) when virus known and client.country = \"DE\" then score 2\n"
          "rule t when message.size > 0 then tag \"a\", tag \"b\", skip s\n"
          "rule s when message.size > 0 then tag \"c\"\n"
          "rule h when message.size > 0 unless message.size > 1 then reject \"5.7.1 no\"\n"
          "rule q when message.size > 0 then quarantine");
    facts_set_text(b.message, FACT_VIRUS, SPAN("v"));
    facts_set_unknown(b.message, FACT_CLIENT_COUNTRY, SPAN("test"));
    evaluation = ask(&b, b.recipient);
    explain_line(&line, b.rules, evaluation.outcome);
    ck_assert_str_eq(str_cstr(&line),
                     "rule=q line=7 score=0..2 tags=a,b warn=w held=h skipped=s "
                     "unknown=u(client.country)");
    str_clear(&line);
    end(&b);
}
END_TEST

SUITE_MAIN("eval", fuel_is_bounded, no_recipient, outcome_is_copied, hostile_values_in_a_reply,
           text_by_itself, direction_by_itself, line_for_the_log)
