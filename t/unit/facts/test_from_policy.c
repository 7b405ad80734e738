/* test_from_policy.c - attributes of Postfix's policy protocol to facts. */
#include "facts/from_policy.h"
#include "t/lib/suite.h"

static const struct attribute_case {
    const char *name, *value;
    enum fact_id fact;
    const char *want; /* as printed */
} attributes[] = {
    {"policy_context", "staging", FACT_PATH, "staging"},
    {"policy_context", "release", FACT_PATH, "absent"},
    {"policy_context", "other", FACT_PATH, "absent"},
    {"policy_context", "", FACT_PATH, "absent"},
    {"client_address", "192.0.2.9", FACT_CLIENT_IP, "192.0.2.9"},
    {"client_address", "2001:DB8::1", FACT_CLIENT_IP, "2001:db8::1"},
    {"client_address", "unknown", FACT_CLIENT_IP, "absent"},
    {"client_address", "192.0.2.9.9", FACT_CLIENT_IP, "unknown (not an IP address)"},
    {"client_name", "unknown", FACT_CLIENT_NAME, "absent"},
    {"client_name", "MAIL.example.com", FACT_CLIENT_NAME, "\"mail.example.com\""},
    {"reverse_client_name", "unknown", FACT_CLIENT_REVERSE_NAME, "absent"},
    {"server_port", "25", FACT_LISTENER_PORT, "25"},
    {"server_port", "x", FACT_LISTENER_PORT, "unknown (not a number)"},
    {"helo_name", "[192.0.2.1]", FACT_HELO_NAME, "\"[192.0.2.1]\""},
    {"sender", "", FACT_SENDER, "absent"},
    {"sender", "Bob@example.com", FACT_SENDER, "\"bob@example.com\""},
    {"size", "0", FACT_MESSAGE_DECLARED_SIZE, "absent"},
    {"size", "2048", FACT_MESSAGE_DECLARED_SIZE, "2KB"},
    {"no_such_attribute", "x", FACT_SENDER, "absent"},
};

START_TEST(test_attributes)
{
    for (size_t i = 0; i < COUNT_OF(attributes); i++) {
        struct policy_attributes *given = from_policy_begin();
        struct facts *message = facts_new(), *recipient = facts_new();
        struct str out = STR_EMPTY;
        from_policy_add(given, span_of(attributes[i].name), span_of(attributes[i].value));
        from_policy_end(&given, message, recipient);
        fact_print(&out, attributes[i].fact, facts_get(message, attributes[i].fact));
        ck_assert_msg(span_is(str_span(&out), attributes[i].want), "%s=%s: %s",
                      attributes[i].name, attributes[i].value, str_cstr(&out));
        str_clear(&out);
        facts_free(&message);
        facts_free(&recipient);
    }
}
END_TEST

static const struct login_case {
    const char *method, *user;
    enum fact_state want;
} logins[] = {
    {"PLAIN", "alice", FACT_VALUE},
    {"XCLIENT", "alice", FACT_ABSENT},
    {"xclient", "alice", FACT_ABSENT},
    {"PLAIN", "", FACT_ABSENT},
    {"", "", FACT_ABSENT},
    {"", "alice", FACT_VALUE},
};

/* In both orders: the pair is settled at the end. */
START_TEST(test_logins)
{
    for (size_t i = 0; i < 2 * COUNT_OF(logins); i++) {
        const struct login_case *c = &logins[i / 2];
        struct policy_attributes *given = from_policy_begin();
        struct facts *message = facts_new(), *recipient = facts_new();
        if (i % 2 == 0)
            from_policy_add(given, SPAN("sasl_username"), span_of(c->user));
        from_policy_add(given, SPAN("sasl_method"), span_of(c->method));
        if (i % 2 == 1)
            from_policy_add(given, SPAN("sasl_username"), span_of(c->user));
        from_policy_end(&given, message, recipient);
        ck_assert_msg(facts_get(message, FACT_AUTH_USER)->state == c->want, "%s/%s", c->method,
                      c->user);
        facts_free(&message);
        facts_free(&recipient);
    }
}
END_TEST

START_TEST(test_recipient)
{
    struct policy_attributes *given = from_policy_begin();
    struct facts *message = facts_new(), *recipient = facts_new();

    from_policy_add(given, SPAN("recipient"), SPAN("a%b@Ours.example"));
    from_policy_end(&given, message, recipient);
    ck_assert_ptr_null(given);
    ck_assert_int_eq(facts_get(message, FACT_RECIPIENT)->state, FACT_PENDING);
    ck_assert(
        span_is(facts_get(recipient, FACT_RECIPIENT_DOMAIN)->values[0].text, "ours.example"));
    ck_assert_int_eq(facts_get(recipient, FACT_RECIPIENT_ROUTED)->values[0].number, 1);
    ck_assert_int_eq(facts_get(message, FACT_SENDER_DOMAIN)->state, FACT_ABSENT);
    facts_free(&message);
    facts_free(&recipient);
}
END_TEST

SUITE_MAIN("facts/from_policy", test_attributes, test_logins, test_recipient)
