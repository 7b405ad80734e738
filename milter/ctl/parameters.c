/* parameters: the types of what is written in upper case in a sentence, each with its check and its help. */
#include <stdio.h>
#include <time.h>
#include "base/clock.h"
#include "base/ipnet.h"
#include "base/names.h"
#include "facts/fact_table.h"
#include "control/report_by.h"
#include "mail/domain.h"
#include "milter/ctl/arguments.h"
#include "milter/ctl/rules_cluster.h"
#include "milter/ctl/times.h"
#include "rules/list_image.h"
#include "rules/ruleset.h"
#include "store/domains.h"
#include "store/list_items.h"
#include "store/quarantine.h"

#define TEXT_MAX 1000

static int check_line(const char *value, struct err *err)
{
    if (!*value)
        return err_set(err, "is empty");
    if (strlen(value) > TEXT_MAX)
        return err_set(err, "has %zu bytes; %d are the most", strlen(value), TEXT_MAX);
    if (strpbrk(value, "\r\n"))
        return err_set(err, "has more than one line");
    return 0;
}

static int check_file(const char *value, struct err *err)
{
    return *value ? 0 : err_set(err, "is empty; write the name of a file");
}

static int check_list_name(const char *value, struct err *err)
{
    if (!list_name_is_valid(span_of(value)))
        return err_set(err, "`%s` is no name of a list; letters, digits, _ and - make one",
                       value);
    return 0;
}

static int check_item(const char *value, struct err *err)
{
    if (strlen(value) > LIST_MAX_ITEM)
        return err_set(err, "has %zu bytes; an item has at most %d", strlen(value),
                       LIST_MAX_ITEM);
    return check_line(value, err);
}

static int check_number(const char *value, struct err *err)
{
    uint64_t number;

    if (!span_to_u64(span_of(value), INT64_MAX, &number) || number == 0)
        return err_set(err, "`%s` is not a number from 1 up", value);
    return 0;
}

static int check_domain(const char *value, struct err *err)
{
    char domain[DOMAIN_SIZE];

    return domain_normalize(span_of(value), domain)
               ? 0
               : err_set(err, "`%s` is not a domain", value);
}

static int check_hops(const char *value, struct err *err)
{
    struct span rest = span_of(value), part;
    struct next_hop hop;
    size_t count = 0;

    while (span_cut(&rest, ',', &part)) {
        if (++count > DOMAIN_MAX_HOPS)
            return err_set(err, "at most %d next hops", DOMAIN_MAX_HOPS);
        if (next_hop_parse(span_trim(part), &hop, err) == -1)
            return -1;
    }
    return 0;
}

static int check_duration(const char *value, struct err *err)
{
    uint64_t seconds;

    return rules_duration(value, &seconds)
               ? 0
               : err_set(err, "`%s` is not a time such as 90s, 15m or 2h", value);
}

static int check_attribute(const char *value, struct err *err)
{
    size_t name = strspn(value, "abcdefghijklmnopqrstuvwxyz_");

    if (name == 0 || value[name] != '=')
        return err_set(err, "`%s` is not ATTR=VALUE, such as client_address=192.0.2.1", value);
    return check_line(value, err);
}

static int check_ip(const char *value, struct err *err)
{
    struct ip ip;

    return ip_parse(span_of(value), &ip) ? 0 : err_set(err, "`%s` is not an IP address", value);
}

static int check_word_of(const struct name_value *table, const char *value, struct err *err)
{
    struct str words = STR_EMPTY;
    int unused;

    if (names_value(table, span_of(value), &unused))
        return 0;
    names_join(table, &words);
    err_set(err, "`%s` is not one of %s", value, str_cstr(&words));
    str_clear(&words);
    return -1;
}

static int check_path(const char *value, struct err *err)
{
    return check_word_of(path_names, value, err);
}

static int check_state(const char *value, struct err *err)
{
    return check_word_of(quarantine_state_names, value, err);
}

