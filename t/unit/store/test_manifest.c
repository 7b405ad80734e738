/* The manifest: read back as written, every broken field refused; the files it names stay as long as somebody may read them. */
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "base/clock.h"
#include "base/file.h"
#include "store/manifest.h"
#include "t/lib/set_clock.h"
#include "t/lib/suite.h"
#include "t/lib/temp_dir.h"

#define SHA "7692c3ad3540bb803c020b3aee66cd8887123234ea0c6e7143c0add73ff431ed"

static const char good[] =
    "postgate-manifest 1\n"
    "generation 17\n"
    "published 1795309323000\n"
    "revision 3 rules-3 120 " SHA "\n"
    "routes routes-9 44\n"
    "list partners domain 12 partners-10.image 4096 partners-12.overlay 60\n"
    "list empty ip 0 - 0 - 0\n"
    "end\n";

START_TEST(test_round_trip)
{
    struct manifest *manifest;
    struct str text = STR_EMPTY;
    struct err err;

    ck_assert_int_eq(manifest_parse(span_of(good), &manifest, &err), 0);
    ck_assert_uint_eq(manifest->generation, 17);
    ck_assert_uint_eq(manifest->revision, 3);
    ck_assert_str_eq(manifest->sha256, SHA);
    ck_assert_uint_eq(manifest->list_count, 2);
    ck_assert_uint_eq(manifest->lists[0].image.bytes, 4096);
    ck_assert_str_eq(manifest->lists[1].image.name, "");
    ck_assert_ptr_eq(manifest_list_find(manifest, SPAN("empty")), &manifest->lists[1]);
    ck_assert_ptr_null(manifest_list_find(manifest, SPAN("other")));
    manifest_print(&text, manifest);
    ck_assert_str_eq(str_cstr(&text), good);
    str_clear(&text);
    manifest_free(&manifest);
}
END_TEST

START_TEST(test_trial)
{
    static const char trial[] = "postgate-manifest 1\n"
                                "generation 17\n"
                                "published 1795309323000\n"
                                "revision 3 rules-3 120 " SHA "\n"
                                "trial " SHA "\n"
                                "routes routes-9 44\n"
                                "end\n";
    struct manifest *manifest;
    struct str text = STR_EMPTY;

    ck_assert_int_eq(manifest_parse(span_of(trial), &manifest, NULL), 0);
    ck_assert_str_eq(manifest->replaced, SHA);
    manifest_print(&text, manifest);
    ck_assert_str_eq(str_cstr(&text), trial);
    str_clear(&text);
    manifest_free(&manifest);
}
END_TEST

/* `what` in the good text replaced by `by`. */
static const struct broken {
    const char *what, *by;
} broken[] = {
    {"postgate-manifest 1", "postgate-manifest 2"},
    {"postgate-manifest 1", "postgate-overlay 1"},
    {"generation 17", "generation -1"},
    {"generation 17", "generation 99999999999999999999"},
    {"generation 17", "generation 1 7"},
    {"generation 17\n", ""},
    {"revision 3", "revision 0"},
    {"routes routes-9", "trial 77\nroutes routes-9"},
    {"routes routes-9", "trial " SHA " " SHA "\nroutes routes-9"},
    {"rules-3", "../rules"},
    {"rules-3", ".rules"},
    {"rules-3", "-"},
    {"rules-3 120", "rules-3 0"},
    {"rules-3 120", "rules-3 9999999999999"},
    {"7692c3", "76_2c3"},
    {"7692c3", "7692c"},
    {"routes routes-9 44", "routes - 0"},
    {"partners domain", "part/ners domain"},
    {"partners domain", "partners words"},
    {"partners-10.image", "/etc/passwd"},
    {"partners-10.image 4096", "- 4096"},
    {"list empty", "list partners"},
    {"end\n", ""},
    {"end\n", "end"},
    {"end\n", "end\nmore\n"},
    {"- 0 - 0", "- 0 - 0 "},
};

START_TEST(test_broken)
{
    for (size_t i = 0; i < COUNT_OF(broken); i++) {
        const char *at = strstr(good, broken[i].what);
        struct manifest *manifest;
        struct str text = STR_EMPTY;
        struct err err;

        ck_assert_ptr_nonnull(at);
        str_add(&text, span_from(good, (size_t)(at - good)));
        str_adds(&text, broken[i].by);
        str_adds(&text, at + strlen(broken[i].what));
        ck_assert_msg(manifest_parse(str_span(&text), &manifest, &err) == -1,
                      "\"%s\" for \"%s\" was taken", broken[i].by, broken[i].what);
        ck_assert_ptr_null(manifest);
        ck_assert_msg(strstr(err.text, "manifest, line ") != NULL, "%s", err.text);
        str_clear(&text);
    }
}
END_TEST

