/* Countries and networks of clients from MaxMind files: layouts, what is not known, damaged files, and files replaced under load. */
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>
#include "base/clock.h"
#include "base/file.h"
#include "checks/geoip.h"
#include "checks/geoip_copy.h"
#include "t/lib/log_capture.h"
#include "t/lib/suite.h"
#include "t/lib/temp_dir.h"

#define NOTICED_MS 20000
#define LOOKERS    4

static char dir[200], country_path[256], asn_path[256];
static struct settings settings;
static struct facts *facts;

static void begin(void)
{
    ck_assert(temp_dir_make(dir) != NULL);
    snprintf(country_path, sizeof country_path, "%s/country.mmdb", dir);
    snprintf(asn_path, sizeof asn_path, "%s/asn.mmdb", dir);
    settings.geoip_country = country_path;
    settings.geoip_asn = asn_path;
    log_set_level(LOG_LEVEL_FATAL);
}

static void end(void)
{
    geoip_end();
    facts_free(&facts);
    temp_dir_remove(dir);
}

static void write_file(const char *path, const char *options, const char *json)
{
    char command[600];
    FILE *writer;

    snprintf(command, sizeof command, "/usr/bin/python3 -B t/lib/mmdb.py %s %s", path, options);
    writer = popen(command, "w");
    ck_assert(writer != NULL);
    ck_assert(fputs(json, writer) >= 0);
    ck_assert_msg(pclose(writer) == 0, "run from the top of the tree");
}

static const char *learn(const char *address, enum fact_id id)
{
    static char text[1200];
    struct str printed = STR_EMPTY;
    struct ip ip;

    ck_assert(ip_parse(span_of(address), &ip));
    facts_free(&facts);
    facts = facts_new();
    geoip_learn(facts, &ip);
    fact_print(&printed, id, facts_get(facts, id));
    snprintf(text, sizeof text, "%s", str_cstr(&printed));
    str_clear(&printed);
    return text;
}

static void country_is(const char *address, const char *wanted)
{
    ck_assert_str_eq(learn(address, FACT_CLIENT_COUNTRY), wanted);
}

static void network_is(const char *address, const char *number, const char *name)
{
    ck_assert_str_eq(learn(address, FACT_CLIENT_ASN), number);
    ck_assert_str_eq(learn(address, FACT_CLIENT_AS_NAME), name);
}

START_TEST(every_layout_of_countries_is_read)
{
    static const char *const bits[] = {"--bits 24", "--bits 28", "--bits 32"};

    for (size_t i = 0; i < COUNT_OF(bits); i++) {
        begin();
        write_file(
            country_path, bits[i],
            "{\"192.0.2.0/24\": {\"country\": {\"iso_code\": \"NL\", \"names\": {\"en\": "
            "\"x\"}}},"
            " \"198.51.100.0/24\": {\"registered_country\": {\"iso_code\": \"CH\"}},"
            " \"198.51.100.128/25\": {\"country\": {\"iso_code\": \"AT\"},"
            "   \"registered_country\": {\"iso_code\": \"CH\"}},"
            " \"203.0.113.0/24\": {\"country_code\": \"de\"},"
            " \"2001:db8::/32\": {\"country\": \"FR\"},"
            " \"2001:db8:1::/48\": {\"country\": \"France\", \"country_code\": \"BE\"}}");
        geoip_begin(&settings);
        country_is("192.0.2.1", "\"NL\"");
        country_is("198.51.100.1", "\"CH\"");
        country_is("198.51.100.129", "\"AT\"");
        country_is("203.0.113.9", "\"DE\"");
        country_is("2001:db8:2::9", "\"FR\"");
        country_is("2001:db8:1::9", "\"BE\"");
        country_is("192.0.3.1", "absent");
        country_is("2001:db9::1", "absent");
        end();
    }
}
END_TEST

