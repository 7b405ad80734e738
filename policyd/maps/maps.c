/* maps.c - keeps the map files in step with the database: new source, postmap, rename. */
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>
#include "base/clock.h"
#include "base/file.h"
#include "base/xalloc.h"
#include "policyd/health.h"
#include "policyd/maps/maps.h"
#include "policyd/maps/postfix_tool.h"

#define MAX_SOURCE (64 * 1024 * 1024)

/* Types of map files that default_database_type can name, and what postmap adds to the source's name. */
static const struct map_type {
    const char *name, *suffixes[2];
} map_types[] = {
    {"hash", {".db", NULL}}, {"btree", {".db", NULL}},  {"lmdb", {".lmdb", NULL}},
    {"cdb", {".cdb", NULL}}, {"dbm", {".dir", ".pag"}}, {"sdbm", {".dir", ".pag"}},
};

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER; /* one writer at a time */

static int find_type(const char *config_dir, const struct map_type **type_r, struct err *err)
{
    const char *const argv[] = {"postconf", "-c", config_dir, "-h", "default_database_type",
                                NULL};
    struct str out = STR_EMPTY;
    int state = postfix_tool_run(argv, &out, err);

    *type_r = NULL;
    for (size_t i = 0; state == 0 && i < sizeof map_types / sizeof map_types[0]; i++) {
        if (span_is(span_trim(str_span(&out)), map_types[i].name))
            *type_r = &map_types[i];
    }
    if (state == 0 && *type_r == NULL)
        err_set(err,
                "default_database_type = %.*s of %s/main.cf is no type of file; use hash, "
                "btree, lmdb or cdb",
                SPAN_ARG(span_trim(str_span(&out))), config_dir);
    str_clear(&out);
    return *type_r != NULL ? 0 : -1;
}

static bool is_in_place(const char *path, const struct map_type *type, struct span text)
{
    struct str there = STR_EMPTY, database = STR_EMPTY;
    bool is_same;

    str_printf(&database, "%s%s", path, type->suffixes[0]);
    is_same = access(str_cstr(&database), F_OK) == 0 &&
              file_read(path, MAX_SOURCE, &there, NULL) == 0 &&
              span_equal(str_span(&there), text);
    str_clear(&there);
    str_clear(&database);
    return is_same;
}

/* postmap does not: after a loss of power an empty table would look like a finished one. */
static int sync_file(const char *path)
{
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    int state = fd < 0 ? -1 : fsync(fd);

    if (fd >= 0)
        close(fd);
    return state;
}

/* Readable for Postfix, whose user is not ours; nothing in it is secret. */
static int rename_over(const char *from, const char *to, const char *suffix, struct err *err)
{
    struct str a = STR_EMPTY, b = STR_EMPTY;
    int state = 0;

    str_printf(&a, "%s%s", from, suffix);
    str_printf(&b, "%s%s", to, suffix);
    if (sync_file(str_cstr(&a)) != 0 || chmod(str_cstr(&a), 0644) != 0 ||
        rename(str_cstr(&a), str_cstr(&b)) != 0)
        state = err_set(err, "%s: %s", str_cstr(&b), strerror(errno));
    str_clear(&a);
    str_clear(&b);
    return state;
}

/* The database first: Postfix warns of a source that is newer. */
static int put_in_place(const char *fresh, const char *path, const struct map_type *type,
                        struct err *err)
{
    for (size_t i = 0; i < 2 && type->suffixes[i] != NULL; i++) {
        if (rename_over(fresh, path, type->suffixes[i], err) != 0)
            return -1;
    }
    return rename_over(fresh, path, "", err);
}

static int make_database(const char *config_dir, const struct map_type *type, const char *fresh,
                         struct err *err)
{
    struct str table = STR_EMPTY, out = STR_EMPTY;
    int state;

    str_printf(&table, "%s:%s", type->name, fresh);
    const char *const argv[] = {"postmap", "-c", config_dir, str_cstr(&table), NULL};
    state = postfix_tool_run(argv, &out, err);
    str_clear(&table);
    str_clear(&out);
    return state;
}

