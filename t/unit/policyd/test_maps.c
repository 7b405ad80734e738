/* The map files made by the real postconf and postmap, read back by the real postmap. */
#include <sys/stat.h>
#include "base/file.h"
#include "base/xalloc.h"
#include "policyd/maps/maps.h"
#include "policyd/maps/postfix_tool.h"

#include "t/lib/suite.h"
#include "t/lib/temp_dir.h"

static char dir[200], maps_dir[220];
static struct settings settings = {.postfix_config_dir = dir, .maps_dir = maps_dir};
static struct policy_db *db;

static void write_main_cf(const char *type)
{
    struct str text = STR_EMPTY;
    char *path = file_path(dir, "main.cf");

    str_printf(&text, "compatibility_level = 3.6\ndefault_database_type = %s\n", type);
    ck_assert_int_eq(file_replace(path, str_span(&text), 0644, NULL), 0);
    str_clear(&text);
    xfree(&path);
}

static void begin(const char *type)
{
    char *path;
    struct err err;

    temp_dir_make(dir);
    snprintf(maps_dir, sizeof maps_dir, "%s/maps", dir);
    write_main_cf(type);
    path = file_path(dir, "policyd.db");
    db = policy_db_open(path, &err);
    ck_assert_msg(db != NULL, "%s", err.text);
    xfree(&path);
}

static void end(void)
{
    policy_db_close(&db);
    temp_dir_remove(dir);
}

static void add(const char *name, const char *hop)
{
    struct next_hop parsed;

    ck_assert_int_eq(next_hop_parse(span_of(hop), &parsed, NULL), 0);
    ck_assert_int_eq(domains_put(db, span_of(name), &parsed, 1, NULL), 1);
}

/* What Postfix finds under key; "" for nothing. */
static const char *query(const char *type, const char *map, const char *key, struct str *out)
{
    struct str table = STR_EMPTY;
    struct err err;

    str_reset(out);
    str_printf(&table, "%s:%s/%s", type, maps_dir, map);
    const char *const argv[] = {"postmap", "-c", dir, "-q", key, str_cstr(&table), NULL};
    if (postfix_tool_run(argv, out, &err) != 0)
        ck_assert_msg(strstr(err.text, "does not say why") != NULL, "%s", err.text);
    str_truncate(out, span_trim(str_span(out)).len);
    str_clear(&table);
    return str_cstr(out);
}

START_TEST(test_types)
{
    static const char *const types[] = {"hash", "btree"};
    struct str out = STR_EMPTY;
    struct err err;

    for (size_t i = 0; i < COUNT_OF(types); i++) {
        begin(types[i]);
        ck_assert_msg(maps_update(&settings, db, &err) == 0, "%s", err.text);
        ck_assert_str_eq(query(types[i], "transport", "one.example", &out), "");
        add("One.Example.", "10.0.0.1");
        add("xn--bcher-kva.example", "[2001:db8::1]:2525");
        ck_assert_msg(maps_update(&settings, db, &err) == 0, "%s", err.text);
        ck_assert_str_eq(query(types[i], "transport", "one.example", &out),
                         "relay:[10.0.0.1]:25");
        ck_assert_str_eq(query(types[i], "transport", ".one.example", &out),
                         "error:5.1.2 this name has no mail server here");
        ck_assert_str_eq(query(types[i], "transport",
                               "B\xc3\x9c"
                               "CHER.example",
                               &out),
                         "relay:[2001:db8::1]:2525");
        ck_assert_str_eq(query(types[i], "relay_domains", "ONE.example", &out), "accepted");
        ck_assert_str_eq(query(types[i], "relay_domains", "deep.one.example", &out), "");
        ck_assert_int_eq(domains_remove(db, SPAN("one.example"), NULL), 1);
        ck_assert_int_eq(maps_update(&settings, db, &err), 0);
        ck_assert_str_eq(query(types[i], "relay_domains", "one.example", &out), "");
        end();
    }
    str_clear(&out);
}
END_TEST

static struct stat status(const char *name)
{
    char *path = file_path(maps_dir, name);
    struct stat st;

    ck_assert_int_eq(stat(path, &st), 0);
    xfree(&path);
    return st;
}