START_TEST(every_layout_of_networks_is_read)
{
    begin();
    write_file(asn_path, "",
               "{\"192.0.2.0/24\": {\"autonomous_system_number\": 64496,"
               "   \"autonomous_system_organization\": \"Example Net\"},"
               " \"198.51.100.0/24\": {\"asn\": \"AS4200000000\", \"as_name\": \"Flat\"},"
               " \"203.0.113.0/24\": {\"traits\": {\"autonomous_system_number\": 7}},"
               " \"2001:db8::/32\": {\"autonomous_system_organization\": \"Nameless\"},"
               " \"2001:db9::/32\": {\"asn\": \"ASX\", \"as_name\": 5},"
               " \"2001:dba::/32\": {\"asn\": \"AS4294967296\"}}");
    geoip_begin(&settings);
    network_is("192.0.2.1", "64496", "\"Example Net\"");
    network_is("198.51.100.1", "4200000000", "\"Flat\"");
    network_is("203.0.113.1", "7", "absent");
    network_is("2001:db8::1", "absent", "\"Nameless\"");
    network_is("2001:db9::1", "absent", "absent");
    network_is("2001:dba::1", "absent", "absent");
    network_is("10.0.0.1", "absent", "absent");
    end();
}
END_TEST

START_TEST(what_is_no_country_is_absent)
{
    begin();
    write_file(country_path, "",
               "{\"192.0.2.1/32\": {\"country_code\": \"NLD\"},"
               " \"192.0.2.2/32\": {\"country_code\": \"1A\"},"
               " \"192.0.2.3/32\": {\"country_code\": 12},"
               " \"192.0.2.4/32\": {\"country_code\": \"\"},"
               " \"192.0.2.5/32\": {\"country\": [\"NL\"]},"
               " \"192.0.2.6/32\": \"NL\","
               " \"192.0.2.7/32\": {\"country\": {\"iso_code\": {\"iso_code\": \"NL\"}}},"
               " \"192.0.2.8/32\": {\"country\": {\"iso_code\": \"\\r\\n\"}}}");
    geoip_begin(&settings);
    for (int i = 1; i <= 8; i++) {
        char address[20];
        snprintf(address, sizeof address, "192.0.2.%d", i);
        country_is(address, "absent");
    }
    end();
}
END_TEST

START_TEST(names_are_bounded_and_printable)
{
    struct str json = STR_EMPTY;

    begin();
    str_adds(&json, "{\"192.0.2.1/32\": {\"as_name\": \"a\\r\\nX: y\\u202eb\\u0000\"},"
                    " \"192.0.2.2/32\": {\"as_name\": \"N\\u00e4me\"},"
                    " \"192.0.2.3/32\": {\"as_name\": \"x");
    for (int i = 0; i < 150; i++)
        str_adds(&json, "\\u00e4");
    str_adds(&json, "\"}}");
    write_file(asn_path, "", str_cstr(&json));
    geoip_begin(&settings);
    learn("192.0.2.1", FACT_CLIENT_AS_NAME);
    ck_assert(span_is(facts_get(facts, FACT_CLIENT_AS_NAME)->values[0].text, "a??X: y?b?"));
    learn("192.0.2.2", FACT_CLIENT_AS_NAME);
    ck_assert(span_is(facts_get(facts, FACT_CLIENT_AS_NAME)->values[0].text, "N\xc3\xa4me"));
    learn("192.0.2.3", FACT_CLIENT_AS_NAME);
    ck_assert_uint_eq(facts_get(facts, FACT_CLIENT_AS_NAME)->values[0].text.len, 199);
    str_clear(&json);
    end();
}
END_TEST

START_TEST(what_is_not_set_or_not_there_is_unknown)
{
    struct geoip_state state[GEOIP_FILES];

    begin();
    settings.geoip_asn = "";
    geoip_begin(&settings);
    country_is("192.0.2.1", "unknown (geoip_country names a file that cannot be used)");
    network_is("192.0.2.1", "unknown (geoip_asn is not set)", "unknown (geoip_asn is not set)");
    geoip_status(state);
    ck_assert_str_eq(state[0].setting, "geoip_country");
    ck_assert_msg(strstr(state[0].problem, "No such file") != NULL, "%s", state[0].problem);
    ck_assert_int_eq(state[0].built, 0);
    ck_assert_str_eq(state[1].problem, "");
    end();
}
END_TEST

