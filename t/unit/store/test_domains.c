/* Accepted domains, and next hops as administrators write them. */
#include <stdio.h>
#include <string.h>

#include "store/domains.h"
#include "t/lib/suite.h"
#include "t/lib/temp_dir.h"

static const struct hop_case {
    const char *text;
    const char *printed; /* NULL: refused */
    bool is_address;
} hop_cases[] = {
    {"mail.example.com", "mail.example.com:25", false},
    {" Mail.Example.COM.:2525 ", "mail.example.com:2525", false},
    {"192.0.2.1", "192.0.2.1:25", true},
    {"192.0.2.1:10025", "192.0.2.1:10025", true},
    {"[192.0.2.1]:10025", "192.0.2.1:10025", true},
    {"2001:DB8::1", "[2001:db8::1]:25", true},
    {"[2001:db8::1]", "[2001:db8::1]:25", true},
    {"[2001:db8::1]:2525", "[2001:db8::1]:2525", true},
    {"b\xc3\xbc"
     "cher.example",
     "xn--bcher-kva.example:25", false},
    {"", NULL, false},
    {":25", NULL, false},
    {"mail.example.com:", NULL, false},
    {"mail.example.com:0", NULL, false},
    {"mail.example.com:65536", NULL, false},
    {"mail.example.com:+25", NULL, false},
    {"mail example.com", NULL, false},
    {"[mail.example.com]", NULL, false},
    {"a..b", NULL, false},
};

START_TEST(test_hops)
{
    for (size_t i = 0; i < COUNT_OF(hop_cases); i++) {
        const struct hop_case *c = &hop_cases[i];
        struct str printed = STR_EMPTY;
        struct next_hop hop;
        struct err err;
        int result = next_hop_parse(span_of(c->text), &hop, &err);

        ck_assert_msg(result == (c->printed == NULL ? -1 : 0), "%s: %d", c->text, result);
        if (result < 0)
            continue;
        next_hop_print(&printed, &hop);
        ck_assert_str_eq(str_cstr(&printed), c->printed);
        ck_assert_msg(hop.is_address == c->is_address, "%s", c->text);
        str_clear(&printed);
    }
}
END_TEST

static struct policy_db *open_db(char dir[200])
{
    char path[300];
    struct err err;

    temp_dir_make(dir);
    snprintf(path, sizeof(path), "%s/policyd.db", dir);
    return policy_db_open(path, &err);
}

static int put(struct policy_db *db, const char *name, const char *const *texts, size_t count,
               struct err *err)
{
    struct next_hop hops[DOMAIN_MAX_HOPS + 1];

    for (size_t i = 0; i < count; i++)
        ck_assert_int_eq(next_hop_parse(span_of(texts[i]), &hops[i], err), 0);
    return domains_put(db, span_of(name), hops, count, err);
}

START_TEST(test_domains)
{
    const char *const two[] = {"b.internal:2525", "a.internal"};
    const char *const one[] = {"[2001:db8::1]:26"};
    char dir[200];
    struct policy_db *db = open_db(dir);
    struct domain *domains;
    uint64_t before, after;
    size_t count;
    struct err err;

    ck_assert_int_eq(put(db, "Z.example.", two, 2, &err), 1);
    ck_assert_int_eq(put(db, "a.example", one, 1, &err), 1);
    ck_assert_int_eq(domains_list(db, &domains, &count, &before, &err), 0);
    ck_assert_uint_eq(count, 2);
    ck_assert_str_eq(domains[0].name, "a.example");
    ck_assert_str_eq(domains[1].name, "z.example");
    ck_assert_uint_eq(domains[1].hop_count, 2);
    ck_assert_str_eq(domains[1].hops[0].host, "b.internal");
    ck_assert_uint_eq(domains[1].hops[0].port, 2525);
    ck_assert_str_eq(domains[0].hops[0].host, "2001:db8::1");
    ck_assert(domains[0].hops[0].is_address);
    free(domains);
    ck_assert_int_eq(put(db, "z.EXAMPLE", one, 1, &err), 0);
    ck_assert_int_eq(domains_remove(db, SPAN("A.example"), &err), 1);
    ck_assert_int_eq(domains_remove(db, SPAN("a.example"), &err), 0);
    ck_assert_int_eq(domains_list(db, &domains, &count, &after, &err), 0);
    ck_assert_uint_eq(count, 1);
    ck_assert_uint_eq(domains[0].hop_count, 1);
    ck_assert_uint_eq(after, before + 2);
    free(domains);
    policy_db_close(&db);
    temp_dir_remove(dir);
}
END_TEST

START_TEST(test_refused)
{
    const char *const hop[] = {"a.internal"};
    char dir[200];
    struct policy_db *db = open_db(dir);
    struct err err;

    ck_assert_int_eq(put(db, "not a domain", hop, 1, &err), -1);
    ck_assert_msg(strstr(err.text, "write it as example.com") != NULL, "%s", err.text);
    ck_assert_int_eq(put(db, "a.example", hop, 0, &err), -1);
    ck_assert_msg(strstr(err.text, "1 to 16 next hops, not 0") != NULL, "%s", err.text);
    policy_db_close(&db);
    temp_dir_remove(dir);
}
END_TEST

/* Exactly these afterwards, or what was there before. */
START_TEST(test_replace)
{
    static const struct domain good[] = {
        {.name = "B.example", .hop_count = 1, .hops = {{.host = "mail", .port = 25}}},
        {.name = "c.example", .hop_count = 1, .hops = {{.host = "mail", .port = 26}}}};
    struct domain bad[] = {good[0], good[1]};
    const char *const hop[] = {"a.internal"};
    char dir[200];
    struct policy_db *db = open_db(dir);
    struct domain *domains;
    size_t count;
    struct err err;

    ck_assert_int_eq(put(db, "a.example", hop, 1, &err), 1);
    bad[1].hop_count = 0;
    ck_assert_int_eq(domains_replace(db, bad, 2, &err), -1);
    ck_assert_int_eq(domains_list(db, &domains, &count, NULL, &err), 0);
    ck_assert_uint_eq(count, 1);
    free(domains);
    ck_assert_msg(domains_replace(db, good, 2, &err) == 0, "%s", err.text);
    ck_assert_int_eq(domains_list(db, &domains, &count, NULL, &err), 0);
    ck_assert_uint_eq(count, 2);
    ck_assert_str_eq(domains[0].name, "b.example");
    ck_assert_uint_eq(domains[1].hops[0].port, 26);
    free(domains);
    policy_db_close(&db);
    temp_dir_remove(dir);
}
END_TEST

SUITE_MAIN("domains", test_hops, test_domains, test_refused, test_replace)
