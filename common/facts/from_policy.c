/* from_policy.c - from the attributes of Postfix's policy protocol (SMTPD_POLICY_README) to facts. */
#include "facts/from_policy.h"
#include "base/xalloc.h"
#include "facts/derive.h"
#include "mail/domain.h"

enum how {
    HOW_TEXT = 1,
    HOW_PATH, /* an SMTP path */
    HOW_IP,
    HOW_DOMAIN, /* the literal "unknown" is absent */
    HOW_NUMBER,
    HOW_SIZE,    /* 0: none was declared */
    HOW_CONTEXT, /* policy_context: which listener asks */
    HOW_USER     /* settled with sasl_method at the end */
};

static const struct row {
    const char *name;
    enum fact_id fact;
    enum how how;
} rows[] = {
    {"policy_context", FACT_PATH, HOW_CONTEXT},
    {"client_address", FACT_CLIENT_IP, HOW_IP},
    {"client_name", FACT_CLIENT_NAME, HOW_DOMAIN},
    {"reverse_client_name", FACT_CLIENT_REVERSE_NAME, HOW_DOMAIN},
    {"server_address", FACT_LISTENER_IP, HOW_IP},
    {"server_port", FACT_LISTENER_PORT, HOW_NUMBER},
    {"helo_name", FACT_HELO_NAME, HOW_TEXT},
    {"sasl_method", FACT_AUTH_METHOD, HOW_TEXT},
    {"sasl_username", FACT_AUTH_USER, HOW_USER},
    {"sender", FACT_SENDER, HOW_PATH},
    {"recipient", FACT_RECIPIENT, HOW_PATH},
    {"size", FACT_MESSAGE_DECLARED_SIZE, HOW_SIZE},
};
#define ROW_COUNT (sizeof rows / sizeof *rows)

static const struct name_value contexts[] = {
    {"proxy", PATH_PROXY},
    {"staging", PATH_STAGING},
    {"submission", PATH_SUBMISSION},
    {NULL, 0},
};

struct policy_attributes {
    struct str values[ROW_COUNT];
};

struct policy_attributes *from_policy_begin(void)
{
    return xcalloc(1, sizeof(struct policy_attributes));
}

void from_policy_add(struct policy_attributes *attributes, struct span name, struct span value)
{
    if (value.len > FACTS_MAX_TEXT)
        value.len = FACTS_MAX_TEXT;
    for (size_t i = 0; i < ROW_COUNT; i++)
        if (span_is(name, rows[i].name)) {
            str_reset(&attributes->values[i]);
            str_add(&attributes->values[i], value);
        }
}

static void set_ip(struct facts *facts, enum fact_id fact, struct span value)
{
    struct ip ip;

    if (ip_parse(value, &ip))
        facts_set_ip(facts, fact, &ip);
    else if (span_is(value, "unknown"))
        facts_set_absent(facts, fact);
    else
        facts_set_unknown(facts, fact, SPAN("not an IP address"));
}

/* A name that is none (8-bit, controls) tells nothing: as absent as Postfix's "unknown". */
static void set_domain(struct facts *facts, enum fact_id fact, struct span value)
{
    char buf[DOMAIN_SIZE];

    if (!span_is(value, "unknown") && domain_normalize(value, buf))
        facts_set_text(facts, fact, span_of(buf));
    else
        facts_set_absent(facts, fact);
}

static void set_number(struct facts *facts, enum fact_id fact, struct span value, bool may_be_0)
{
    uint64_t number;

    if (!span_to_u64(value, INT64_MAX, &number))
        facts_set_unknown(facts, fact, SPAN("not a number"));
    else if (number == 0 && !may_be_0)
        facts_set_absent(facts, fact);
    else
        facts_set_number(facts, fact, (int64_t)number);
}

static void set_context(struct facts *facts, enum fact_id fact, struct span value)
{
    int path;

    if (names_value(contexts, value, &path))
        facts_set_number(facts, fact, path);
    else
        facts_set_absent(facts, fact);
}

static void set_row(struct facts *facts, const struct row *row, struct span value)
{
    switch (row->how) {
    case HOW_TEXT:
    case HOW_USER:
        facts_set_text(facts, row->fact, value);
        break;
    case HOW_PATH:
        facts_set_path(facts, row->fact, value);
        break;
    case HOW_IP:
        set_ip(facts, row->fact, value);
        break;
    case HOW_DOMAIN:
        set_domain(facts, row->fact, value);
        break;
    case HOW_NUMBER:
    case HOW_SIZE:
        set_number(facts, row->fact, value, row->how == HOW_NUMBER);
        break;
    case HOW_CONTEXT:
        set_context(facts, row->fact, value);
        break;
    }
}

/* XCLIENT LOGIN only claims a login, and a method without a user is none. */
static void settle_login(struct facts *message)
{
    const struct fact *method = facts_get(message, FACT_AUTH_METHOD);
    const struct fact *user = facts_get(message, FACT_AUTH_USER);

    if (user->state != FACT_VALUE ||
        (method->state == FACT_VALUE && span_iequal(method->values[0].text, SPAN("XCLIENT")))) {
        facts_set_absent(message, FACT_AUTH_USER);
        facts_set_absent(message, FACT_AUTH_METHOD);
    }
}

void from_policy_end(struct policy_attributes **attributes, struct facts *message,
                     struct facts *recipient)
{
    struct policy_attributes *given = *attributes;

    *attributes = NULL;
    if (given == NULL)
        return;
    for (size_t i = 0; i < ROW_COUNT; i++) {
        bool is_recipients = (fact_table[rows[i].fact].flags & FACT_PER_RECIPIENT) != 0;
        struct facts *facts = is_recipients ? recipient : message;
        if (given->values[i].len > 0)
            set_row(facts, &rows[i], str_span(&given->values[i]));
        else
            facts_set_absent(facts, rows[i].fact);
        str_clear(&given->values[i]);
    }
    settle_login(message);
    facts_derive(message);
    facts_derive(recipient);
    xfree(&given);
}
