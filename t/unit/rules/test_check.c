/* What a compiled rule means: types and values, who reads the recipient, stages, what is bound, templates, tests in the file. */
#include <check.h>
#include <stdio.h>

#include "rules/ruleset.h"

static struct ruleset *compile(const char *text, struct problems *problems)
{
    memset(problems, 0, sizeof(*problems));
    return ruleset_compile(span_of(text), "t", problems);
}

static struct ruleset *must_compile(const char *text)
{
    struct problems problems;
    struct ruleset *rules = compile(text, &problems);

    ck_assert_msg(rules != NULL, "%s: %s", text,
                  problems.count > 0 ? problems.list[0].text : "");
    problems_clear(&problems);
    return rules;
}

static const struct {
    const char *condition;
    enum fact_id fact;
    enum compare_op op;
    enum value_type type; /* of the right side */
    int64_t number;       /* of its first value */
    const char *text;     /* of its first value */
} comparisons[] = {
    {"path = staging", FACT_PATH, OP_EQ, TYPE_ENUM, PATH_STAGING, NULL},
    {"message.size > 10MB", FACT_MESSAGE_SIZE, OP_GT, TYPE_SIZE, 10 * 1024 * 1024, NULL},
    {"10MB < message.size", FACT_MESSAGE_SIZE, OP_GT, TYPE_SIZE, 10 * 1024 * 1024, NULL},
    {"message.size > 500", FACT_MESSAGE_SIZE, OP_GT, TYPE_SIZE, 500, NULL},
    {"message.size <= 2kb", FACT_MESSAGE_SIZE, OP_LE, TYPE_SIZE, 2048, NULL},
    {"score >= 5", FACT_SCORE, OP_GE, TYPE_SCORE, 5000, NULL},
    {"score >= 2.5", FACT_SCORE, OP_GE, TYPE_SCORE, 2500, NULL},
    {"score < -0.125", FACT_SCORE, OP_LT, TYPE_SCORE, -125, NULL},
    {"spam.score > 7.05", FACT_SPAM_SCORE, OP_GT, TYPE_SCORE, 7050, NULL},
    {"loop.passes > 5", FACT_LOOP_PASSES, OP_GT, TYPE_NUMBER, 5, NULL},
    {"from.domain = \"M\xc3\xbcller.Example\"", FACT_FROM_DOMAIN, OP_EQ, TYPE_DOMAIN, 0,
     "xn--mller-kva.example"},
    {"sender = \"Bob@Partner.EXAMPLE\"", FACT_SENDER, OP_EQ, TYPE_ADDRESS, 0,
     "bob@partner.example"},
    {"sender.domain in { a.example \"B.example\" }", FACT_SENDER_DOMAIN, OP_IN, TYPE_DOMAIN, 0,
     "a.example"},
    {"sender.domain ends with \".example\"", FACT_SENDER_DOMAIN, OP_ENDS_WITH, TYPE_STRING, 0,
     ".example"},
    {"subject contains \"Invoice\"", FACT_SUBJECT, OP_CONTAINS, TYPE_STRING, 0, "Invoice"},
    {"header(\"X-Spam\") = \"yes\"", FACT_HEADER, OP_EQ, TYPE_STRING, 0, "yes"},
    {"author.by = dkim", FACT_AUTHOR_BY, OP_EQ, TYPE_ENUM, 2, NULL},
    {"dmarc.policy = reject", FACT_DMARC_POLICY, OP_EQ, TYPE_ENUM, 3, NULL},
    {"loop.certain = true", FACT_LOOP_CERTAIN, OP_EQ, TYPE_BOOL, 1, NULL},
    {"time.weekday in { saturday sunday }", FACT_TIME_WEEKDAY, OP_IN, TYPE_ENUM, 6, NULL},
};

