/* Rules on trial: another text under the number of the newest revision, which comes back; over a start in the middle, too. */
#include "base/file.h"
#include "base/xalloc.h"
#include "engine/snapshot.h"
#include "policyd/first_start.h"
#include "policyd/images.h"
#include "policyd/publish.h"
#include "policyd/trial.h"
#include "store/manifest.h"
#include "store/revisions.h"

#include "t/lib/policyd_store.h"
#include "t/lib/suite.h"
#include "t/lib/temp_dir.h"

static const char rules[] = "list listed ip\n[policy]\n"
                            "rule r when client.ip in $listed then reject \"5.7.1 x\"\n";
static const char tried[] = "list listed ip\n[policy]\n"
                            "rule tried when client.ip in $listed then reject \"5.7.1 y\"\n";
static const char broken[] = "[policy]\nrule tried when nonsense\n";

static void begin(void)
{
    struct err err;

    ck_assert_ptr_nonnull(temp_dir_make(dir));
    snprintf(rules_file, sizeof rules_file, "%s/rules", dir);
    ck_assert_int_eq(file_replace(rules_file, span_of(rules), 0640, NULL), 0);
    open_db();
    ck_assert_msg(first_start(&settings, db, &err) == 1, "%s", err.text);
    ck_assert_int_eq(publish_now(&err), 0);
}

static void end(void)
{
    trial_end();
    close_db();
    temp_dir_remove(dir);
}

static bool is_trial(void)
{
    const struct snapshot *snapshot = snapshot_pin();
    bool is = snapshot->is_trial;

    ck_assert_uint_eq(snapshot->revision, 1);
    snapshot_unpin(&snapshot);
    return is;
}

static struct manifest *published(void)
{
    char *path = file_path(dir, "snapshot");
    struct manifest *manifest;

    ck_assert_int_eq(manifest_read(path, &manifest, NULL), 1);
    xfree(&path);
    return manifest;
}

START_TEST(test_stands_in)
{
    struct manifest *before, *after;
    struct err err;

    begin();
    before = published();
    ck_assert_str_eq(before->replaced, "");
    trial_set(7, span_of(tried)); /* for another newest revision: none */
    ck_assert_int_eq(publish_now(&err), 0);
    ck_assert(!is_trial());
    trial_set(1, span_of(tried));
    ck_assert_msg(publish_now(&err) == 0, "%s", err.text);
    ck_assert(is_trial());
    after = published();
    ck_assert_uint_eq(after->revision, 1);
    ck_assert_str_eq(after->replaced, before->sha256);
    ck_assert_str_ne(after->sha256, before->sha256);
    manifest_free(&after);
    trial_end();
    ck_assert_int_eq(publish_now(&err), 0);
    ck_assert(!is_trial());
    manifest_free(&before);
    end();
}
END_TEST

/* Killed while they were on trial: the revision is in force from the start on, and the images stay. */
START_TEST(test_start)
{
    struct manifest *before, *after;
    struct err err;

    begin();
    before = published();
    trial_set(1, span_of(tried));
    ck_assert_int_eq(publish_now(&err), 0);
    trial_end();
    close_db();
    open_db();
    ck_assert_int_eq(publish_now(&err), 0);
    ck_assert(!is_trial());
    after = published();
    ck_assert_str_eq(after->sha256, before->sha256);
    ck_assert_str_eq(after->lists[0].image.name, before->lists[0].image.name);
    manifest_free(&before);
    manifest_free(&after);
    end();
}
END_TEST

/* What does not hold is refused as a revision would be: the one before stays in force. */
START_TEST(test_broken)
{
    struct err err;

    begin();
    trial_set(1, span_of(broken));
    ck_assert_int_eq(publish_now(&err), -1);
    ck_assert(!is_trial());
    trial_end();
    ck_assert_msg(publish_now(&err) == 0, "%s", err.text);
    ck_assert(!is_trial());
    end();
}
END_TEST

SUITE_MAIN("trial", test_stands_in, test_start, test_broken)