static int check_time(const char *value, struct err *err)
{
    int64_t unused;

    return time_parse(value, clock_now_ms(), &unused, err);
}

static int check_day(const char *value, struct err *err)
{
    struct tm parts = {0};
    const char *end = strptime(value, "%Y-%m-%d", &parts);

    if (end != NULL && *end == '\0')
        return 0;
    return err_set(err, "`%s` is no day; write one of UTC as 2026-11-22", value);
}

static int check_net(const char *value, struct err *err)
{
    struct ipnet net;

    return ipnet_parse(span_of(value), &net, err);
}

static int check_what(const char *value, struct err *err)
{
    return check_word_of(report_by_words, value, err);
}

static int check_verdicts(const char *value, struct err *err)
{
    struct span rest = span_of(value), word;
    char name[32];

    while (span_cut(&rest, ',', &word)) {
        snprintf(name, sizeof(name), "%.*s", SPAN_ARG(word));
        if (check_word_of(disposition_names, name, err) == -1)
            return -1;
    }
    return 0;
}

static int check_algorithm(const char *value, struct err *err)
{
    if (strcmp(value, "rsa") == 0 || strcmp(value, "ed25519") == 0)
        return 0;
    return err_set(err, "%s is none; write rsa or ed25519", value);
}

const struct parameter parameters[] = {
    {"FILE", check_file, "a file; - is the standard input"},
    {"FILE|N", check_file, "a rules file, or the number of a revision"},
    {"N", check_number, "a number from 1 up"},
    {"NODE", check_line, "a node, by name or id; here is the one that is asked"},
    {"DURATION", check_duration, "how long: 90s, 15m, 2h"},
    {"TEXT", check_line, "one line of text"},
    {"NAME", check_list_name, "the name of a list"},
    {"ITEM", check_item,
     "an item as the type of the list writes it: 192.0.2.0/24, example.com, .example.com, "
     "bob@example.com, @example.com, text"},
    {"DOMAIN", check_domain, "a domain, in any spelling"},
    {"HOPS", check_hops,
     "where mail goes: HOST[:PORT], several with commas in the order of preference"},
    {"CODE|QUEUE-ID", check_line,
     "a decision code such as M7K2-9QF4-T3WX, or Postfix's queue id"},
    {"ID", check_line, "a message in quarantine: its id, or its decision code"},
    {"STATE", check_state, "a state of quarantine"},
    {"IP", check_ip, "an address, IPv4 or IPv6"},
    {"TIME", check_time,
     "how long ago, such as 30m, 2h or 14d, or a moment in UTC: 2026-11-22, 2026-11-22T10:30"},
    {"DAY", check_day, "a day of UTC: 2026-11-22"},
    {"NET", check_net, "an address or a network, such as 192.0.2.0/24"},
    {"VERDICTS", check_verdicts, "verdicts, several with commas: reject,defer"},
    {"WHAT", check_what,
     "time, node, verdict, rule, reason, domain, sender, sender-domain, client, country, path "
     "or direction"},
    {"HOST", check_line, "a host name"},
    {"SELECTOR", check_line, "a word that tells keys of a domain apart, such as s1"},
    {"ADDRESS", check_line, "a mail address; <> is the null sender"},
    {"PATH", check_path, "proxy, staging, submission, local or release"},
    {"USER", check_line, "who is logged in"},
    {"ATTR=VALUE", check_attribute,
     "an attribute of Postfix's policy protocol, such as recipient=bob@example.com"},
    {"FACT", check_line, "the name of a fact, or its beginning"},
    {"ALGORITHM", check_algorithm, "rsa or ed25519"},
    {"WORD", check_line, "a word of a sentence"},
    {NULL, NULL, NULL},
};

const struct parameter *parameter_find(struct span name)
{
    for (const struct parameter *p = parameters; p->name; p++)
        if (span_is(name, p->name))
            return p;
    return NULL;
}