/* Nothing to do, nothing done; readable for Postfix; the database is never older than its source; a lost one is made again. */
START_TEST(test_files)
{
    struct err err;
    struct stat before, source, database;
    char *path;

    begin("hash");
    add("one.example", "10.0.0.1");
    ck_assert_int_eq(maps_update(&settings, db, &err), 0);
    before = status("transport.db");
    ck_assert_int_eq(maps_update(&settings, db, &err), 0);
    database = status("transport.db");
    ck_assert_uint_eq(before.st_ino, database.st_ino);
    source = status("transport");
    ck_assert_int_eq(source.st_mode & 0777, 0644);
    ck_assert_int_eq(database.st_mode & 0777, 0644);
    ck_assert_int_ge(database.st_mtime, source.st_mtime);
    path = file_path(maps_dir, "relay_domains.db");
    ck_assert_int_eq(unlink(path), 0);
    ck_assert_int_eq(maps_update(&settings, db, &err), 0);
    ck_assert_int_eq(access(path, F_OK), 0);
    xfree(&path);
    end();
}
END_TEST

/* A new domain is accepted only when its route has settled; one that is accepted stays so, a removed one goes at once. */
START_TEST(test_settle)
{
    struct str out = STR_EMPTY;
    struct err err;

    begin("hash");
    add("b.example", "10.0.0.1");
    add("xn--bcher-kva.example", "10.0.0.1");
    add("z.example", "10.0.0.1");
    ck_assert_int_eq(maps_update(&settings, db, &err), 0);
    settings.maps_settle = 60000;
    add("a.example", "10.0.0.2");
    add("c.example", "10.0.0.2");
    ck_assert_int_eq(domains_remove(db, SPAN("z.example"), NULL), 1);
    ck_assert_int_eq(maps_update(&settings, db, &err), 1);
    ck_assert_str_eq(query("hash", "transport", "a.example", &out), "relay:[10.0.0.2]:25");
    ck_assert_str_eq(query("hash", "relay_domains", "a.example", &out), "");
    ck_assert_str_eq(query("hash", "relay_domains", "c.example", &out), "");
    ck_assert_str_eq(query("hash", "relay_domains", "z.example", &out), "");
    ck_assert_str_eq(query("hash", "relay_domains", "b.example", &out), "accepted");
    ck_assert_str_eq(query("hash", "relay_domains", "xn--bcher-kva.example", &out), "accepted");
    settings.maps_settle = 0;
    ck_assert_int_eq(maps_update(&settings, db, &err), 0);
    ck_assert_str_eq(query("hash", "relay_domains", "a.example", &out), "accepted");
    ck_assert_str_eq(query("hash", "relay_domains", "c.example", &out), "accepted");
    str_clear(&out);
    end();
}
END_TEST

/* What is wrong is said, and the maps that are there stay. */
START_TEST(test_errors)
{
    struct str out = STR_EMPTY;
    struct err err;

    begin("hash");
    add("one.example", "10.0.0.1");
    ck_assert_int_eq(maps_update(&settings, db, &err), 0);
    add("two.example", "10.0.0.2");
    write_main_cf("inline");
    ck_assert_int_eq(maps_update(&settings, db, &err), -1);
    ck_assert_ptr_nonnull(strstr(err.text, "default_database_type = inline"));
    settings.postfix_config_dir = "/nonexistent";
    ck_assert_int_eq(maps_update(&settings, db, &err), -1);
    ck_assert_ptr_nonnull(strstr(err.text, "postconf failed"));
    settings.postfix_config_dir = dir;
    ck_assert_str_eq(query("hash", "relay_domains", "one.example", &out), "accepted");
    ck_assert_str_eq(query("hash", "relay_domains", "two.example", &out), "");
    write_main_cf("hash");
    ck_assert_int_eq(maps_update(&settings, db, &err), 0);
    ck_assert_str_eq(query("hash", "relay_domains", "two.example", &out), "accepted");
    str_clear(&out);
    end();
}
END_TEST

START_TEST(test_tool)
{
    const char *const none[] = {"postgate-no-such-tool", NULL};
    struct str out = STR_EMPTY;
    struct err err;

    ck_assert_int_eq(postfix_tool_run(none, &out, &err), -1);
    ck_assert_ptr_nonnull(strstr(err.text, "is not installed"));
    str_clear(&out);
}
END_TEST

SUITE_MAIN("maps", test_types, test_files, test_settle, test_errors, test_tool)
