/* test_next_hops.c - next hops resolved on a thread: new ones published, old ones kept while the resolver fails, known ones recalled at a start. */
#include <arpa/inet.h>
#include <netdb.h>
#include <semaphore.h>
#include <stdatomic.h>
#include <stdlib.h>
#include "policyd/health.h"
#include "policyd/maps/maps.h"
#include "policyd/next_hops.h"
#include "policyd/publish.h"
#include "t/lib/publication.h"
#include "t/lib/suite.h"
#include "t/lib/temp_dir.h"

static char dir[200];
static struct settings settings = {.state_dir = dir, .maps_settle = 3600000};
static struct policy_db *db;
static sem_t looks, publications;
static atomic_bool is_resolver_down;

/* In place of the maps: each look of the thread begins here. */
int maps_update(const struct settings *of, struct policy_db *with, struct err *err)
{
    (void)of, (void)with, (void)err;
    sem_post(&looks);
    return 0;
}

int publish_now(struct err *err)
{
    (void)err;
    sem_post(&publications);
    return 0;
}

/* In place of the C library's: a.hop and b.hop have addresses, odd.hop one of a family we do not know, and nothing else is there. */
int getaddrinfo(const char *restrict node, const char *restrict service,
                const struct addrinfo *restrict hints, struct addrinfo **restrict found_r)
{
    static const struct {
        const char *host, *address;
    } hosts[] = {{"a.hop", "10.0.0.1"}, {"b.hop", "2001:db8::2"}, {"odd.hop", ""}};
    struct sockaddr_in6 *six;
    struct sockaddr_in *four;

    (void)service, (void)hints;
    for (size_t i = 0; i < COUNT_OF(hosts) && !atomic_load(&is_resolver_down); i++) {
        if (strcmp(hosts[i].host, node) != 0)
            continue;
        *found_r = calloc(1, sizeof **found_r);
        four = calloc(1, sizeof *six);
        six = (struct sockaddr_in6 *)(void *)four;
        four->sin_family = hosts[i].address[0] != '\0' ? AF_INET : AF_UNIX;
        if (inet_pton(AF_INET6, hosts[i].address, &six->sin6_addr) == 1)
            six->sin6_family = AF_INET6;
        else
            (void)inet_pton(AF_INET, hosts[i].address, &four->sin_addr);
        (*found_r)->ai_addr = (struct sockaddr *)four;
        return 0;
    }
    return EAI_AGAIN;
}

void freeaddrinfo(struct addrinfo *all)
{
    free(all->ai_addr);
    free(all);
}

static void add(const char *name, const char *hop)
{
    struct next_hop parsed;
    struct err err;

    ck_assert_int_eq(next_hop_parse(span_of(hop), &parsed, &err), 0);
    ck_assert_msg(domains_put(db, span_of(name), &parsed, 1, &err) == 1, "%s", err.text);
}

static void open_db(void)
{
    char *path = file_path(temp_dir_make(dir), "policyd.db");
    struct err err;

    log_open("test", true);
    log_set_level(LOG_LEVEL_ERROR);
    sem_init(&looks, 0, 0);
    sem_init(&publications, 0, 0);
    db = policy_db_open(path, &err);
    ck_assert_msg(db != NULL, "%s", err.text);
    xfree(&path);
}

/* What would be published now. */
static void check_routes(const char *want)
{
    struct str got = STR_EMPTY;
    struct err err;

    ck_assert_int_eq(next_hops_print(&got, &err), 0);
    ck_assert_str_eq(str_cstr(&got), want);
    str_clear(&got);
}

static const char *health_of(const char *wanted, char text[HEALTH_TEXT])
{
    const char *name;

    for (size_t i = 0; health_at(i, &name, text); i++)
        if (strcmp(name, wanted) == 0)
            return text;
    return "(never said)";
}