START_TEST(a_file_of_ipv4_knows_no_other_addresses)
{
    begin();
    write_file(country_path, "--v4 --built 1700000000",
               "{\"192.0.2.0/24\": {\"country_code\": \"NL\"}}");
    geoip_begin(&settings);
    country_is("192.0.2.1", "\"NL\"");
    country_is("2001:db8::1", "absent");
    country_is("::ffff:192.0.2.1", "\"NL\"");
    end();
    country_is("192.0.2.1", "unknown (geoip_country names a file that cannot be used)");
}
END_TEST

static void refused(const char *path, const char *wanted)
{
    struct geoip_copy *copy = NULL;
    struct err err = {""};
    struct stat st;

    ck_assert_int_eq(geoip_copy_read(&copy, path, &st, &err), -1);
    ck_assert_msg(strstr(err.text, wanted) != NULL, "%s", err.text);
    ck_assert(copy == NULL);
}

START_TEST(what_is_no_file_to_read_is_refused)
{
    struct err err = {""};

    begin();
    refused(dir, "is no regular file");
    ck_assert_int_eq(mkfifo(country_path, 0600), 0);
    refused(country_path, "is no regular file");
    unlink(country_path);
    ck_assert(file_replace(country_path, SPAN(""), 0600, &err) == 0);
    refused(country_path, "is no MaxMind file");
    ck_assert(file_replace(country_path, SPAN("hello"), 0600, &err) == 0);
    refused(country_path, "is no MaxMind file");
    ck_assert_int_eq(truncate(country_path, GEOIP_FILE_MAX + 1), 0);
    refused(country_path, "has more than 512 MB");
    end();
}
END_TEST

/* Whatever the bytes are: no crash, and each fact in a state it may have. */
static void survive(struct span bytes)
{
    static const char *const addresses[] = {"192.0.2.1", "198.51.100.7", "8.8.8.8",
                                            "2001:db8::1", "::1"};
    struct geoip_copy *copy = NULL;
    struct geoip_entry entry;
    struct err err = {""};
    struct stat st;
    struct ip ip;

    ck_assert(file_replace(country_path, bytes, 0600, &err) == 0);
    if (geoip_copy_read(&copy, country_path, &st, &err) != 0)
        return;
    facts_free(&facts);
    facts = facts_new();
    for (size_t i = 0; i < COUNT_OF(addresses); i++) {
        ck_assert(ip_parse(span_of(addresses[i]), &ip));
        if (geoip_copy_find(copy, &ip, &entry) != 1)
            continue;
        geoip_set_country(facts, &entry);
        geoip_set_network(facts, &entry);
        ck_assert(facts_get(facts, FACT_CLIENT_COUNTRY)->state != FACT_PENDING);
    }
    geoip_copy_unpin(&copy);
}

START_TEST(no_damage_kills)
{
    struct str good = STR_EMPTY, bad = STR_EMPTY;
    struct err err = {""};

    begin();
    write_file(
        country_path, "",
        "{\"192.0.2.0/24\": {\"country\": {\"iso_code\": \"NL\"}, \"as_name\": \"A Net\"},"
        " \"198.51.100.0/24\": {\"country_code\": \"de\", \"asn\": \"AS64496\"},"
        " \"2001:db8::/32\": {\"traits\": {\"autonomous_system_number\": 64496}}}");
    ck_assert(file_read(country_path, 1 << 20, &good, &err) == 0);
    for (size_t i = 0; i < good.len; i++) {
        str_reset(&bad);
        str_add(&bad, str_span(&good));
        bad.ptr[i] = (char)(bad.ptr[i] ^ (i % 3 == 0 ? 0xff : 1 << i % 8));
        survive(str_span(&bad));
    }
    for (size_t len = 0; len < good.len; len += 7)
        survive(span_from(good.ptr, len));
    str_clear(&good);
    str_clear(&bad);
    end();
}
END_TEST