static int update_file(const struct settings *settings, const char *path,
                       const struct map_type *type, struct span text, struct err *err)
{
    struct str fresh = STR_EMPTY;
    int state = 0;

    if (is_in_place(path, type, text))
        return 0;
    str_printf(&fresh, "%s.new", path);
    if (file_replace(str_cstr(&fresh), text, 0644, err) != 0 ||
        make_database(settings->postfix_config_dir, type, str_cstr(&fresh), err) != 0 ||
        put_in_place(str_cstr(&fresh), path, type, err) != 0)
        state = -1;
    str_clear(&fresh);
    return state;
}

/* How long Postfix may still route by the transport table of before, in ms. smtpd looks for changed tables at each connection,
 * trivial-rewrite every ten seconds only: a domain that is accepted before its route is known goes to the relayhost or the MX. */
static int64_t settling(const struct settings *settings, const char *transport)
{
    struct stat st;
    int64_t age;

    if (stat(transport, &st) != 0)
        return 0;
    age = clock_now_ms() - ((int64_t)st.st_mtim.tv_sec * 1000 + st.st_mtim.tv_nsec / 1000000);
    return age < settings->maps_settle ? settings->maps_settle - age : 0;
}

/* Where domains go. */
static int update_transport(const struct settings *settings, const struct map_type *type,
                            const struct domain *domains, size_t count, struct err *err)
{
    char *path = file_path(settings->maps_dir, "transport");
    struct str text = STR_EMPTY;
    int state;

    maps_print_transport(&text, domains, count);
    state = update_file(settings, path, type, str_span(&text), err);
    if (state == 0 && settling(settings, path) > 0)
        state = 1;
    str_clear(&text);
    xfree(&path);
    return state;
}

/* While routes settle: only the domains that are accepted already. How many. */
static size_t keep_accepted(const struct settings *settings, struct domain *domains,
                            size_t count)
{
    char *path = file_path(settings->maps_dir, "relay_domains");
    struct str there = STR_EMPTY;
    size_t kept;

    file_read(path, MAX_SOURCE, &there, NULL); /* none: nothing was accepted before */
    kept = maps_keep_known(domains, count, str_span(&there));
    str_clear(&there);
    xfree(&path);
    return kept;
}

static int update_relay_domains(const struct settings *settings, const struct map_type *type,
                                const struct domain *domains, size_t count, struct err *err)
{
    char *path = file_path(settings->maps_dir, "relay_domains");
    struct str text = STR_EMPTY;
    int state;

    maps_print_relay_domains(&text, domains, count);
    state = update_file(settings, path, type, str_span(&text), err);
    str_clear(&text);
    xfree(&path);
    return state;
}

static int update_all(const struct settings *settings, struct domain *domains, size_t count,
                      struct err *err)
{
    const struct map_type *type;
    size_t accepted = count;
    int state;

    if (find_type(settings->postfix_config_dir, &type, err) != 0)
        return -1;
    state = update_transport(settings, type, domains, count, err);
    if (state == 1)
        accepted = keep_accepted(settings, domains, count);
    if (state < 0 || update_relay_domains(settings, type, domains, accepted, err) != 0)
        return -1;
    return accepted < count ? 1 : 0;
}

int maps_update(const struct settings *settings, struct policy_db *db, struct err *err)
{
    struct domain *domains;
    size_t count;
    int state;

    pthread_mutex_lock(&lock);
    state = file_make_dir(settings->maps_dir, 0755, err);
    if (state == 0)
        state = domains_list(db, &domains, &count, NULL, err);
    if (state == 0) {
        state = update_all(settings, domains, count, err);
        free(domains);
    }
    pthread_mutex_unlock(&lock);
    health_set("maps", state < 0, LOG_LEVEL_ERROR,
               "%s; Postfix goes on with the maps it has in %s", state < 0 ? err->text : "",
               settings->maps_dir);
    return state;
}
