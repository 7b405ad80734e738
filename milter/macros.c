/* macros.c - the table of macros: asked of Postfix, turned into facts. */
#include "base/names.h"
#include "mail/domain.h"
#include "milter/macros.h"

struct macro_fact {
    const char *macro;
    enum stage stage;
    enum fact_id fact;
};

static const struct macro_fact macro_facts[] = {
    {"{client_name}", STAGE_CONNECT, FACT_CLIENT_NAME},
    {"{client_ptr}", STAGE_CONNECT, FACT_CLIENT_REVERSE_NAME},
    {"{daemon_addr}", STAGE_CONNECT, FACT_LISTENER_IP},
    {"{daemon_port}", STAGE_CONNECT, FACT_LISTENER_PORT},
    {"{auth_authen}", STAGE_MAIL, FACT_AUTH_USER},
    {"{auth_type}", STAGE_MAIL, FACT_AUTH_METHOD},
};

static const struct {
    int where;
    const char *list;
} symbol_lists[] = {
    {SMFIM_CONNECT, "j {daemon_name} {daemon_addr} {daemon_port} {client_addr} {client_port} "
                    "{client_name} {client_ptr} v"},
    {SMFIM_HELO, "{tls_version}"},
    {SMFIM_ENVFROM, "{auth_type} {auth_authen} {mail_addr}"},
    {SMFIM_ENVRCPT, "{rcpt_addr}"},
    {SMFIM_DATA, "i"},
    {SMFIM_EOH, "i"},
    {SMFIM_EOM, "i"},
};

static const struct name_value daemon_names[] = {
    {"postgate-proxy", PATH_PROXY},
    {"postgate-staging", PATH_STAGING},
    {"postgate-submission", PATH_SUBMISSION},
    {"postgate-release", PATH_RELEASE},
    {NULL, 0},
};

int macros_request(SMFICTX *ctx)
{
    for (size_t i = 0; i < sizeof symbol_lists / sizeof *symbol_lists; i++) {
        char *list = (char *)(uintptr_t)symbol_lists[i].list; /* libmilter copies it */
        if (smfi_setsymlist(ctx, symbol_lists[i].where, list) != MI_SUCCESS)
            return -1;
    }
    return 0;
}

static struct span macro_value(SMFICTX *ctx, const char *name)
{
    return span_of(smfi_getsymval(ctx, (char *)(uintptr_t)name));
}

/* Names of clients are of their own making: spelt as lists know them, or, when they are no names, as absent as "unknown". */
static void macro_learn_domain(struct facts *facts, enum fact_id id, struct span value)
{
    char domain[DOMAIN_SIZE];

    if (!span_is(value, "unknown") && domain_normalize(value, domain))
        facts_set_text(facts, id, span_of(domain));
    else
        facts_set_absent(facts, id);
}

static void macro_learn(struct facts *facts, enum fact_id id, struct span value)
{
    struct ip ip;
    uint64_t number;

    if (fact_table[id].type == TYPE_IP && ip_parse(value, &ip))
        facts_set_ip(facts, id, &ip);
    else if (fact_table[id].type == TYPE_NUMBER && span_to_u64(value, 65535, &number))
        facts_set_number(facts, id, (int64_t)number);
    else if (fact_table[id].type == TYPE_DOMAIN)
        macro_learn_domain(facts, id, value);
    else if (value.len == 0 || span_is(value, "unknown") || fact_table[id].type == TYPE_IP ||
             fact_table[id].type == TYPE_NUMBER)
        facts_set_absent(facts, id);
    else
        facts_set_text(facts, id, value);
}

/* A login that XCLIENT claims is the word of another host, not of our own authentication. */
static bool is_foreign_login(SMFICTX *ctx, enum fact_id id)
{
    return (id == FACT_AUTH_USER || id == FACT_AUTH_METHOD) &&
           span_iequal(macro_value(ctx, "{auth_type}"), SPAN("XCLIENT"));
}

void macros_learn(SMFICTX *ctx, enum stage stage, struct facts *facts)
{
    for (size_t i = 0; i < sizeof macro_facts / sizeof *macro_facts; i++) {
        const struct macro_fact *row = &macro_facts[i];
        if (row->stage != stage)
            continue;
        if (is_foreign_login(ctx, row->fact))
            facts_set_absent(facts, row->fact);
        else
            macro_learn(facts, row->fact, macro_value(ctx, row->macro));
    }
}

/* Mail of sendmail(1) comes with both ports 0 from 127.0.0.1 (cleanup simulates a client). */
static bool is_local_submission(SMFICTX *ctx, const struct ip *client)
{
    char text[IP_TEXT_SIZE];

    return client != NULL && strcmp(ip_text(client, text), "127.0.0.1") == 0 &&
           span_is(macro_value(ctx, "{client_port}"), "0") &&
           span_is(macro_value(ctx, "{daemon_port}"), "0");
}

enum path macros_path(SMFICTX *ctx, const struct ip *client)
{
    int path = 0;

    if (names_value(daemon_names, macro_value(ctx, "{daemon_name}"), &path))
        return (enum path)path;
    return is_local_submission(ctx, client) ? PATH_LOCAL : 0;
}

const char *macros_sender(SMFICTX *ctx)
{
    return macro_value(ctx, "{mail_addr}").ptr;
}

const char *macros_recipient(SMFICTX *ctx)
{
    return macro_value(ctx, "{rcpt_addr}").ptr;
}

const char *macros_queue_id(SMFICTX *ctx)
{
    return macro_value(ctx, "i").len > 0 ? macro_value(ctx, "i").ptr : "";
}
