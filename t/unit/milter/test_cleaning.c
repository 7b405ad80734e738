/* test_cleaning.c - which headers are taken out of whose mail: ours, other nodes', gateways' from elsewhere, Exchange's from outside. */
#include "milter/signing_keys.h"
#include "store/authserv_ids.h"
#include "t/lib/talk.h"

#define OUTSIDE "192.0.2.7"
#define GATEWAY "198.51.100.9"
#define AR      "Authentication-Results"
#define AAR     "ARC-Authentication-Results"

static const struct {
    const char *client, *login, *name, *value;
    bool is_removed;
} cases[] = {
    /* this node's */
    {OUTSIDE, NULL, AR, " mx.example; spf=pass", true},
    {OUTSIDE, "ann", AR, " mx.example; spf=pass", true},
    {GATEWAY, NULL, AR, " mx.example; spf=pass", true},
    {OUTSIDE, NULL, AAR, " i=1; mx.example; spf=pass", true},
    {OUTSIDE, "ann", AAR, " i=1; mx.example; spf=pass", true},
    {OUTSIDE, NULL, "authentication-RESULTS ", " mx.example; spf=pass", true},
    /* other nodes' */
    {OUTSIDE, NULL, AR, " mx2.example; spf=pass", true},
    {OUTSIDE, "ann", AR, " (c) \"MX2\\.example\"; spf=pass", true},
    {OUTSIDE, NULL, AAR, " i=1; mx3.example; spf=pass", true},
    /* a node that is a gateway of this one, too */
    {GATEWAY, NULL, AR, " mx3.example; spf=pass", false},
    {OUTSIDE, NULL, AR, " mx3.example; spf=pass", true},
    /* gateways' */
    {GATEWAY, NULL, AR, " inner.example; spf=pass", false},
    {OUTSIDE, NULL, AR, " inner.example; spf=pass", true},
    {OUTSIDE, NULL, AAR, " i=1; inner.example; spf=pass", false},
    {OUTSIDE, "ann", AR, " inner.example; spf=pass", false},
    {GATEWAY, NULL, AR, " other-inner.example; spf=pass", true},
    {GATEWAY, "ann", AR, " other-inner.example; spf=pass", false},
    /* strangers' */
    {OUTSIDE, NULL, AR, " mx.google.example; spf=pass smtp.helo=mx.example", false},
    {OUTSIDE, NULL, AAR, " i=1; mx.google.example; spf=pass smtp.helo=mx.example", false},
    {OUTSIDE, NULL, "X-" AR, " mx.example; spf=pass", false},
    /* Exchange's */
    {OUTSIDE, NULL, "X-MS-Exchange-Organization-SCL", " -1", true},
    {OUTSIDE, NULL, "x-ms-EXCHANGE-organization-authAs\t", " Internal", true},
    {GATEWAY, NULL, "X-MS-Exchange-Organization-SCL", " -1", true},
    {OUTSIDE, "ann", "X-MS-Exchange-Organization-SCL", " -1", false},
    {OUTSIDE, NULL, "X-MS-Exchange-Other-SCL", " -1", false},
};

static void write_ids(const char *second)
{
    struct authserv_id list[] = {{"0000000000000001", "mx.example"},
                                 {"0000000000000002", ""},
                                 {"0000000000000003", "mx3.example"}};
    const struct authserv_ids ids = {COUNT_OF(list), list};
    struct err err;

    snprintf(list[1].id, sizeof list[1].id, "%s", second);
    ck_assert_int_eq(authserv_ids_write(dir, &ids, &err), 0);
}

static void begin(void)
{
    struct err err;

    setup();
    gate.signing_keys = signing_keys_open(dir, &err);
    ck_assert_msg(gate.signing_keys != NULL, "%s", err.text);
    settings->state_dir = dir;
    settings->cluster_name = "c";
    settings->trusted_authserv_ids =
        "inner.example@198.51.100.0/24, other-inner.example@203.0.113.0/24, "
        "mx3.example@198.51.100.9, mx.example@198.51.100.0/24";
    write_ids("mx2.example");
}

