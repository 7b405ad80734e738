/* Every t/badconf/settings/NAME.cf gets exactly the words of NAME.expected; UPDATE=1 writes them anew, to be read before committing. */
#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include "base/file.h"
#include "base/xalloc.h"
#include "conf/settings.h"
#include "t/lib/suite.h"

#define DIR_CASES "t/badconf/settings"
#define LEAST     25

static void judge(const char *name, struct str *out)
{
    struct settings *settings;
    struct str text = STR_EMPTY;
    char *path = file_path(DIR_CASES, name);
    struct err err = {""};

    ck_assert_msg(file_read(path, SETTINGS_MAX_BYTES, &text, &err) == 0, "%s", err.text);
    str_printf(out, "%d\n", settings_parse(&settings, str_span(&text), name, out));
    settings_free(&settings);
    str_clear(&text);
    xfree(&path);
}

static void check_case(const char *name)
{
    struct str got = STR_EMPTY, want = STR_EMPTY;
    char path[512];
    struct err err = {""};

    snprintf(path, sizeof(path), DIR_CASES "/%.*s.expected", (int)strlen(name) - 3, name);
    judge(name, &got);
    if (getenv("UPDATE"))
        ck_assert(file_replace(path, str_span(&got), 0644, &err) == 0);
    ck_assert_msg(file_read(path, SETTINGS_MAX_BYTES, &want, &err) == 0, "%s", err.text);
    ck_assert_msg(span_equal(str_span(&got), str_span(&want)), "%s:\nwanted %s\ngot    %s",
                  name, str_cstr(&want), str_cstr(&got));
    str_clear(&got);
    str_clear(&want);
}

START_TEST(every_bad_file_gets_its_words)
{
    DIR *dir = opendir(DIR_CASES);
    struct dirent *entry;
    int count = 0;

    ck_assert_msg(dir != NULL, "run from the top of the tree");
    while ((entry = readdir(dir))) {
        size_t len = strlen(entry->d_name);

        if (len < 4 || strcmp(entry->d_name + len - 3, ".cf") != 0)
            continue;
        check_case(entry->d_name);
        count++;
    }
    closedir(dir);
    ck_assert_msg(count >= LEAST, "only %d cases", count);
}
END_TEST

SUITE_MAIN("conf/badconf", every_bad_file_gets_its_words)