/* The second look that begins after now: then the first is over. */
static void await_look(void)
{
    for (int i = 0; i < 2; i++) {
        next_hops_changed();
        sem_wait(&looks);
    }
}

START_TEST(test_thread)
{
    char text[HEALTH_TEXT];
    struct err err;

    open_db();
    add("a.example", "a.hop:2525");
    add("b.example", "b.hop");
    add("c.example", "10.0.0.9");
    ck_assert_int_eq(next_hops_begin(&settings, db, &err), 0);
    check_routes("postgate-routes 1 3\n"
                 "domain a.example\nhop a.hop 2525\n"
                 "domain b.example\nhop b.hop 25\n"
                 "domain c.example\nhop 10.0.0.9 25 10.0.0.9\nend\n");
    ck_assert_int_eq(next_hops_start(&err), 0);
    sem_wait(&looks);
    sem_wait(&publications);
    check_routes("postgate-routes 1 3\n"
                 "domain a.example\nhop a.hop 2525 10.0.0.1\n"
                 "domain b.example\nhop b.hop 25 2001:db8::2\n"
                 "domain c.example\nhop 10.0.0.9 25 10.0.0.9\nend\n");
    ck_assert_str_eq(health_of("next hops", text), "");
    atomic_store(&is_resolver_down, true);
    add("d.example", "a.hop"); /* known already */
    add("e.example", "new.hop");
    await_look();
    check_routes("postgate-routes 1 5\n"
                 "domain a.example\nhop a.hop 2525 10.0.0.1\n"
                 "domain b.example\nhop b.hop 25 2001:db8::2\n"
                 "domain c.example\nhop 10.0.0.9 25 10.0.0.9\n"
                 "domain d.example\nhop a.hop 25 10.0.0.1\n"
                 "domain e.example\nhop new.hop 25\nend\n");
    ck_assert_msg(strstr(health_of("next hops", text), "(3 of 3 names)") != NULL, "%s", text);
    atomic_store(&is_resolver_down, false);
    ck_assert_int_eq(domains_remove(db, SPAN("e.example"), &err), 1);
    await_look();
    ck_assert_str_eq(health_of("next hops", text), "");
    add("f.example", "odd.hop");
    await_look();
    ck_assert_msg(strstr(health_of("next hops", text), "next hop odd.hop has no address") !=
                      NULL,
                  "%s", text);
    next_hops_end();
    temp_dir_remove(dir);
}
END_TEST

/* Resolved before a restart: better than nothing. */
START_TEST(test_recalled)
{
    struct publication old = {.generation = 1,
                              .rules = "# none\n",
                              .routes = "postgate-routes 1 1\n"
                                        "domain a.example\n"
                                        "hop a.hop 25 10.0.0.7\n"
                                        "hop gone.hop 25\n"
                                        "hop 10.0.0.8 25 10.0.0.8\n"
                                        "end\n"};
    struct err err;
    char *snapshots;

    open_db();
    snapshots = manifest_make_dir(dir, &err);
    publication_write(snapshots, &old);
    xfree(&snapshots);
    add("a.example", "a.hop");
    add("b.example", "gone.hop");
    ck_assert_int_eq(next_hops_begin(&settings, db, &err), 0);
    check_routes("postgate-routes 1 2\n"
                 "domain a.example\nhop a.hop 25 10.0.0.7\n"
                 "domain b.example\nhop gone.hop 25\nend\n");
    policy_db_close(&db);
    temp_dir_remove(dir);
}
END_TEST

START_TEST(test_no_directory)
{
    static const struct settings nowhere = {.state_dir = "/nowhere/at/all"};
    struct err err;

    ck_assert_int_eq(next_hops_begin(&nowhere, NULL, &err), -1);
    ck_assert_msg(strstr(err.text, "/nowhere/at/all") != NULL, "%s", err.text);
}
END_TEST

SUITE_MAIN("policyd/next_hops", test_thread, test_recalled, test_no_directory)