static void end(void)
{
    signing_keys_close(&gate.signing_keys);
    teardown();
}

static bool is_removed(const char *client, const char *login, const char *name,
                       const char *value)
{
    char sender[] = "<a@x.example>";
    struct talk talk = talk_of(client, sender);
    bool is = false;

    talk.ctx->macros[2].name = "{auth_authen}";
    talk.ctx->macros[2].value = login;
    talk.header[0] = name;
    talk.header[1] = value;
    talk_run(&talk);
    ck_assert_int_eq(talk.end, SMFIS_ACCEPT);
    for (int i = 0; i < talk.ctx->change_count; i++)
        is |= strncmp(talk.ctx->changes[i], "del ", 4) == 0;
    free(talk.ctx);
    return is;
}

START_TEST(test_cases)
{
    begin();
    for (size_t i = 0; i < COUNT_OF(cases); i++)
        ck_assert_msg(is_removed(cases[i].client, cases[i].login, cases[i].name,
                                 cases[i].value) == cases[i].is_removed,
                      "%zu: %s %s: %s:%s", i, cases[i].client,
                      cases[i].login != NULL ? cases[i].login : "-", cases[i].name,
                      cases[i].value);
    end();
}
END_TEST

/* The file is followed; damaged, it changes nothing; without a cluster it is nobody's word. */
START_TEST(test_other_nodes)
{
    char *path;

    begin();
    path = authserv_ids_path(dir);
    ck_assert(is_removed(OUTSIDE, NULL, AR, " mx2.example; none"));
    write_ids("new.example");
    ck_assert(is_removed(OUTSIDE, NULL, AR, " new.example; none"));
    ck_assert(!is_removed(OUTSIDE, NULL, AR, " mx2.example; none"));
    log_set_level(LOG_LEVEL_ERROR + 1);
    ck_assert_int_eq(file_replace(path, SPAN("rubbish"), 0640, NULL), 0);
    ck_assert(is_removed(OUTSIDE, NULL, AR, " new.example; none"));
    settings->cluster_name = "";
    ck_assert(!is_removed(OUTSIDE, NULL, AR, " new.example; none"));
    ck_assert(is_removed(OUTSIDE, NULL, AR, " mx.example; none"));
    free(path);
    end();
}
END_TEST

/* Our own is written last, so it stands on top; only for mail from outside, and not when it is not wanted. */
START_TEST(test_our_own)
{
    static const struct {
        const char *daemon, *login;
        bool is_off, has_it;
    } ways[] = {
        {"postgate-proxy", NULL, false, true},       {"smtpd", NULL, false, true},
        {"postgate-proxy", "ann", false, false},     {"postgate-proxy", NULL, true, false},
        {"postgate-submission", NULL, false, false}, {"postgate-staging", NULL, false, false},
    };

    begin();
    for (size_t i = 0; i < COUNT_OF(ways); i++) {
        char sender[] = "<a@x.example>";
        struct talk talk = talk_of(OUTSIDE, sender);

        settings->authentication_results = !ways[i].is_off;
        talk.ctx->macros[0].value = ways[i].daemon;
        talk.ctx->macros[2].name = "{auth_authen}";
        talk.ctx->macros[2].value = ways[i].login;
        talk_run(&talk);
        ck_assert_int_eq(talk.end, SMFIS_ACCEPT);
        const char *last =
            talk.ctx->change_count > 0 ? talk.ctx->changes[talk.ctx->change_count - 1] : "";
        ck_assert_msg((strcmp(last, "ins 0 " AR ": mx.example; none") == 0) == ways[i].has_it,
                      "%zu: %s", i, last);
        free(talk.ctx);
    }
    end();
}
END_TEST

SUITE_MAIN("milter/cleaning", test_cases, test_other_nodes, test_our_own)