static bool within(bool (*holds)(void))
{
    int64_t deadline = clock_mono_ms() + NOTICED_MS;

    while (!holds() && clock_mono_ms() < deadline)
        usleep(10000);
    return holds();
}

static bool has_problem(void)
{
    struct geoip_state state[GEOIP_FILES];

    geoip_status(state);
    return state[0].problem[0] != '\0';
}

static bool is_belgian(void)
{
    return strcmp(learn("192.0.2.1", FACT_CLIENT_COUNTRY), "\"BE\"") == 0;
}

static bool is_german(void)
{
    return strcmp(learn("192.0.2.1", FACT_CLIENT_COUNTRY), "\"DE\"") == 0;
}

START_TEST(a_broken_file_leaves_the_old_one_in_use)
{
    struct err err = {""};
    const char *log;

    begin();
    write_file(country_path, "", "{\"192.0.2.0/24\": {\"country_code\": \"BE\"}}");
    settings.geoip_asn = "";
    log_capture_begin();
    geoip_begin(&settings);
    ck_assert(is_belgian() && !has_problem());
    ck_assert_int_eq(truncate(country_path, 20), 0); /* in place: as by a tool that writes it */
    ck_assert(within(has_problem));
    ck_assert(is_belgian());
    ck_assert(file_replace(country_path, SPAN("rubbish"), 0644, &err) == 0);
    unlink(country_path);
    ck_assert(is_belgian());
    write_file(country_path, "", "{\"192.0.2.0/24\": {\"country_code\": \"DE\"}}");
    ck_assert(within(is_german));
    ck_assert(!has_problem());
    log = log_capture_text();
    ck_assert_msg(strstr(log, "geoip_country: ") != NULL, "%s", log);
    ck_assert_msg(strstr(log, "what was read before stays in use") != NULL, "%s", log);
    log = strstr(log, "stays in use") + 1;
    ck_assert_msg(strstr(log, "stays in use") == NULL, "said twice: %s", log);
    ck_assert(strstr(log, "in order again") != NULL);
    end();
}
END_TEST

static atomic_bool is_over;
static atomic_ulong lookups;

static void *look_up(void *unused)
{
    struct ip ip;

    ck_assert(ip_parse(SPAN("192.0.2.1"), &ip));
    while (!atomic_load(&is_over)) {
        struct facts *mine = facts_new();
        geoip_learn(mine, &ip);
        if (facts_get(mine, FACT_CLIENT_COUNTRY)->state != FACT_VALUE)
            abort();
        facts_free(&mine);
        atomic_fetch_add(&lookups, 1);
    }
    return unused;
}

START_TEST(files_are_replaced_while_others_look_up)
{
    pthread_t threads[LOOKERS];

    begin();
    write_file(country_path, "", "{\"192.0.2.0/24\": {\"country_code\": \"NL\"}}");
    geoip_begin(&settings);
    for (size_t i = 0; i < LOOKERS; i++)
        ck_assert_int_eq(pthread_create(&threads[i], NULL, look_up, NULL), 0);
    write_file(country_path, "", "{\"192.0.2.0/24\": {\"country_code\": \"BE\"}}");
    ck_assert(within(is_belgian));
    write_file(country_path, "", "{\"192.0.2.0/24\": {\"country_code\": \"DE\"}}");
    ck_assert(within(is_german));
    atomic_store(&is_over, true);
    for (size_t i = 0; i < LOOKERS; i++)
        pthread_join(threads[i], NULL);
    ck_assert_uint_gt(atomic_load(&lookups), 100);
    end();
}
END_TEST

SUITE_MAIN("checks/geoip", every_layout_of_countries_is_read, every_layout_of_networks_is_read,
           what_is_no_country_is_absent, names_are_bounded_and_printable,
           what_is_not_set_or_not_there_is_unknown, a_file_of_ipv4_knows_no_other_addresses,
           what_is_no_file_to_read_is_refused, no_damage_kills,
           a_broken_file_leaves_the_old_one_in_use, files_are_replaced_while_others_look_up)