START_TEST(test_comparisons)
{
    char text[300];
    struct ruleset *rules;
    const struct expr *when;

    snprintf(
        text, sizeof(text),
        "[filter] rule points when path = proxy then score 1 rule x when %s then tag \"t\"",
        comparisons[_i].condition);
    rules = must_compile(text);
    when = rules->rules[1].when;
    ck_assert_int_eq(when->kind, EXPR_COMPARE);
    ck_assert_int_eq(when->left.fact, comparisons[_i].fact);
    ck_assert_int_eq(when->op, comparisons[_i].op);
    ck_assert_int_eq(when->right.kind, TERM_LITERALS);
    ck_assert_int_eq(when->right.type, comparisons[_i].type);
    ck_assert_int_eq(when->right.values[0].number, comparisons[_i].number);
    if (comparisons[_i].text != NULL)
        ck_assert_msg(span_is(when->right.values[0].text, comparisons[_i].text), "%.*s",
                      SPAN_ARG(when->right.values[0].text));
    ruleset_unpin(&rules);
    ck_assert(rules == NULL);
}
END_TEST

static const struct {
    const char *chain, *condition, *action;
    bool reads_recipient;
    enum stage stage;
} reading[] = {
    {"policy", "client.ip in 10.0.0.0/8", "verify", false, STAGE_CONNECT},
    {"policy", "helo.name = \"x\"", "verify", false, STAGE_HELO},
    {"policy", "sender = <>", "verify", false, STAGE_MAIL},
    {"policy", "recipient.routed", "verify", true, STAGE_RCPT},
    {"policy", "client.ip in route.next_hops", "verify", true, STAGE_RCPT},
    {"policy", "not domain.accepted", "verify", true, STAGE_RCPT},
    {"policy", "path = staging", "reject \"5.7.1 Not {recipient}\"", true, STAGE_RCPT},
    {"policy", "count(messages, recipient, 1h) > 5", "verify", true, STAGE_RCPT},
    {"policy", "count(messages, auth.user, 1h) > 5", "verify", false, STAGE_RCPT},
    {"filter", "direction = inbound", "tag \"t\"", false, STAGE_RCPT},
    {"filter", "direction != inbound", "tag \"t\"", false, STAGE_RCPT},
    {"filter", "direction in { inbound }", "tag \"t\"", false, STAGE_RCPT},
    {"filter", "direction = outbound", "tag \"t\"", true, STAGE_RCPT},
    {"filter", "direction in { inbound internal }", "tag \"t\"", true, STAGE_RCPT},
    {"filter", "recipient.count > 10", "tag \"t\"", false, STAGE_DATA},
    {"filter", "subject known", "tag \"t\"", false, STAGE_HEADERS},
    {"filter", "message.size > 1MB or path = proxy", "tag \"t\"", false, STAGE_EOM},
    {"filter", "path = proxy", "log \"{subject}\"", false, STAGE_HEADERS},
    {"filter", "any attachment (size > 1MB)", "tag \"t\"", false, STAGE_EOM},
};

START_TEST(test_reading)
{
    char text[300];
    struct ruleset *rules;

    snprintf(text, sizeof(text), "[%s] rule x when %s then %s", reading[_i].chain,
             reading[_i].condition, reading[_i].action);
    rules = must_compile(text);
    ck_assert_msg(rules->rules[0].reads_recipient == reading[_i].reads_recipient, "%s", text);
    ck_assert_msg(rules->rules[0].stage == reading[_i].stage, "%s: %d", text,
                  rules->rules[0].stage);
    ruleset_unpin(&rules);
}
END_TEST

static const struct {
    const char *condition;
    bool binds;
} binding[] = {
    {"client.ip = 10.1.2.3", true},
    {"client.ip in $n", true},
    {"client.ip in { 10.1.2.3 10.1.2.4 }", true},
    {"path = staging and client.ip in $n", true},
    {"client.ip in $n or auth.user known", true},
    {"(client.ip in $n or auth.user = \"anna\") and path = staging", true},
    {"client.ip in route.next_hops", true},
    {"client.ip in $n or path = staging", false},
    {"not client.ip in $n", false},
    {"client.ip not in $n", false},
    {"client.ip != 10.1.2.3", false},
    {"auth.user absent", false},
    {"client.ip known", false},
    {"client.ip = client.ip", false},
    {"client.ip in ::/0", false},
    {"client.ip in { 10.0.0.0/8 0.0.0.0/0 }", false},
    {"auth.user contains \"a\"", false},
    {"not (path = proxy or client.ip in $n)", false},
};