START_TEST(test_too_many_lists)
{
    struct str text = STR_EMPTY;
    struct manifest *manifest;
    struct err err;

    str_add(&text, span_from(good, (size_t)(strstr(good, "list ") - good)));
    for (int i = 0; i <= LISTS_MAX; i++)
        str_printf(&text, "list l%d ip 0 - 0 - 0\n", i);
    str_adds(&text, "end\n");
    ck_assert_int_eq(manifest_parse(str_span(&text), &manifest, &err), -1);
    ck_assert_msg(strstr(err.text, "too many lists") != NULL, "%s", err.text);
    str_clear(&text);
}
END_TEST

static char state[200];
static char *dir;

static void begin(void)
{
    struct err err;

    temp_dir_make(state);
    dir = manifest_make_dir(state, &err);
    ck_assert_msg(dir != NULL, "%s", err.text);
}

static void end(void)
{
    free(dir);
    temp_dir_remove(state);
}

/* Publishes revision `number` with a text of its own. */
static void publish(uint64_t number)
{
    struct manifest m = {.generation = number, .published_ms = 1, .revision = number};
    struct str text = STR_EMPTY;
    char name[32];
    struct err err;

    snprintf(name, sizeof(name), "rules-%llu", (unsigned long long)number);
    str_printf(&text, "text %llu", (unsigned long long)number);
    memcpy(m.sha256, SHA, sizeof(SHA));
    ck_assert_int_eq(manifest_put_file(dir, name, str_span(&text), &m.revision_file, &err), 0);
    ck_assert_int_eq(manifest_put_file(dir, "routes-1", SPAN("r"), &m.routes, &err), 0);
    ck_assert_msg(manifest_write(dir, &m, &err) == 0, "%s", err.text);
    str_clear(&text);
}

static bool has(const char *name)
{
    char *path = file_path(dir, name);
    bool is_there = access(path, F_OK) == 0;

    free(path);
    return is_there;
}

START_TEST(test_publish)
{
    struct manifest *m;
    struct str text = STR_EMPTY;
    struct err err;

    begin();
    ck_assert_int_eq(manifest_read(dir, &m, &err), 0);
    publish(1);
    ck_assert_int_eq(manifest_read(dir, &m, &err), 1);
    ck_assert_uint_eq(m->revision, 1);
    ck_assert_int_eq(manifest_get_file(dir, &m->revision_file, 100, &text, &err), 0);
    ck_assert_str_eq(str_cstr(&text), "text 1");
    m->revision_file.bytes++;
    ck_assert_int_eq(manifest_get_file(dir, &m->revision_file, 100, &text, &err), -1);
    ck_assert_msg(strstr(err.text, "publish again") != NULL, "%s", err.text);
    str_clear(&text);
    manifest_free(&m);
    end();
}
END_TEST

START_TEST(test_unreadable_is_not_written)
{
    struct manifest m = {.generation = 1};
    struct err err;

    begin();
    ck_assert_int_eq(manifest_write(dir, &m, &err), -1);
    ck_assert(!has("manifest"));
    end();
}
END_TEST

static void age(const char *name, int64_t seconds)
{
    struct timespec times[2] = {{.tv_sec = SET_CLOCK_BEGIN / 1000 - seconds}};
    char *path = file_path(dir, name);

    times[1] = times[0];
    ck_assert_int_eq(utimensat(AT_FDCWD, path, times, 0), 0);
    free(path);
}

START_TEST(test_clean)
{
    struct err err;

    begin();
    publish(1);
    publish(2);
    age("rules-1", 3600);
    age("rules-2", 3600);
    ck_assert_int_eq(manifest_clean(dir, &err), 0);
    ck_assert(has("rules-1")); /* the manifest before names it */
    publish(3);
    set_clock(0); /* touched by publish with the real time: not old */
    ck_assert_int_eq(manifest_clean(dir, &err), 0);
    ck_assert(has("rules-1"));
    set_clock(SET_CLOCK_BEGIN);
    age("rules-1", 3600);
    age("rules-2", 3600);
    age("rules-3", 3600);
    ck_assert_int_eq(manifest_clean(dir, &err), 0);
    ck_assert(!has("rules-1"));
    ck_assert(has("rules-2"));
    ck_assert(has("rules-3"));
    ck_assert(has("manifest") && has("manifest.previous"));
    end();
}
END_TEST

START_TEST(test_clean_keeps_all_when_unsure)
{
    char *path;
    struct err err;

    begin();
    publish(1);
    publish(2);
    publish(3);
    age("rules-1", 3600);
    path = file_path(dir, "manifest");
    ck_assert_int_eq(file_replace(path, SPAN("rubbish"), 0640, &err), 0);
    ck_assert_int_eq(manifest_clean(dir, &err), -1);
    ck_assert(has("rules-1"));
    free(path);
    end();
}
END_TEST

SUITE_MAIN("manifest", test_round_trip, test_trial, test_broken, test_too_many_lists,
           test_publish, test_unreadable_is_not_written, test_clean,
           test_clean_keeps_all_when_unsure)
