/* Every t/badconf/rules/NAME.rules gets exactly the words of NAME.expected; UPDATE=1 writes them anew, to be read before committing. */
#include <check.h>
#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/file.h"
#include "base/xalloc.h"
#include "rules/ruleset.h"

#define DIR_CASES "t/badconf/rules"
#define LEAST     150

/* The problems as printed, and whether it compiles. A name beginning with warn- must compile, another must not. */
static void judge(const char *name, struct str *out)
{
    char *path = file_path(DIR_CASES, name);
    struct problems problems = {.arena = NULL};
    struct str text = STR_EMPTY;
    struct err err = {""};
    struct ruleset *rules;

    ck_assert_msg(file_read(path, RULES_MAX_BYTES, &text, &err) == 0, "%s", err.text);
    rules = ruleset_compile(str_span(&text), name, &problems);
    problems_print(out, &problems);
    ck_assert_msg((rules != NULL) == (strncmp(name, "warn-", 5) == 0), "%s compiles: %d", name,
                  rules != NULL);
    ck_assert_msg(problems.errors + problems.warnings > 0, "%s: nothing was wrong", name);
    ruleset_unpin(&rules);
    problems_clear(&problems);
    str_clear(&text);
    xfree(&path);
}

static void check_case(const char *name)
{
    struct str got = STR_EMPTY, want = STR_EMPTY;
    char path[512];
    struct err err = {""};

    snprintf(path, sizeof(path), DIR_CASES "/%.*s.expected", (int)strlen(name) - 6, name);
    judge(name, &got);
    if (getenv("UPDATE") != NULL)
        ck_assert(file_replace(path, str_span(&got), 0644, &err) == 0);
    ck_assert_msg(file_read(path, RULES_MAX_BYTES, &want, &err) == 0, "%s", err.text);
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
    while ((entry = readdir(dir)) != NULL) {
        size_t len = strlen(entry->d_name);

        if (len < 7 || strcmp(entry->d_name + len - 6, ".rules") != 0)
            continue;
        check_case(entry->d_name);
        count++;
    }
    closedir(dir);
    ck_assert_msg(count >= LEAST, "only %d cases", count);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("rules/badconf");
    TCase *tc = tcase_create("files");
    SRunner *runner = srunner_create(suite);
    int failed;

    suite_add_tcase(suite, tc);
    tcase_add_test(tc, every_bad_file_gets_its_words);
    tcase_set_timeout(tc, 120);
    srunner_run_all(runner, CK_NORMAL);
    failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? 0 : 1;
}