START_TEST(test_binding)
{
    struct problems problems;
    char text[300];
    struct ruleset *rules;

    snprintf(text, sizeof(text),
             "list n ip { 10.0.0.0/8 } [policy] rule x when %s then permit relay",
             binding[_i].condition);
    rules = compile(text, &problems);
    ck_assert_msg((rules != NULL) == binding[_i].binds, "%s", text);
    ruleset_unpin(&rules);
    problems_clear(&problems);
}
END_TEST

static const struct {
    const char *text, *parts; /* literals as they are, facts in <> */
} templates[] = {
    {"plain", "plain"},
    {"from {client.ip}", "from <client.ip>"},
    {"{client.ip}{sender}", "<client.ip><sender>"},
    {"{{x}} and }}", "{x} and }"},
    {"{ sender.domain }!", "<sender.domain>!"},
    {"{header(Subject)} {header(\\\"X-A\\\")}", "<header:subject> <header:x-a>"},
};

START_TEST(test_templates)
{
    char text[300];
    struct ruleset *rules;
    struct str out = STR_EMPTY;
    const struct text_template *template;

    snprintf(text, sizeof(text), "[filter] rule x when path = proxy then log \"%s\"",
             templates[_i].text);
    rules = must_compile(text);
    template = &rules->rules[0].actions[0].text;
    for (size_t i = 0; i < template->count; i++) {
        if (!template->parts[i].is_fact)
            str_add(&out, template->parts[i].literal);
        else if (template->parts[i].key.len > 0)
            str_printf(&out, "<%s:%.*s>", fact_table[template->parts[i].fact].name,
                       SPAN_ARG(template->parts[i].key));
        else
            str_printf(&out, "<%s>", fact_table[template->parts[i].fact].name);
    }
    ck_assert_msg(strcmp(str_cstr(&out), templates[_i].parts) == 0, "%s: %s",
                  templates[_i].text, str_cstr(&out));
    str_clear(&out);
    ruleset_unpin(&rules);
}
END_TEST

static const struct {
    const char *term, *key;
    int facts[2];
} counters[] = {
    {"count(messages, auth.user, 1h)", "messages auth.user 3600", {FACT_AUTH_USER, FACT_NONE}},
    {"count(recipients, client.ip, 7d)",
     "recipients client.ip 604800",
     {FACT_CLIENT_IP, FACT_NONE}},
    {"sum(size, sender.domain, 15m)",
     "size sender.domain 900",
     {FACT_SENDER_DOMAIN, FACT_NONE}},
    {"distinct(recipient, (auth.user, client.ip), 60s)",
     "recipient auth.user,client.ip 60",
     {FACT_AUTH_USER, FACT_CLIENT_IP}},
};

START_TEST(test_counters)
{
    char text[300];
    struct ruleset *rules;
    const struct term *left;

    snprintf(text, sizeof(text), "[policy] rule x when %s > 5 then defer \"4.7.1 Later\"",
             counters[_i].term);
    rules = must_compile(text);
    left = &rules->rules[0].when->left;
    ck_assert_msg(span_is(left->key, counters[_i].key), "%.*s", SPAN_ARG(left->key));
    ck_assert_int_eq(left->key_fact[0], counters[_i].facts[0]);
    ck_assert_int_eq(left->key_fact[1], counters[_i].facts[1]);
    ruleset_unpin(&rules);
}
END_TEST

/* <> is a way to write absent. */
START_TEST(test_null_address)
{
    struct ruleset *rules = must_compile(
        "[policy] rule a when sender = <> then verify rule b when sender != <> then verify");
    const struct expr *is = rules->rules[0].when, *is_not = rules->rules[1].when;

    ck_assert(is->kind == EXPR_STATE && is->state == FACT_ABSENT &&
              is->left.fact == FACT_SENDER);
    ck_assert(is_not->kind == EXPR_NOT && is_not->children[0]->kind == EXPR_STATE &&
              is_not->children[0]->state == FACT_ABSENT);
    ruleset_unpin(&rules);
}
END_TEST

START_TEST(test_actions)
{
    struct ruleset *rules =
        must_compile("[filter] rule a when path = proxy then score -0.5, skip c rule b when "
                     "subject known then quarantine \"why\", reject \"5.7.1 No, {sender}\" "
                     "rule c when subject absent then add header \"X-A\" \"b\", redirect "
                     "\"Post@Example.org\"");
    const struct rule *a = &rules->rules[0], *b = &rules->rules[1], *c = &rules->rules[2];

    ck_assert(a->permits && !a->restricts && !a->is_final && a->actions[0].number == -500);
    ck_assert(a->actions[1].skip_count == 1 && a->actions[1].skips[0] == 2);
    ck_assert(b->restricts && !b->permits && b->is_final);
    ck_assert_str_eq(b->actions[1].code, "5.7.1");
    ck_assert(b->actions[1].text.count == 2 &&
              span_is(b->actions[1].text.parts[0].literal, "No, "));
    ck_assert(!c->restricts && !c->permits && !c->is_final);
    ck_assert(span_is(c->actions[0].name, "X-A") &&
              span_is(c->actions[1].name, "Post@example.org"));
    ruleset_unpin(&rules);
}
END_TEST

START_TEST(test_tests)
{
    struct ruleset *rules = must_compile(
        "list l domain [filter] rule r when from.domain in $l then discard test \"t\" with "
        "sender <>, spf fail, from { a@b.example c@d.example }, message.size 2KB, "
        "header(\"X\") \"y\", virus unknown, list l { B.example .c.example } with attachment { "
        "name { \"a.pdf\" \"a.exe\" }, size 3 } expect discard by r");
    const struct test_set *sets = rules->tests[0].sets;

    ck_assert_uint_eq(rules->tests[0].set_count, 8);
    ck_assert(sets[0].fact == FACT_SENDER && sets[0].value.state == FACT_ABSENT);
    ck_assert(sets[1].fact == FACT_SPF && sets[1].value.values[0].number == 4);
    ck_assert(sets[2].value.count == 2 && span_is(sets[2].value.values[1].text, "c@d.example"));
    ck_assert(sets[3].value.values[0].number == 2048);
    ck_assert(sets[4].fact == FACT_HEADER && span_is(sets[4].key, "x"));
    ck_assert(sets[5].value.state == FACT_UNKNOWN && sets[5].value.reason.len > 0);
    ck_assert(sets[6].list == 0 && sets[6].item_count == 2 &&
              span_is(sets[6].items[0], "b.example"));
    ck_assert(sets[7].record == RECORD_ATTACHMENT && sets[7].member_count == 2 &&
              sets[7].members[0].value.count == 2);
    ck_assert(sets[0].list == -1 && sets[7].list == -1);
    ck_assert(rules->tests[0].expect == DISPOSITION_DISCARD &&
              span_is(rules->tests[0].by, "r"));
    ruleset_unpin(&rules);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("rules/check");
    TCase *tc = tcase_create("check");
    SRunner *runner = srunner_create(suite);
    int failed;

    suite_add_tcase(suite, tc);
    tcase_add_loop_test(tc, test_comparisons, 0,
                        (int)(sizeof(comparisons) / sizeof(comparisons[0])));
    tcase_add_loop_test(tc, test_reading, 0, (int)(sizeof(reading) / sizeof(reading[0])));
    tcase_add_loop_test(tc, test_binding, 0, (int)(sizeof(binding) / sizeof(binding[0])));
    tcase_add_loop_test(tc, test_templates, 0, (int)(sizeof(templates) / sizeof(templates[0])));
    tcase_add_loop_test(tc, test_counters, 0, (int)(sizeof(counters) / sizeof(counters[0])));
    tcase_add_test(tc, test_null_address);
    tcase_add_test(tc, test_actions);
    tcase_add_test(tc, test_tests);
    srunner_run_all(runner, CK_NORMAL);
    failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? 0 : 1;
}
